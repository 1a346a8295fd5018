/*
Un événement n'est compté qu'une fois.
gravite: critique
*/
select
    nda,
    type,
    categorie,
    date_constat,
    count(*) as nb
from historique.evenement
group by nda, type, categorie, date_constat
having count(*) > 1
order by nda, type, categorie, date_constat

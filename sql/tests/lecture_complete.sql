/*
Lignes lues et lignes mises à part font ensemble les lignes de la liste.
gravite: critique
*/
select
    p.lignes_liste,
    (select count(*) from socle.organisme) as lues,
    (select count(*) from qualite.rejet) as mises_a_part
from meta.publication as p
where
    p.lignes_liste
    <> (select count(*) from socle.organisme) + (select count(*) from qualite.rejet)

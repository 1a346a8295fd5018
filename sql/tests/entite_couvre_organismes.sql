/*
Chaque organisme au SIREN valide est compté une fois et une seule dans socle.entite.
gravite: critique
*/
select
    o.siren,
    count(*) as nb_organismes,
    any_value(e.nb_nda) as nb_nda
from socle.organisme as o
left join socle.entite as e on o.siren = e.siren
where o.siren_valide
group by o.siren
having count(*) <> coalesce(any_value(e.nb_nda), 0)

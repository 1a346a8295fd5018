/*
Chaque événement a lieu entre deux listes suivies.
gravite: critique
*/
select
    e.nda,
    e.type,
    e.instantane_avant,
    e.date_constat
from historique.evenement as e
left join historique.instantane as apres on e.date_constat = apres.date_instantane
left join historique.instantane as avant on e.instantane_avant = avant.date_instantane
where apres.date_instantane is null or avant.date_instantane is null
order by e.nda, e.type, e.date_constat

/*
portage.synthese compte chaque organisme une fois pour chaque question, et chaque compte est la somme
de ses verdicts comme de ses statuts.
gravite: critique
*/
select
    s.role,
    s.financement,
    s.action,
    sum(s.nb_organismes) as trouve,
    (select count(*) from socle.organisme) as attendu
from portage.synthese as s
group by s.role, s.financement, s.action
having
    sum(s.nb_organismes) <> (select count(*) from socle.organisme)
    or sum(s.nb_organismes)
    <> sum(s.nb_eligible + s.nb_pieces_manquantes + s.nb_a_verifier + s.nb_non_eligible)
    or sum(s.nb_organismes) <> sum(s.nb_satisfait + s.nb_non_satisfait + s.nb_indetermine)

/*
Un ancien numéro n'est jamais le numéro actuel de l'organisme.
gravite: critique
*/
select
    nda,
    nda_precedent
from socle.nda_precedent
where nda = nda_precedent

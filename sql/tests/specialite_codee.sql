/*
Chaque spécialité a un code et un libellé.
gravite: avertissement
*/
select
    nda,
    rang,
    code_nsf,
    libelle_nsf
from socle.specialite
where code_nsf is null or libelle_nsf is null

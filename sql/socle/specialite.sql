/*
Les spécialités de formation (NSF) que déclare chaque organisme, une à trois, dans l'ordre de la
liste.
grain: nda, rang
colonnes:
  nda: (contrat)
  rang: Rang de la spécialité, de 1 à 3.
  code_nsf: Code NSF (texte).
  libelle_nsf: Libellé donné par la liste.
*/
select
    nda,
    1 as rang,
    code_specialite_1 as code_nsf,
    libelle_specialite_1 as libelle_nsf
from preparation.organisme
where code_specialite_1 is not null or libelle_specialite_1 is not null
union all
select
    nda,
    2 as rang,
    code_specialite_2 as code_nsf,
    libelle_specialite_2 as libelle_nsf
from preparation.organisme
where code_specialite_2 is not null or libelle_specialite_2 is not null
union all
select
    nda,
    3 as rang,
    code_specialite_3 as code_nsf,
    libelle_specialite_3 as libelle_nsf
from preparation.organisme
where code_specialite_3 is not null or libelle_specialite_3 is not null

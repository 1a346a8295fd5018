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
    o.nda,
    s.rang,
    s.code as code_nsf,
    s.libelle as libelle_nsf
from preparation.organisme as o
cross join
    lateral (
        values
        (1, o.code_specialite_1, o.libelle_specialite_1),
        (2, o.code_specialite_2, o.libelle_specialite_2),
        (3, o.code_specialite_3, o.libelle_specialite_3)
    ) as s (rang, code, libelle)
where s.code is not null or s.libelle is not null
order by o.nda, s.rang

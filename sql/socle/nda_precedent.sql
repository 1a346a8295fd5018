/*
Les anciens numéros de déclaration d'activité, qui doivent encore mener à l'organisme.
grain: nda, nda_precedent
colonnes:
  nda: (contrat)
  nda_precedent: Ancien numéro ; jamais le numéro actuel.
*/
select
    nda,
    unnest(ndas_precedents) as nda_precedent
from preparation.organisme
order by nda, nda_precedent

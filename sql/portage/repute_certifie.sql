/*
Les mots d'une dénomination qui font présumer un établissement d'enseignement supérieur, réputé certifié
(L.6316-4 II). Une présomption, non une preuve.
grain: mots
colonnes:
  mots: Mots cherchés, en capitales sans accents.
  sauf: Mots qui l'écartent, séparés par « | ».
  libelle: Ce que ces mots font présumer.
  base_legale: Article.
  source: D'où vient la règle.
  note: Remarque.
*/
select
    mots,
    sauf,
    libelle,
    base_legale,
    source,
    note
from fichier.portage_repute_certifie
order by mots

/*
Les financements d'une action, tels que les règles du portage les distinguent.
grain: financement
colonnes:
  financement: Code du financement.
  ordre: Rang d'affichage.
  libelle: Nom du financement.
  note: Ce qu'il faut en savoir.
*/
select
    financement,
    ordre::integer as ordre,
    libelle,
    note
from fichier.financement
order by ordre

/*
Les quatre catégories d'actions concourant au développement des compétences (article L.6313-1).
grain: action
colonnes:
  action: Code de la catégorie, le même que dans socle.certification.
  ordre: Rang d'affichage.
  libelle: Nom de la catégorie.
*/
select
    action,
    ordre::integer as ordre,
    libelle
from fichier.categorie_action
order by ordre

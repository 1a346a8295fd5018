/*
Les valeurs datées que les règles emploient : plafonds, seuils, délais.
grain: parametre, valide_du
colonnes:
  parametre: Nom du paramètre.
  valeur: Sa valeur.
  unite: Son unité.
  valide_du: Premier jour ; vide depuis toujours.
  valide_au: Dernier jour ; vide sans fin connue.
  statut: CONFIRME, ou SOURCE quand des sources publiques donnent la valeur, dont le texte n'a pas été lu.
  base_legale: Article.
  source: D'où vient la valeur.
  note: Précisions.
*/
select
    parametre,
    valeur::decimal(18, 2) as valeur,
    unite,
    nullif(valide_du, '')::date as valide_du,
    nullif(valide_au, '')::date as valide_au,
    statut,
    base_legale,
    source,
    nullif(note, '') as note
from fichier.portage_parametre
order by parametre, valide_du

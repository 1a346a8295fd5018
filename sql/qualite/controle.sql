/*
Tous les contrôles de cette construction, avec leur résultat et leurs chiffres.
grain: regle
colonnes:
  regle: Identifiant du contrôle.
  famille: contrat, modele, comparaison ou execution.
  table_controlee: Table contrôlée.
  colonne: Colonne contrôlée, s'il y en a une.
  gravite: « critique » (empêche la publication) ou « avertissement ».
  statut: conforme, non conforme, non évalué ou sans objet.
  mesure: Ce qui a été mesuré.
  attendu: Ce qui était attendu.
  nb_en_defaut: Nombre de lignes en défaut, quand il se compte.
  message: Ce que cela veut dire et que faire.
  accepte: Vrai si un écart avec la version précédente a été accepté par une personne.
*/
select
    regle,
    famille,
    table_controlee,
    colonne,
    gravite,
    statut,
    mesure,
    attendu,
    nb_en_defaut::bigint as nb_en_defaut,
    message,
    accepte
from execution.controle
order by regle

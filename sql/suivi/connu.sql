/*
Ce que l'on sait avant la liste : les derniers faits de chaque organisme, listé ou non, et le numéro
sous lequel la liste peut le nommer.
nature: vue
grain: nda
colonnes:
  cle: Numéro sous lequel la liste peut le nommer : le sien, ou celui qui le remplace.
  nda: Son numéro jusque-là.
  lignee: Son premier numéro.
  listee: Vrai s'il était listé.
  absentes: Faits qu'aucune liste n'a encore dits de lui.
  empreinte: MD5 des faits.
  denomination: (contrat)
  siren: (contrat)
  siret_declarant: (contrat)
  adresse_voie: (contrat)
  code_postal: (contrat)
  ville: (contrat)
  code_region: (contrat)
  code_departement: Département de l'adresse, ou à défaut du NDA.
  specialites: Codes NSF des spécialités, dans l'ordre de la liste.
  date_derniere_declaration: (contrat)
  debut_exercice: (contrat)
  fin_exercice: (contrat)
  nb_stagiaires: (contrat)
  nb_stagiaires_confies: (contrat)
  effectif_formateurs: (contrat)
  certifie_action_formation: (contrat)
  certifie_bilan_competences: (contrat)
  certifie_vae: (contrat)
  certifie_apprentissage: (contrat)
*/
select
    coalesce(n.nouveau, v.nda) as cle,
    v.* exclude (valide_du, valide_au)
from suivi.version as v
left join suivi.numero as n on v.nda = n.ancien
where v.valide_au is null

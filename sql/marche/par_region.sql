/*
Le marché de chaque région, à la date de la liste, comparé à la nation. Toutes les régions y sont,
même sans organisme ; le code 905, propre à la liste, n'a pas de population.
grain: code_region
colonnes:
  date_instantane: (marche.territoire)
  code_region: Code de la région ; vide si la liste ne la dit pas.
  region: Nom de la région.
  nb_organismes: (marche.territoire)
  nb_organismes_pour_100k: (marche.territoire)
  indice_densite: (marche.territoire)
  rang_densite: (marche.territoire)
  nb_certifies: (marche.territoire)
  part_certifies_pct: (marche.territoire)
  indice_part_certifies: (marche.territoire)
  rang_part_certifies: (marche.territoire)
  nb_certifies_bilan_competences: (marche.territoire)
  nb_bilan_pour_100k: (marche.territoire)
  indice_densite_bilan: (marche.territoire)
  rang_densite_bilan: (marche.territoire)
  nb_actifs: (marche.territoire)
  part_actifs_pct: (marche.territoire)
  petit_effectif: (marche.territoire)
  population: (marche.territoire)
  nb_entites: (marche.territoire)
  nb_certification_inconnue: (marche.territoire)
  nb_certification_connue: (marche.territoire)
  nb_certifies_action_formation: (marche.territoire)
  nb_certifies_vae: (marche.territoire)
  nb_certifies_apprentissage: (marche.territoire)
  part_bilan_competences_pct: (marche.territoire)
  nb_dormants: (marche.territoire)
  nb_activite_inconnue: (marche.territoire)
  nb_activite_connue: (marche.territoire)
  nb_actifs_certifies: (marche.territoire)
  nb_candidats_portage: (marche.territoire)
  nb_candidats_deja_sous_traitants: (marche.territoire)
  nb_stagiaires: (marche.territoire)
  nb_stagiaires_bornes: (marche.territoire)
  nb_stagiaires_confies: (marche.territoire)
  nb_stagiaires_confies_bornes: (marche.territoire)
  effectif_formateurs: (marche.territoire)
  effectif_formateurs_borne: (marche.territoire)
  moyenne_stagiaires: (marche.territoire)
  moyenne_stagiaires_bornee: (marche.territoire)
  mediane_stagiaires: (marche.territoire)
  mediane_stagiaires_actifs: (marche.territoire)
  moyenne_formateurs: (marche.territoire)
  moyenne_formateurs_bornee: (marche.territoire)
  mediane_formateurs: (marche.territoire)
  nb_avec_adresse: (marche.territoire)
  part_avec_adresse_pct: (marche.territoire)
  nb_micro: (marche.territoire)
  nb_effectif_connu: (marche.territoire)
  part_micro_pct: (marche.territoire)
  nb_micro_certifiees: (marche.territoire)
  nb_micro_certification_connue: (marche.territoire)
  part_micro_certifiees_pct: (marche.territoire)
  nb_organismes_nation: (marche.territoire)
  part_nationale_pct: (marche.territoire)
  nb_certifies_pour_100k: (marche.territoire)
  officielle: Vrai si le code est celui du Code officiel géographique.
*/
select
    t.date_instantane,
    t.code as code_region,
    coalesce(r.region, 'Code inconnu (' || t.code || ')', 'Non déterminée') as region,
    t.* exclude (date_instantane, niveau, code),
    coalesce(r.officielle, false) as officielle
from marche.territoire as t
left join reference.region as r on t.code = r.code_region
where t.niveau = 'REGION'
order by t.code

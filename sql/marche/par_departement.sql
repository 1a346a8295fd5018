/*
Le marché de chaque département, à la date de la liste, comparé à la nation. Tous les départements y
sont, même sans organisme. Le département vient de l'adresse, à défaut du NDA : en Corse et
outre-mer, un organisme sans adresse peut n'en avoir aucun.
grain: code_departement
colonnes:
  date_instantane: (marche.territoire)
  code_departement: Code du département ; vide si ni l'adresse ni le NDA ne le disent.
  departement: Nom du département.
  code_region: Code de la région du département.
  region: Nom de la région du département.
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
*/
select
    t.date_instantane,
    t.code as code_departement,
    coalesce(d.departement, 'Code inconnu (' || t.code || ')', 'Non déterminé') as departement,
    d.code_region,
    r.region,
    t.* exclude (date_instantane, niveau, code)
from marche.territoire as t
left join reference.departement as d on t.code = d.code_departement
left join reference.region as r on d.code_region = r.code_region
where t.niveau = 'DEPARTEMENT'
order by t.code

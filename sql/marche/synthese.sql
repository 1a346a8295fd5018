/*
Le marché national en une ligne, à la date de la liste. Les médianes et les moyennes bornées
accompagnent les moyennes : quelques valeurs déclarées sont absurdes (voir
marche.anomalies_declarees) et tirent les moyennes.
grain: une ligne
colonnes:
  date_instantane: (marche.territoire)
  nb_organismes: (marche.territoire)
  nb_entites: (marche.territoire)
  nb_certifies: (marche.territoire)
  nb_certification_inconnue: (marche.territoire)
  nb_certification_connue: (marche.territoire)
  part_certifies_pct: (marche.territoire)
  nb_certifies_action_formation: (marche.territoire)
  nb_certifies_bilan_competences: (marche.territoire)
  nb_certifies_vae: (marche.territoire)
  nb_certifies_apprentissage: (marche.territoire)
  part_bilan_competences_pct: (marche.territoire)
  nb_actifs: (marche.territoire)
  nb_dormants: (marche.territoire)
  nb_activite_inconnue: (marche.territoire)
  nb_activite_connue: (marche.territoire)
  part_actifs_pct: (marche.territoire)
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
*/
select
    date_instantane,
    nb_organismes,
    nb_entites,
    nb_certifies,
    nb_certification_inconnue,
    nb_certification_connue,
    part_certifies_pct,
    nb_certifies_action_formation,
    nb_certifies_bilan_competences,
    nb_certifies_vae,
    nb_certifies_apprentissage,
    part_bilan_competences_pct,
    nb_actifs,
    nb_dormants,
    nb_activite_inconnue,
    nb_activite_connue,
    part_actifs_pct,
    nb_actifs_certifies,
    nb_candidats_portage,
    nb_candidats_deja_sous_traitants,
    nb_stagiaires,
    nb_stagiaires_bornes,
    nb_stagiaires_confies,
    nb_stagiaires_confies_bornes,
    effectif_formateurs,
    effectif_formateurs_borne,
    moyenne_stagiaires,
    moyenne_stagiaires_bornee,
    mediane_stagiaires,
    mediane_stagiaires_actifs,
    moyenne_formateurs,
    moyenne_formateurs_bornee,
    mediane_formateurs,
    nb_avec_adresse,
    part_avec_adresse_pct,
    nb_micro,
    nb_effectif_connu,
    part_micro_pct,
    nb_micro_certifiees,
    nb_micro_certification_connue,
    part_micro_certifiees_pct
from marche.territoire
where niveau = 'NATION'

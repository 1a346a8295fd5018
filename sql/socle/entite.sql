/*
Les entités juridiques, tous numéros de déclaration réunis : une question sur un SIREN se pose
ici. Un drapeau est vrai si un numéro au moins est certifié, faux si la liste dit non et jamais
oui, vide si elle ne dit rien. Les organismes sans SIREN valide n'y sont pas.
grain: siren
colonnes:
  siren: Numéro SIREN valide.
  nb_nda: Nombre de numéros de déclaration d'activité.
  ndas: Ces numéros, triés.
  est_certifie: Vrai si un numéro au moins est certifié pour une catégorie.
  certifie_action_formation: Certifié pour les actions de formation par un numéro au moins.
  certifie_bilan_competences: Certifié pour les bilans de compétences par un numéro au moins.
  certifie_vae: Certifié pour la VAE par un numéro au moins.
  certifie_apprentissage: Certifié pour l'apprentissage par un numéro au moins.
  nb_stagiaires: Stagiaires, somme sur les numéros.
  nb_stagiaires_confies: Stagiaires confiés par d'autres, somme sur les numéros.
  effectif_formateurs: Formateurs, somme sur les numéros (un même formateur peut y être deux fois).
*/
select
    siren,
    count(*)::integer as nb_nda,
    list_sort(list(nda)) as ndas,
    bool_or(est_certifie) as est_certifie,
    bool_or(certifie_action_formation) as certifie_action_formation,
    bool_or(certifie_bilan_competences) as certifie_bilan_competences,
    bool_or(certifie_vae) as certifie_vae,
    bool_or(certifie_apprentissage) as certifie_apprentissage,
    sum(nb_stagiaires)::bigint as nb_stagiaires,
    sum(nb_stagiaires_confies)::bigint as nb_stagiaires_confies,
    sum(effectif_formateurs)::bigint as effectif_formateurs
from socle.organisme
where siren_valide
group by siren
order by siren

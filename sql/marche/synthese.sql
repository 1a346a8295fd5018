/*
Le marché national en une ligne, à la date de la liste. Les médianes accompagnent les moyennes :
quelques valeurs déclarées sont absurdes (voir qualite.anomalie) et tirent les moyennes.
grain: une ligne
colonnes:
  date_instantane: Date de la liste.
  nb_organismes: Organismes de la liste (un par NDA).
  nb_entites: Entités juridiques (SIREN valides distincts).
  nb_certifies: Organismes certifiés Qualiopi pour une catégorie au moins.
  nb_certification_inconnue: Organismes dont la liste ne permet pas de dire s'ils sont certifiés.
  part_certifies_pct: 100 × nb_certifies / nb_organismes.
  nb_certifies_action_formation: Certifiés pour les actions de formation.
  nb_certifies_bilan_competences: Certifiés pour les bilans de compétences.
  nb_certifies_vae: Certifiés pour la VAE.
  nb_certifies_apprentissage: Certifiés pour l'apprentissage.
  nb_actifs: Organismes qui déclarent au moins un stagiaire.
  nb_dormants: Organismes qui déclarent zéro stagiaire.
  nb_activite_inconnue: Organismes dont le nombre de stagiaires est vide ou illisible.
  nb_stagiaires: Stagiaires déclarés, somme.
  nb_stagiaires_confies: Stagiaires confiés par un autre organisme, somme.
  effectif_formateurs: Formateurs déclarés, somme, valeurs absurdes comprises.
  moyenne_stagiaires: Moyenne de stagiaires par organisme.
  mediane_stagiaires: Médiane de stagiaires par organisme.
  mediane_stagiaires_actifs: Médiane de stagiaires par organisme actif.
  moyenne_formateurs: Moyenne de formateurs par organisme.
  mediane_formateurs: Médiane de formateurs par organisme.
  nb_avec_adresse: Organismes dont le code postal est connu.
  part_avec_adresse_pct: 100 × nb_avec_adresse / nb_organismes.
*/
select
    (select date_contenu from execution.liste) as date_instantane,
    count(*) as nb_organismes,
    count(distinct siren) filter (where siren_valide) as nb_entites,
    count(*) filter (where est_certifie) as nb_certifies,
    count(*) filter (where est_certifie is null) as nb_certification_inconnue,
    round(100.0 * count(*) filter (where est_certifie) / nullif(count(*), 0), 2) as part_certifies_pct,
    count(*) filter (where certifie_action_formation) as nb_certifies_action_formation,
    count(*) filter (where certifie_bilan_competences) as nb_certifies_bilan_competences,
    count(*) filter (where certifie_vae) as nb_certifies_vae,
    count(*) filter (where certifie_apprentissage) as nb_certifies_apprentissage,
    count(*) filter (where nb_stagiaires > 0) as nb_actifs,
    count(*) filter (where nb_stagiaires = 0) as nb_dormants,
    count(*) filter (where nb_stagiaires is null) as nb_activite_inconnue,
    coalesce(sum(nb_stagiaires), 0)::bigint as nb_stagiaires,
    coalesce(sum(nb_stagiaires_confies), 0)::bigint as nb_stagiaires_confies,
    coalesce(sum(effectif_formateurs), 0)::bigint as effectif_formateurs,
    round(avg(nb_stagiaires), 2) as moyenne_stagiaires,
    median(nb_stagiaires) as mediane_stagiaires,
    median(nb_stagiaires) filter (where nb_stagiaires > 0) as mediane_stagiaires_actifs,
    round(avg(effectif_formateurs), 2) as moyenne_formateurs,
    median(effectif_formateurs) as mediane_formateurs,
    count(code_postal) as nb_avec_adresse,
    round(100.0 * count(code_postal) / nullif(count(*), 0), 2) as part_avec_adresse_pct
from socle.organisme

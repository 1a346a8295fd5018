/*
Les chiffres nationaux de chaque liste suivie : le marché dans le temps. Un organisme compte tant
qu'il est dans la liste ; ses faits sont ceux de cette date.
grain: date_instantane
colonnes:
  date_instantane: Date de la liste.
  sha256: Empreinte SHA-256 de la liste.
  jours_depuis: Jours écoulés depuis la liste précédente ; vide pour la première.
  nb_organismes: Organismes de la liste.
  nb_certifies: Organismes certifiés pour une catégorie au moins.
  nb_certification_inconnue: Organismes dont aucune liste n'a encore dit s'ils sont certifiés.
  nb_certification_connue: Les autres : le dénominateur de la part.
  part_certifies_pct: 100 × nb_certifies / nb_certification_connue.
  nb_certifies_action_formation: Certifiés pour les actions de formation.
  nb_certifies_bilan_competences: Certifiés pour les bilans de compétences.
  nb_certifies_vae: Certifiés pour la VAE.
  nb_certifies_apprentissage: Certifiés pour l'apprentissage.
  nb_actifs: Organismes qui déclarent au moins un stagiaire.
  nb_stagiaires: Stagiaires déclarés, valeurs absurdes comprises.
  nb_stagiaires_confies: Stagiaires confiés par un autre organisme, valeurs absurdes comprises.
  effectif_formateurs: Formateurs déclarés, valeurs absurdes comprises.
  nb_apparitions: Organismes jamais vus avant cette liste.
  nb_disparitions: Organismes qui l'ont quittée.
  nb_retours: Organismes qui y sont revenus.
  nb_certifications_obtenues: Certifications gagnées (une par organisme et par catégorie).
  nb_certifications_perdues: Certifications perdues.
*/
with
-- Each period adds to the figures on its first day and takes away on the day it ends.
mouvement as (
    select
        unnest([valide_du, valide_au]) as jour,
        unnest([1, -1]) as signe,
        list_contains(absentes, 'certifie_action_formation') as inconnue,
        coalesce(
            certifie_action_formation or certifie_bilan_competences or certifie_vae or certifie_apprentissage,
            false
        ) as certifie,
        certifie_action_formation,
        certifie_bilan_competences,
        certifie_vae,
        certifie_apprentissage,
        nb_stagiaires,
        nb_stagiaires_confies,
        effectif_formateurs
    from historique.organisme_version
    where listee
),

jour as (
    select
        jour,
        sum(signe) as nb_organismes,
        sum(signe) filter (where certifie) as nb_certifies,
        sum(signe) filter (where inconnue) as nb_certification_inconnue,
        sum(signe) filter (where certifie_action_formation) as nb_certifies_action_formation,
        sum(signe) filter (where certifie_bilan_competences) as nb_certifies_bilan_competences,
        sum(signe) filter (where certifie_vae) as nb_certifies_vae,
        sum(signe) filter (where certifie_apprentissage) as nb_certifies_apprentissage,
        sum(signe) filter (where nb_stagiaires > 0) as nb_actifs,
        sum(signe * nb_stagiaires) as nb_stagiaires,
        sum(signe * nb_stagiaires_confies) as nb_stagiaires_confies,
        sum(signe * effectif_formateurs) as effectif_formateurs
    from mouvement
    where jour is not null
    group by jour
),

evenement as (
    select
        date_constat,
        count(*) filter (where type = 'APPARITION') as nb_apparitions,
        count(*) filter (where type = 'DISPARITION') as nb_disparitions,
        count(*) filter (where type = 'RETOUR') as nb_retours,
        count(*) filter (where type = 'CERTIFICATION_OBTENUE') as nb_certifications_obtenues,
        count(*) filter (where type = 'CERTIFICATION_PERDUE') as nb_certifications_perdues
    from historique.evenement
    group by date_constat
),

cumul as (
    select
        i.date_instantane,
        i.sha256,
        i.jours_depuis,
        coalesce(sum(j.nb_organismes) over depuis, 0)::bigint as nb_organismes,
        coalesce(sum(j.nb_certifies) over depuis, 0)::bigint as nb_certifies,
        coalesce(sum(j.nb_certification_inconnue) over depuis, 0)::bigint as nb_certification_inconnue,
        coalesce(sum(j.nb_certifies_action_formation) over depuis, 0)::bigint
            as nb_certifies_action_formation,
        coalesce(sum(j.nb_certifies_bilan_competences) over depuis, 0)::bigint
            as nb_certifies_bilan_competences,
        coalesce(sum(j.nb_certifies_vae) over depuis, 0)::bigint as nb_certifies_vae,
        coalesce(sum(j.nb_certifies_apprentissage) over depuis, 0)::bigint as nb_certifies_apprentissage,
        coalesce(sum(j.nb_actifs) over depuis, 0)::bigint as nb_actifs,
        coalesce(sum(j.nb_stagiaires) over depuis, 0)::bigint as nb_stagiaires,
        coalesce(sum(j.nb_stagiaires_confies) over depuis, 0)::bigint as nb_stagiaires_confies,
        coalesce(sum(j.effectif_formateurs) over depuis, 0)::bigint as effectif_formateurs
    from historique.instantane as i
    left join jour as j on i.date_instantane = j.jour
    window depuis as (order by i.date_instantane rows unbounded preceding)
)

select
    c.date_instantane,
    c.sha256,
    c.jours_depuis,
    c.nb_organismes,
    c.nb_certifies,
    c.nb_certification_inconnue,
    c.nb_organismes - c.nb_certification_inconnue as nb_certification_connue,
    round(100 * c.nb_certifies / nullif(c.nb_organismes - c.nb_certification_inconnue, 0), 2)
        as part_certifies_pct,
    c.nb_certifies_action_formation,
    c.nb_certifies_bilan_competences,
    c.nb_certifies_vae,
    c.nb_certifies_apprentissage,
    c.nb_actifs,
    c.nb_stagiaires,
    c.nb_stagiaires_confies,
    c.effectif_formateurs,
    coalesce(e.nb_apparitions, 0) as nb_apparitions,
    coalesce(e.nb_disparitions, 0) as nb_disparitions,
    coalesce(e.nb_retours, 0) as nb_retours,
    coalesce(e.nb_certifications_obtenues, 0) as nb_certifications_obtenues,
    coalesce(e.nb_certifications_perdues, 0) as nb_certifications_perdues
from cumul as c
left join evenement as e on c.date_instantane = e.date_constat
order by c.date_instantane

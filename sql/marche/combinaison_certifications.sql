/*
Les certifications que les organismes tiennent ensemble : chaque combinaison rencontrée, avec sa
taille et son activité. Chaque organisme est dans une combinaison et une seule.
grain: combinaison
colonnes:
  date_instantane: Date de la liste.
  combinaison: Catégories certifiées, jointes par « + » ; AUCUNE, ou INCONNUE si la liste ne permet
    pas de le dire.
  nb_categories: Nombre de catégories certifiées ; vide pour INCONNUE.
  certifie_action_formation: Vrai si la combinaison comprend les actions de formation.
  certifie_bilan_competences: Vrai si elle comprend les bilans de compétences.
  certifie_vae: Vrai si elle comprend la VAE.
  certifie_apprentissage: Vrai si elle comprend l'apprentissage.
  nb_organismes: Organismes de cette combinaison.
  nb_organismes_total: Organismes de la liste.
  part_pct: 100 × nb_organismes / nb_organismes_total.
  nb_actifs: Ceux qui déclarent au moins un stagiaire.
  nb_dormants: Ceux qui déclarent zéro stagiaire.
  nb_activite_inconnue: Ceux dont le nombre de stagiaires est vide ou illisible.
  nb_stagiaires: Leurs stagiaires, valeurs absurdes comprises.
  nb_stagiaires_bornes: Leurs stagiaires, chaque valeur ramenée à la borne de socle.bornage.
  mediane_stagiaires_actifs: Médiane de stagiaires par organisme actif.
  effectif_formateurs: Leurs formateurs, valeurs absurdes comprises.
  effectif_formateurs_borne: Leurs formateurs, chaque valeur ramenée à la borne de socle.bornage.
  mediane_formateurs: Médiane de formateurs par organisme.
  nb_micro: Micro-structures (zéro ou un formateur déclaré).
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
categorie as (
    select
        *,
        case combinaison
            when 'INCONNUE' then null
            when 'AUCUNE' then []
            else string_split(combinaison, ' + ')
        end as categories
    from socle.activite
)

select
    any_value(e.date_contenu) as date_instantane,
    c.combinaison,
    len(any_value(c.categories)) as nb_categories,
    any_value(list_contains(c.categories, 'ACTION_FORMATION')) as certifie_action_formation,
    any_value(list_contains(c.categories, 'BILAN_COMPETENCES')) as certifie_bilan_competences,
    any_value(list_contains(c.categories, 'VAE')) as certifie_vae,
    any_value(list_contains(c.categories, 'APPRENTISSAGE')) as certifie_apprentissage,
    count(*) as nb_organismes,
    sum(count(*)) over ()::bigint as nb_organismes_total,
    round(100 * count(*) / sum(count(*)) over (), 2) as part_pct,
    count(*) filter (where c.activite = 'ACTIF') as nb_actifs,
    count(*) filter (where c.activite = 'DORMANT') as nb_dormants,
    count(*) filter (where c.activite = 'INCONNUE') as nb_activite_inconnue,
    coalesce(sum(c.nb_stagiaires), 0)::bigint as nb_stagiaires,
    coalesce(sum(c.nb_stagiaires_bornes), 0)::bigint as nb_stagiaires_bornes,
    median(c.nb_stagiaires) filter (where c.nb_stagiaires > 0) as mediane_stagiaires_actifs,
    coalesce(sum(c.effectif_formateurs), 0)::bigint as effectif_formateurs,
    coalesce(sum(c.effectif_formateurs_borne), 0)::bigint as effectif_formateurs_borne,
    median(c.effectif_formateurs) as mediane_formateurs,
    count(*) filter (where c.est_micro) as nb_micro,
    count(*) < 5 as petit_effectif
from categorie as c
cross join execution.liste as e
group by c.combinaison
order by nb_organismes desc, c.combinaison asc

/*
Ce que chaque organisme pèse, rangé en classes et borné : la matière des tables du marché, pour qui
veut d'autres croisements que les leurs.
grain: nda
colonnes:
  nda: (contrat)
  siren: Numéro SIREN, s'il est valide.
  code_region: Région que dit la liste ; si elle ne la dit pas (anciennes mises en page), celle du
    département.
  code_departement: (socle.organisme)
  est_certifie: (socle.organisme)
  certifie_action_formation: (contrat)
  certifie_bilan_competences: (contrat)
  certifie_vae: (contrat)
  certifie_apprentissage: (contrat)
  combinaison: Catégories certifiées, jointes par « + » dans l'ordre de l'article L.6313-1 ; AUCUNE si
    l'organisme n'est pas certifié, INCONNUE si la liste ne permet pas de le dire.
  activite: ACTIF (au moins un stagiaire), DORMANT (zéro) ou INCONNUE (vide ou illisible).
  nb_stagiaires: (contrat)
  nb_stagiaires_bornes: Stagiaires, ramenés à la borne de socle.bornage.
  classe_stagiaires: 0, 1-10, 11-50, 51-100, 101-200, 201-500, 501-1000, 1001-2000, 2001+ ou INCONNUE.
  nb_stagiaires_confies: (contrat)
  nb_stagiaires_confies_bornes: Stagiaires confiés, ramenés à la borne de socle.bornage.
  effectif_formateurs: (contrat)
  effectif_formateurs_borne: Formateurs, ramenés à la borne de socle.bornage.
  classe_formateurs: 0, 1, 2, 3-10, 11-20, 21-50, 51-100, 101+ ou INCONNUE.
  est_micro: Vrai pour une micro-structure : zéro ou un formateur déclaré (vide si l'effectif est
    inconnu). Autres définitions : marche.micro_structures.
  avec_adresse: Vrai si le code postal est connu.
  date_derniere_declaration: (contrat)
  personne_physique_presumee: (socle.organisme)
*/
with
borne as (
    select
        max(borne) filter (where mesure = 'STAGIAIRES') as stagiaires,
        max(borne) filter (where mesure = 'STAGIAIRES_CONFIES') as confies,
        max(borne) filter (where mesure = 'FORMATEURS') as formateurs
    from socle.bornage
)

select
    o.nda,
    case when o.siren_valide then o.siren end as siren,
    coalesce(o.code_region, d.code_region) as code_region,
    o.code_departement,
    o.est_certifie,
    o.certifie_action_formation,
    o.certifie_bilan_competences,
    o.certifie_vae,
    o.certifie_apprentissage,
    case
        when o.est_certifie is null then 'INCONNUE'
        when not o.est_certifie then 'AUCUNE'
        else
            concat_ws(
                ' + ',
                case when o.certifie_action_formation then 'ACTION_FORMATION' end,
                case when o.certifie_bilan_competences then 'BILAN_COMPETENCES' end,
                case when o.certifie_vae then 'VAE' end,
                case when o.certifie_apprentissage then 'APPRENTISSAGE' end
            )
    end as combinaison,
    case
        when o.nb_stagiaires is null then 'INCONNUE'
        when o.nb_stagiaires > 0 then 'ACTIF'
        else 'DORMANT'
    end as activite,
    o.nb_stagiaires,
    -- « least » skips nulls: what is unknown must stay so.
    case when o.nb_stagiaires is not null then least(o.nb_stagiaires, b.stagiaires) end
        as nb_stagiaires_bornes,
    case
        when o.nb_stagiaires is null then 'INCONNUE'
        when o.nb_stagiaires = 0 then '0'
        when o.nb_stagiaires <= 10 then '1-10'
        when o.nb_stagiaires <= 50 then '11-50'
        when o.nb_stagiaires <= 100 then '51-100'
        when o.nb_stagiaires <= 200 then '101-200'
        when o.nb_stagiaires <= 500 then '201-500'
        when o.nb_stagiaires <= 1000 then '501-1000'
        when o.nb_stagiaires <= 2000 then '1001-2000'
        else '2001+'
    end as classe_stagiaires,
    o.nb_stagiaires_confies,
    case when o.nb_stagiaires_confies is not null then least(o.nb_stagiaires_confies, b.confies) end
        as nb_stagiaires_confies_bornes,
    o.effectif_formateurs,
    case when o.effectif_formateurs is not null then least(o.effectif_formateurs, b.formateurs) end
        as effectif_formateurs_borne,
    case
        when o.effectif_formateurs is null then 'INCONNUE'
        when o.effectif_formateurs <= 2 then o.effectif_formateurs::varchar
        when o.effectif_formateurs <= 10 then '3-10'
        when o.effectif_formateurs <= 20 then '11-20'
        when o.effectif_formateurs <= 50 then '21-50'
        when o.effectif_formateurs <= 100 then '51-100'
        else '101+'
    end as classe_formateurs,
    o.effectif_formateurs <= 1 as est_micro,
    o.code_postal is not null as avec_adresse,
    o.date_derniere_declaration,
    o.personne_physique_presumee
from socle.organisme as o
cross join borne as b
left join reference.departement as d on o.code_departement = d.code_departement
order by o.nda

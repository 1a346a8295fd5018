/*
Ce que la liste établit de chaque organisme pour un verdict de portage. Les organismes dont elle dit
la même chose ont le même profil : c'est lui qui est jugé.
grain: nda
colonnes:
  nda: (contrat)
  profil: Numéro du profil.
  siren: SIREN, quand il est valide.
  etat_action_formation: CERTIFIE, NON_CERTIFIE (faux, ou quatre drapeaux vides) ou INCONNU.
  etat_bilan_competences: De même pour les bilans de compétences.
  etat_vae: De même pour la VAE.
  etat_apprentissage: De même pour l'apprentissage.
  autre_nda_action_formation: Autre numéro du même SIREN, certifié quand celui-ci ne l'est pas.
  autre_nda_bilan_competences: De même pour les bilans de compétences.
  autre_nda_vae: De même pour la VAE.
  autre_nda_apprentissage: De même pour l'apprentissage.
  personne_physique_presumee: Vrai si la dénomination commence par un titre de civilité.
  repute_certifie: Vrai si la dénomination fait présumer un établissement d'enseignement supérieur,
    réputé certifié (L.6316-4 II). Une présomption, non une preuve.
*/
with
ecarte as (
    select unnest(string_split(sauf, '|')) as mots
    from portage.repute_certifie
    where sauf <> ''
),

entite as (
    select
        siren,
        min(nda) filter (where certifie_action_formation) as nda_action_formation,
        min(nda) filter (where certifie_bilan_competences) as nda_bilan_competences,
        min(nda) filter (where certifie_vae) as nda_vae,
        min(nda) filter (where certifie_apprentissage) as nda_apprentissage
    from socle.organisme
    where siren_valide
    group by siren
    having count(*) > 1
),

organisme as (
    select
        *,
        coalesce(not est_certifie, false) as sans_certification,
        regexp_replace(' ' || upper(strip_accents(denomination)) || ' ', '[^A-Z0-9]+', ' ', 'g') as nom
    from socle.organisme
),

presume as (
    select distinct o.nda
    from organisme as o
    inner join portage.repute_certifie as r on contains(o.nom, ' ' || r.mots || ' ')
    where
        not exists (
            select 1
            from ecarte as e
            where contains(o.nom, ' ' || e.mots || ' ')
        )
),

etabli as (
    select
        o.nda,
        case when o.siren_valide then o.siren end as siren,
        case
            when o.certifie_action_formation then 'CERTIFIE'
            when not o.certifie_action_formation or o.sans_certification then 'NON_CERTIFIE'
            else 'INCONNU'
        end as etat_action_formation,
        case
            when o.certifie_bilan_competences then 'CERTIFIE'
            when not o.certifie_bilan_competences or o.sans_certification then 'NON_CERTIFIE'
            else 'INCONNU'
        end as etat_bilan_competences,
        case
            when o.certifie_vae then 'CERTIFIE'
            when not o.certifie_vae or o.sans_certification then 'NON_CERTIFIE'
            else 'INCONNU'
        end as etat_vae,
        case
            when o.certifie_apprentissage then 'CERTIFIE'
            when not o.certifie_apprentissage or o.sans_certification then 'NON_CERTIFIE'
            else 'INCONNU'
        end as etat_apprentissage,
        case
            when not coalesce(o.certifie_action_formation, false) then e.nda_action_formation
        end as autre_nda_action_formation,
        case
            when not coalesce(o.certifie_bilan_competences, false) then e.nda_bilan_competences
        end as autre_nda_bilan_competences,
        case when not coalesce(o.certifie_vae, false) then e.nda_vae end as autre_nda_vae,
        case
            when not coalesce(o.certifie_apprentissage, false) then e.nda_apprentissage
        end as autre_nda_apprentissage,
        coalesce(o.personne_physique_presumee, false) as personne_physique_presumee,
        p.nda is not null as repute_certifie
    from organisme as o
    left join presume as p on o.nda = p.nda
    left join entite as e on if(o.siren_valide, o.siren, null) = e.siren
)

select
    nda,
    dense_rank() over (
        order by
            etat_action_formation,
            etat_bilan_competences,
            etat_vae,
            etat_apprentissage,
            autre_nda_action_formation is null,
            autre_nda_bilan_competences is null,
            autre_nda_vae is null,
            autre_nda_apprentissage is null,
            personne_physique_presumee,
            repute_certifie
    )::smallint as profil,
    siren,
    etat_action_formation,
    etat_bilan_competences,
    etat_vae,
    etat_apprentissage,
    autre_nda_action_formation,
    autre_nda_bilan_competences,
    autre_nda_vae,
    autre_nda_apprentissage,
    personne_physique_presumee,
    repute_certifie
from etabli
order by nda

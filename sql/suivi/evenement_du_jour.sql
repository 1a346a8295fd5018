/*
Les événements de la liste, tels que les garde historique.evenement : ce qui a changé, un fait à la
fois.
nature: vue
grain: nda, type, categorie
colonnes:
  nda: Numéro dans la liste, ou le dernier de qui l'a quittée.
  lignee: Premier numéro de l'organisme.
  type: Type d'événement.
  categorie: Catégorie gagnée ou perdue.
  avant: Valeur d'avant.
  apres: Valeur d'après.
*/
with
compare as (
    select
        *,
        concat_ws(', ', adresse_voie, nullif(concat_ws(' ', code_postal, ville), '')) as adresse,
        concat_ws(', ', adresse_voie_avant, nullif(concat_ws(' ', code_postal_avant, ville_avant), ''))
            as adresse_avant,
        concat_ws(
            ';',
            coalesce(strftime(debut_exercice, '%d/%m/%Y'), ''),
            coalesce(strftime(fin_exercice, '%d/%m/%Y'), ''),
            coalesce(nb_stagiaires::varchar, ''),
            coalesce(effectif_formateurs::varchar, '')
        ) as declaration,
        concat_ws(
            ';',
            coalesce(strftime(debut_exercice_avant, '%d/%m/%Y'), ''),
            coalesce(strftime(fin_exercice_avant, '%d/%m/%Y'), ''),
            coalesce(nb_stagiaires_avant::varchar, ''),
            coalesce(effectif_formateurs_avant::varchar, '')
        ) as declaration_avant
    from suivi.changement
    where situation in ('RETOUR', 'PRESENT')
),

-- « connu » tells whether the fact was known before: what is said for the first time is no change.
fait as (
    select
        nda,
        lignee,
        'CHANGEMENT_NDA' as type,
        null as categorie,
        nda_avant as avant,
        nda as apres,
        true as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CHANGEMENT_DENOMINATION' as type,
        null as categorie,
        denomination_avant as avant,
        denomination as apres,
        not list_has_any(absentes_avant, ['denomination']) as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CHANGEMENT_SIREN' as type,
        null as categorie,
        siren_avant as avant,
        siren as apres,
        not list_has_any(absentes_avant, ['siren']) as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CHANGEMENT_ADRESSE' as type,
        null as categorie,
        adresse_avant as avant,
        adresse as apres,
        not list_has_any(absentes_avant, ['adresse_voie', 'code_postal', 'ville']) as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CHANGEMENT_DECLARATION' as type,
        null as categorie,
        declaration_avant as avant,
        declaration as apres,
        not list_has_any(
            absentes_avant, ['debut_exercice', 'fin_exercice', 'nb_stagiaires', 'effectif_formateurs']
        ) as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CERTIFICATION' as type,
        'ACTION_FORMATION' as categorie,
        certifie_action_formation_avant::varchar as avant,
        certifie_action_formation::varchar as apres,
        not list_has_any(absentes_avant, ['certifie_action_formation']) as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CERTIFICATION' as type,
        'BILAN_COMPETENCES' as categorie,
        certifie_bilan_competences_avant::varchar as avant,
        certifie_bilan_competences::varchar as apres,
        not list_has_any(absentes_avant, ['certifie_bilan_competences']) as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CERTIFICATION' as type,
        'VAE' as categorie,
        certifie_vae_avant::varchar as avant,
        certifie_vae::varchar as apres,
        not list_has_any(absentes_avant, ['certifie_vae']) as connu
    from compare
    union all
    select
        nda,
        lignee,
        'CERTIFICATION' as type,
        'APPRENTISSAGE' as categorie,
        certifie_apprentissage_avant::varchar as avant,
        certifie_apprentissage::varchar as apres,
        not list_has_any(absentes_avant, ['certifie_apprentissage']) as connu
    from compare
),

utile as (
    select
        *,
        -- Blank and « false » say the same of a certification: that it is not held.
        case
            when type = 'CERTIFICATION' then coalesce(apres = 'true', false)::varchar
            else coalesce(apres, '')
        end as tenu,
        case
            when type = 'CERTIFICATION' then coalesce(avant = 'true', false)::varchar
            else coalesce(avant, '')
        end as tenu_avant
    from fait
    where connu
)

select
    nda,
    lignee,
    situation as type,
    null as categorie,
    null as avant,
    null as apres
from suivi.changement
where situation <> 'PRESENT'
union all
select
    nda,
    lignee,
    case
        when type <> 'CERTIFICATION' then type
        when tenu = 'true' then 'CERTIFICATION_OBTENUE'
        else 'CERTIFICATION_PERDUE'
    end as type,
    categorie,
    avant,
    apres
from utile
where tenu <> tenu_avant

/*
Des chiffres publiés d'autres listes (octobre 2024, octobre 2025, août 2026) en regard de ceux que les
tables du marché donnent de celle-ci. Sur la liste de la même date, l'écart doit être nul ; sur une
autre, il dit l'évolution, ou un défaut de lecture s'il est grand.
grain: date_publiee, mesure, code
colonnes:
  date_instantane: Date de la liste qui fait valeur_calculee.
  date_publiee: Mois de la liste qui fait valeur_publiee (son premier jour).
  mesure: Ce qui est compté, par exemple REGION_ORGANISMES.
  code: Code de la région, de la classe ou de la spécialité ; vide pour un chiffre national.
  libelle: La mesure en clair.
  valeur_publiee: Chiffre publié.
  valeur_calculee: Chiffre de cette liste, valeurs absurdes comprises comme dans les chiffres publiés ;
    vide pour la moyenne d'une classe sans organisme, ou si aucune certification n'est connue.
  ecart: valeur_calculee − valeur_publiee.
  ecart_pct: 100 × ecart / valeur_publiee.
  source: D'où vient le chiffre publié.
*/
with
publie as (
    select
        date_publiee,
        mesure,
        null as code,
        valeur,
        source
    from fichier.chiffre_publie
    union all
    select
        '2025-10-01' as date_publiee,
        unnest(['REGION_ORGANISMES', 'REGION_CERTIFIES_ACTION_FORMATION']) as mesure,
        code_region as code,
        unnest([organismes, certifies_action_formation]) as valeur,
        source
    from fichier.calibrage_region
    union all
    select
        '2025-10-01' as date_publiee,
        unnest(['TAILLE_ORGANISMES', 'TAILLE_STAGIAIRES_MOYENS']) as mesure,
        classe as code,
        unnest([organismes, stagiaires_moyens]) as valeur,
        'Agrégats publiés de la liste publique d''octobre 2025 (154 107 organismes, DGEFP, Licence Ouverte)'
            as source
    from fichier.calibrage_classe_formateurs
    union all
    select
        '2025-10-01' as date_publiee,
        unnest(['VOLUME_ORGANISMES', 'VOLUME_STAGIAIRES']) as mesure,
        classe as code,
        unnest([organismes, stagiaires]) as valeur,
        source
    from fichier.calibrage_stagiaires
    union all
    select
        '2025-10-01' as date_publiee,
        'NB_SPECIALITES' as mesure,
        right(cle, 1) as code,
        valeur,
        source
    from fichier.calibrage_liste
    where cle like 'specialites\__' escape '\'
    union all
    select
        '2025-10-01' as date_publiee,
        'SPECIALITE_PREMIERE' as mesure,
        code_nsf as code,
        organismes as valeur,
        source
    from fichier.calibrage_nsf
    -- The others are supposed, for the generator: nobody published them.
    where source like 'Agrégats publiés%'
),

nb_specialites as (
    select
        a.nda,
        count(distinct s.code_nsf) as nb
    from socle.activite as a
    left join socle.specialite as s on a.nda = s.nda
    group by a.nda
),

calcule as (
    select
        unnest([
            'ORGANISMES', 'CERTIFIES', 'CERTIFIES_ACTION_FORMATION', 'CERTIFIES_BILAN_COMPETENCES',
            'CERTIFIES_VAE', 'CERTIFIES_APPRENTISSAGE', 'STAGIAIRES', 'AVEC_ADRESSE'
        ]) as mesure,
        null as code,
        unnest([
            nb_organismes, nb_certifies, nb_certifies_action_formation, nb_certifies_bilan_competences,
            nb_certifies_vae, nb_certifies_apprentissage, nb_stagiaires, nb_avec_adresse
        ])::double as valeur
    from marche.synthese
    union all
    select
        'ENTITES_CERTIFIEES' as mesure,
        null as code,
        count(distinct siren) as valeur
    from socle.activite
    where est_certifie
    union all
    select
        unnest(['REGION_ORGANISMES', 'REGION_CERTIFIES_ACTION_FORMATION']) as mesure,
        code_region as code,
        unnest([nb_organismes, nb_certifies_action_formation]) as valeur
    from marche.par_region
    union all
    select
        unnest(['TAILLE_ORGANISMES', 'TAILLE_STAGIAIRES_MOYENS']) as mesure,
        classe_formateurs as code,
        unnest([nb_organismes, moyenne_stagiaires]) as valeur
    from marche.par_taille
    union all
    select
        unnest(['VOLUME_ORGANISMES', 'VOLUME_STAGIAIRES']) as mesure,
        classe_stagiaires as code,
        unnest([nb_organismes, nb_stagiaires]) as valeur
    from marche.par_volume
    union all
    select
        'NB_SPECIALITES' as mesure,
        nb::varchar as code,
        count(*) as valeur
    from nb_specialites
    group by nb
    union all
    select
        'SPECIALITE_PREMIERE' as mesure,
        code_nsf as code,
        nb_premiere as valeur
    from marche.par_specialite
    where code_nsf is not null
),

nom as (
    from (
        values
        ('ORGANISMES', 'Organismes'),
        ('CERTIFIES', 'Organismes certifiés'),
        ('ENTITES_CERTIFIEES', 'Entités juridiques certifiées'),
        ('STAGIAIRES', 'Stagiaires'),
        ('AVEC_ADRESSE', 'Organismes dont l''adresse est connue'),
        ('REGION_ORGANISMES', 'Organismes'),
        ('TAILLE_ORGANISMES', 'Organismes, formateurs'),
        ('TAILLE_STAGIAIRES_MOYENS', 'Stagiaires par organisme, formateurs'),
        ('VOLUME_ORGANISMES', 'Organismes, stagiaires'),
        ('VOLUME_STAGIAIRES', 'Stagiaires, organismes de'),
        ('NB_SPECIALITES', 'Organismes, nombre de spécialités'),
        ('SPECIALITE_PREMIERE', 'Première spécialité')
    ) as n (mesure, libelle)
    union all
    select
        unnest(['CERTIFIES_', 'REGION_CERTIFIES_']) || action as mesure,
        'Certifiés pour ' || avec_article as libelle
    from fichier.categorie_action
),

compare as (
    select
        p.date_publiee::date as date_publiee,
        p.mesure,
        p.code,
        p.source,
        p.valeur::double as publiee,
        case
            -- What is not met is counted zero times; it has no mean.
            when p.mesure = 'TAILLE_STAGIAIRES_MOYENS' then c.valeur
            when p.mesure like '%CERTIFIE%' and s.nb_certification_connue = 0 then null
            else coalesce(c.valeur, 0)
        end as calculee
    from publie as p
    cross join marche.synthese as s
    left join calcule as c on p.mesure = c.mesure and coalesce(p.code, '') = coalesce(c.code, '')
)

select
    e.date_contenu as date_instantane,
    c.date_publiee,
    c.mesure,
    c.code,
    concat_ws(' : ', n.libelle, coalesce(r.region, s.libelle_nsf, c.code)) as libelle,
    c.publiee as valeur_publiee,
    c.calculee as valeur_calculee,
    round(c.calculee - c.publiee, 2) as ecart,
    round(100 * (c.calculee - c.publiee) / nullif(c.publiee, 0), 2) as ecart_pct,
    c.source
from compare as c
inner join nom as n on c.mesure = n.mesure
cross join execution.liste as e
left join reference.region as r on c.mesure like 'REGION%' and c.code = r.code_region
left join reference.specialite_nsf as s on c.mesure = 'SPECIALITE_PREMIERE' and c.code = s.code_nsf
order by c.date_publiee, c.mesure, c.code

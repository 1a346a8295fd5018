/*
Le marché mois par mois, par région et catégorie : qui est listé, certifié, ce que la catégorie gagne
et perd. Un mois sans liste n'a pas de ligne. Le nombre de certifiés change aussi par les entrées et
les sorties de la liste, qui ne sont ni des gains ni des pertes de certification.
grain: mois, perimetre, code_region, categorie
colonnes:
  date_instantane: Dernière liste du mois.
  mois: Premier jour du mois.
  perimetre: NATION ou REGION.
  code_region: Code de la région ; vide pour la nation, ou si la liste ne la dit pas.
  region: Nom de la région.
  categorie: ACTION_FORMATION, BILAN_COMPETENCES, VAE, APPRENTISSAGE, ou TOUTES (une au moins).
  nb_organismes: Organismes listés à la fin du mois.
  nb_certifies: Ceux qui sont certifiés pour la catégorie.
  nb_obtenues: Certifications obtenues dans le mois (pour TOUTES : une par catégorie).
  nb_perdues: Certifications perdues dans le mois.
  solde: nb_obtenues − nb_perdues.
  nb_apparitions: Organismes jamais vus, apparus dans le mois (quelle que soit la catégorie).
  nb_disparitions: Organismes qui ont quitté la liste dans le mois.
  nb_retours: Organismes revenus dans le mois.
  nb_certifies_12_mois_avant: Certifiés douze mois plus tôt ; vide si l'historique n'y remonte pas.
  nb_obtenues_12_mois: Obtenues dans les douze derniers mois ; vide de même.
  nb_perdues_12_mois: Perdues dans les douze derniers mois ; vide de même.
  taux_gain_12_mois_pct: 100 × nb_obtenues_12_mois / nb_certifies_12_mois_avant.
  taux_perte_12_mois_pct: 100 × nb_perdues_12_mois / nb_certifies_12_mois_avant.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
mois as (
    select
        date_trunc('month', date_instantane)::date as mois,
        max(date_instantane) as date_instantane
    from historique.instantane
    group by all
),

periode as (
    select
        *,
        -- A category and whether it is held; « TOUTES » for one at least.
        unnest(['TOUTES', 'ACTION_FORMATION', 'BILAN_COMPETENCES', 'VAE', 'APPRENTISSAGE']) as categorie,
        unnest([
            coalesce(
                certifie_action_formation or certifie_bilan_competences or certifie_vae
                or certifie_apprentissage, false
            ),
            coalesce(certifie_action_formation, false),
            coalesce(certifie_bilan_competences, false),
            coalesce(certifie_vae, false),
            coalesce(certifie_apprentissage, false)
        ]) as certifie
    from historique.organisme_version
    where listee
),

-- Each period counts from the month in which it begins, until that in which it ends.
mouvement as (
    select
        unnest(['NATION', 'REGION', 'NATION', 'REGION']) as perimetre,
        unnest([null, code_region, null, code_region]) as code_region,
        unnest([valide_du, valide_du, valide_au, valide_au]) as jour,
        unnest([1, 1, -1, -1]) as signe,
        categorie,
        certifie
    from periode
),

stock as (
    select
        perimetre,
        code_region,
        categorie,
        date_trunc('month', jour)::date as mois,
        sum(signe) as nb_organismes,
        coalesce(sum(signe) filter (where certifie), 0) as nb_certifies
    from mouvement
    where jour is not null
    group by all
),

situe as (
    select
        e.type,
        e.categorie,
        v.code_region,
        date_trunc('month', e.date_constat)::date as mois
    from historique.evenement as e
    inner join historique.organisme_version as v
        on
            e.nda = v.nda
            and e.date_constat >= v.valide_du
            and (e.date_constat < v.valide_au or v.valide_au is null)
),

place as (
    select
        type,
        categorie,
        mois,
        unnest(['NATION', 'REGION']) as perimetre,
        unnest([null, code_region]) as code_region
    from situe
),

flux as (
    select
        p.perimetre,
        p.code_region,
        p.mois,
        c.categorie,
        count(*) filter (where p.type = 'CERTIFICATION_OBTENUE') as nb_obtenues,
        count(*) filter (where p.type = 'CERTIFICATION_PERDUE') as nb_perdues,
        count(*) filter (where p.type = 'APPARITION') as nb_apparitions,
        count(*) filter (where p.type = 'DISPARITION') as nb_disparitions,
        count(*) filter (where p.type = 'RETOUR') as nb_retours
    from place as p
    cross join (
        select 'TOUTES' as categorie
        union all
        select action as categorie
        from reference.categorie_action
    ) as c
    where p.categorie is null or c.categorie in ('TOUTES', p.categorie)
    group by all
),

cellule as (
    select distinct
        m.mois,
        m.date_instantane,
        s.perimetre,
        s.code_region,
        s.categorie
    from mois as m
    cross join stock as s
),

chiffre as (
    select
        c.*,
        sum(coalesce(s.nb_organismes, 0)) over depuis as nb_organismes,
        sum(coalesce(s.nb_certifies, 0)) over depuis as nb_certifies,
        coalesce(f.nb_obtenues, 0) as nb_obtenues,
        coalesce(f.nb_perdues, 0) as nb_perdues,
        coalesce(f.nb_apparitions, 0) as nb_apparitions,
        coalesce(f.nb_disparitions, 0) as nb_disparitions,
        coalesce(f.nb_retours, 0) as nb_retours
    from cellule as c
    left join stock as s
        on
            c.mois = s.mois
            and c.perimetre = s.perimetre
            and coalesce(c.code_region, '') = coalesce(s.code_region, '')
            and c.categorie = s.categorie
    left join flux as f
        on
            c.mois = f.mois
            and c.perimetre = f.perimetre
            and coalesce(c.code_region, '') = coalesce(f.code_region, '')
            and c.categorie = f.categorie
    window
        depuis as (
            partition by c.perimetre, c.code_region, c.categorie order by c.mois
            rows unbounded preceding
        )
),

annee as (
    select
        *,
        first_value(nb_certifies) over (
            partition by perimetre, code_region, categorie order by mois
            range between interval 12 months preceding and interval 12 months preceding
        ) as nb_certifies_12_mois_avant,
        sum(nb_obtenues) over douze as nb_obtenues_12_mois,
        sum(nb_perdues) over douze as nb_perdues_12_mois
    from chiffre
    window
        douze as (
            partition by perimetre, code_region, categorie order by mois
            range between interval 11 months preceding and current row
        )
)

select
    a.date_instantane,
    a.mois,
    a.perimetre,
    a.code_region,
    case
        when a.perimetre = 'NATION' then 'France entière'
        else coalesce(r.region, 'Code inconnu (' || a.code_region || ')', 'Non déterminée')
    end as region,
    a.categorie,
    a.nb_organismes::bigint as nb_organismes,
    a.nb_certifies::bigint as nb_certifies,
    a.nb_obtenues,
    a.nb_perdues,
    a.nb_obtenues - a.nb_perdues as solde,
    a.nb_apparitions,
    a.nb_disparitions,
    a.nb_retours,
    a.nb_certifies_12_mois_avant::bigint as nb_certifies_12_mois_avant,
    case when a.nb_certifies_12_mois_avant is not null then a.nb_obtenues_12_mois end::bigint
        as nb_obtenues_12_mois,
    case when a.nb_certifies_12_mois_avant is not null then a.nb_perdues_12_mois end::bigint
        as nb_perdues_12_mois,
    round(100 * a.nb_obtenues_12_mois / nullif(a.nb_certifies_12_mois_avant, 0), 2) as taux_gain_12_mois_pct,
    round(100 * a.nb_perdues_12_mois / nullif(a.nb_certifies_12_mois_avant, 0), 2) as taux_perte_12_mois_pct,
    a.nb_organismes < 5 as petit_effectif
from annee as a
left join reference.region as r on a.code_region = r.code_region
order by a.mois, a.perimetre, a.code_region, a.categorie

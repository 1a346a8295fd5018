/*
La courbe de Lorenz des stagiaires, dans la nation et chaque région : la part qu'en ont les organismes
les plus petits, centième par centième. Organismes actifs seulement.
grain: perimetre, code, centile
colonnes:
  date_instantane: Date de la liste.
  perimetre: NATION ou REGION.
  code: Code de la région ; vide pour la nation.
  centile: De 0 à 100.
  nb_organismes: Nombre des plus petits organismes actifs pris : la partie entière de centile / 100 ×
    leur nombre.
  nb_stagiaires: Leurs stagiaires, valeurs absurdes comprises.
  nb_stagiaires_total: Stagiaires de tout le périmètre, valeurs absurdes comprises.
  part_stagiaires_pct: 100 × nb_stagiaires / nb_stagiaires_total.
  nb_stagiaires_bornes: Leurs stagiaires, chaque valeur ramenée à la borne de socle.bornage.
  nb_stagiaires_total_bornes: Stagiaires de tout le périmètre, chaque valeur ramenée à la borne de
    socle.bornage.
  part_stagiaires_bornee_pct: 100 × nb_stagiaires_bornes / nb_stagiaires_total_bornes.
  petit_effectif: Vrai si le périmètre a moins de 5 organismes actifs : la courbe n'y dit rien.
*/
with
actif as (
    select
        unnest(['NATION', 'REGION']) as perimetre,
        unnest([null, code_region]) as code,
        nb_stagiaires as x,
        nb_stagiaires_bornes as y
    from socle.activite
    where activite = 'ACTIF'
),

cumul as (
    select
        perimetre,
        code,
        row_number() over croissant as rang,
        sum(x) over croissant as x,
        sum(y) over croissant as y
    from actif
    where perimetre = 'NATION' or code is not null
    window
        croissant as (partition by perimetre, code order by x rows unbounded preceding)
),

total as (
    select
        perimetre,
        code,
        max(rang) as n,
        max(x) as x,
        max(y) as y
    from cumul
    group by perimetre, code
),

point as (
    select
        perimetre,
        code,
        n,
        x,
        y,
        unnest(range(0, 101)) as centile,
        n * unnest(range(0, 101)) // 100 as rang
    from total
)

select
    e.date_contenu as date_instantane,
    p.perimetre,
    p.code,
    p.centile,
    p.rang as nb_organismes,
    coalesce(c.x, 0)::bigint as nb_stagiaires,
    p.x::bigint as nb_stagiaires_total,
    round(100 * coalesce(c.x, 0) / p.x, 2) as part_stagiaires_pct,
    coalesce(c.y, 0)::bigint as nb_stagiaires_bornes,
    p.y::bigint as nb_stagiaires_total_bornes,
    round(100 * coalesce(c.y, 0) / p.y, 2) as part_stagiaires_bornee_pct,
    p.n < 5 as petit_effectif
from point as p
cross join execution.liste as e
left join cumul as c
    on p.perimetre = c.perimetre and coalesce(p.code, '') = coalesce(c.code, '') and p.rang = c.rang
order by p.perimetre, p.code, p.centile

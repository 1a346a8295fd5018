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
  part_stagiaires_pct: Leur part des stagiaires du périmètre, valeurs absurdes comprises.
  part_stagiaires_bornee_pct: La même part, valeurs ramenées à la borne de socle.bornage.
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
    round(100 * coalesce(c.x, 0) / p.x, 2) as part_stagiaires_pct,
    round(100 * coalesce(c.y, 0) / p.y, 2) as part_stagiaires_bornee_pct
from point as p
cross join execution.liste as e
left join cumul as c
    on p.perimetre = c.perimetre and coalesce(p.code, '') = coalesce(c.code, '') and p.rang = c.rang
order by p.perimetre, p.code, p.centile

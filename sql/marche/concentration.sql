/*
La concentration des stagiaires : ce que les plus gros organismes en prennent, dans la nation, chaque
région, chaque catégorie certifiée et chaque spécialité. Organismes actifs seulement : les dormants
feraient monter le Gini sans rien dire du marché. À côté de chaque chiffre, le même avec les valeurs
ramenées à la borne de socle.bornage, qu'une seule déclaration absurde ne peut pas faire.
grain: perimetre, code
colonnes:
  date_instantane: Date de la liste.
  perimetre: NATION, REGION, CATEGORIE (organismes certifiés pour elle) ou SPECIALITE (organismes qui
    la déclarent, à un rang quelconque).
  code: Code de la région, de la catégorie ou de la spécialité ; vide pour la nation.
  libelle: Son nom.
  nb_organismes: Organismes actifs du périmètre.
  gini_borne: Indice de Gini (0, parts égales ; 1, un seul a tout), valeurs ramenées à la borne de
    socle.bornage.
  gini: Indice de Gini, valeurs absurdes comprises.
  hhi_borne: Indice de Herfindahl-Hirschman (de 0 à 10 000), valeurs ramenées à la borne de
    socle.bornage.
  hhi: Indice de Herfindahl-Hirschman, valeurs absurdes comprises.
  part_top_1pct_bornee_pct: 100 × stagiaires_top_1pct_bornes / nb_stagiaires_bornes.
  part_top_1pct_pct: 100 × stagiaires_top_1pct / nb_stagiaires, valeurs absurdes comprises.
  part_top_10pct_bornee_pct: 100 × stagiaires_top_10pct_bornes / nb_stagiaires_bornes.
  part_top_10pct_pct: 100 × stagiaires_top_10pct / nb_stagiaires, valeurs absurdes comprises.
  part_top_100_bornee_pct: 100 × stagiaires_top_100_bornes / nb_stagiaires_bornes.
  part_top_100_pct: 100 × stagiaires_top_100 / nb_stagiaires, valeurs absurdes comprises.
  petit_effectif: Vrai si nb_organismes est inférieur à 5 : la concentration n'y dit rien.
  nb_stagiaires: Leurs stagiaires, valeurs absurdes comprises ; toutes actions confondues.
  nb_stagiaires_bornes: Leurs stagiaires, chaque valeur ramenée à la borne de socle.bornage.
  nb_top_1pct: Nombre d'organismes du premier centième, arrondi par excès.
  nb_top_10pct: Nombre d'organismes du premier dixième, arrondi par excès.
  nb_top_100: 100, ou tous les organismes s'ils sont moins.
  stagiaires_top_1pct: Stagiaires des nb_top_1pct plus gros, valeurs absurdes comprises.
  stagiaires_top_1pct_bornes: Stagiaires des nb_top_1pct plus gros, chaque valeur ramenée à la borne
    de socle.bornage.
  stagiaires_top_10pct: Stagiaires des nb_top_10pct plus gros, valeurs absurdes comprises.
  stagiaires_top_10pct_bornes: Stagiaires des nb_top_10pct plus gros, chaque valeur ramenée à la
    borne de socle.bornage.
  stagiaires_top_100: Stagiaires des nb_top_100 plus gros, valeurs absurdes comprises.
  stagiaires_top_100_bornes: Stagiaires des nb_top_100 plus gros, chaque valeur ramenée à la borne
    de socle.bornage.
*/
with
-- Each perimeter and the organisations that count in it.
membre as (
    select
        'NATION' as perimetre,
        null as code,
        nda
    from socle.activite
    union all
    select
        'REGION' as perimetre,
        code_region as code,
        nda
    from socle.activite
    where code_region is not null
    union all
    select
        'CATEGORIE' as perimetre,
        categorie as code,
        nda
    from socle.certification
    where certifie
    union all
    select distinct
        'SPECIALITE' as perimetre,
        code_nsf as code,
        nda
    from socle.specialite
    where code_nsf is not null
),

-- Bounding keeps the order, so that one ranking serves both.
classe as (
    select
        m.perimetre,
        m.code,
        a.nb_stagiaires as x,
        a.nb_stagiaires_bornes as y,
        row_number() over (partition by m.perimetre, m.code order by a.nb_stagiaires desc) as rang,
        count(*) over (partition by m.perimetre, m.code) as n
    from membre as m
    inner join socle.activite as a on m.nda = a.nda
    where a.activite = 'ACTIF'
),

somme as (
    select
        perimetre,
        code,
        count(*) as n,
        least(100, count(*)) as nb_top_100,
        ceil(count(*) / 100)::bigint as nb_top_1pct,
        ceil(count(*) / 10)::bigint as nb_top_10pct,
        sum(x) as total,
        sum(y) as total_borne,
        sum(x) filter (where rang <= ceil(n / 100)) as top_1,
        sum(x) filter (where rang <= ceil(n / 10)) as top_10,
        sum(x) filter (where rang <= 100) as top_100,
        sum(y) filter (where rang <= ceil(n / 100)) as top_1_borne,
        sum(y) filter (where rang <= ceil(n / 10)) as top_10_borne,
        sum(y) filter (where rang <= 100) as top_100_borne,
        -- Gini wants ascending ranks: the largest is the n-th.
        sum((n + 1 - rang) * x) as range_somme,
        sum((n + 1 - rang) * y) as range_somme_bornee,
        sum(x::double * x) as carres,
        sum(y::double * y) as carres_bornes
    from classe
    group by perimetre, code
)

select
    e.date_contenu as date_instantane,
    s.perimetre,
    s.code,
    case
        when s.perimetre = 'NATION' then 'France entière'
        else coalesce(r.region, c.libelle, f.libelle_nsf, 'Code inconnu (' || s.code || ')')
    end as libelle,
    s.n as nb_organismes,
    round(2 * s.range_somme_bornee / (s.n * s.total_borne) - (s.n + 1) / s.n, 4) as gini_borne,
    round(2 * s.range_somme / (s.n * s.total) - (s.n + 1) / s.n, 4) as gini,
    round(10000 * s.carres_bornes / (s.total_borne::double * s.total_borne), 1) as hhi_borne,
    round(10000 * s.carres / (s.total::double * s.total), 1) as hhi,
    round(100 * s.top_1_borne / s.total_borne, 2) as part_top_1pct_bornee_pct,
    round(100 * s.top_1 / s.total, 2) as part_top_1pct_pct,
    round(100 * s.top_10_borne / s.total_borne, 2) as part_top_10pct_bornee_pct,
    round(100 * s.top_10 / s.total, 2) as part_top_10pct_pct,
    round(100 * s.top_100_borne / s.total_borne, 2) as part_top_100_bornee_pct,
    round(100 * s.top_100 / s.total, 2) as part_top_100_pct,
    s.n < 5 as petit_effectif,
    s.total::bigint as nb_stagiaires,
    s.total_borne::bigint as nb_stagiaires_bornes,
    s.nb_top_1pct,
    s.nb_top_10pct,
    s.nb_top_100,
    s.top_1::bigint as stagiaires_top_1pct,
    s.top_1_borne::bigint as stagiaires_top_1pct_bornes,
    s.top_10::bigint as stagiaires_top_10pct,
    s.top_10_borne::bigint as stagiaires_top_10pct_bornes,
    s.top_100::bigint as stagiaires_top_100,
    s.top_100_borne::bigint as stagiaires_top_100_bornes
from somme as s
cross join execution.liste as e
left join reference.region as r on s.perimetre = 'REGION' and s.code = r.code_region
left join reference.categorie_action as c on s.perimetre = 'CATEGORIE' and s.code = c.action
left join reference.specialite_nsf as f on s.perimetre = 'SPECIALITE' and s.code = f.code_nsf
order by s.perimetre, s.code

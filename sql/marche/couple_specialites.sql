/*
Les spécialités déclarées ensemble : chaque couple rencontré, et ce qu'il a de plus que le hasard
(lift).
grain: code_nsf_a, code_nsf_b
colonnes:
  date_instantane: Date de la liste.
  rang: Rang par nb_organismes, puis par lift (1 : le couple le plus fréquent).
  code_nsf_a: Code NSF de la première, par ordre de code.
  libelle_nsf_a: Son libellé.
  code_nsf_b: Code NSF de la seconde.
  libelle_nsf_b: Son libellé.
  nb_organismes: Organismes qui déclarent les deux.
  lift: Rapport entre nb_organismes et ce que donnerait le hasard (nb_organismes_a × nb_organismes_b
    / nb_organismes_avec_specialite) : au-dessus de 1, elles vont ensemble.
  petit_effectif: Vrai si nb_organismes est inférieur à 5 : le lift n'y dit rien.
  nb_organismes_a: Organismes qui déclarent la première.
  nb_organismes_b: Organismes qui déclarent la seconde.
  nb_organismes_avec_specialite: Organismes qui déclarent une spécialité codée au moins.
  part_de_a_pct: 100 × nb_organismes / nb_organismes_a.
  part_de_b_pct: 100 × nb_organismes / nb_organismes_b.
*/
with
declaree as (
    select distinct
        nda,
        code_nsf
    from socle.specialite
    where code_nsf is not null
),

couple as (
    select
        a.code_nsf as code_nsf_a,
        b.code_nsf as code_nsf_b,
        count(*) as nb_organismes
    from declaree as a
    inner join declaree as b on a.nda = b.nda and a.code_nsf < b.code_nsf
    group by a.code_nsf, b.code_nsf
),

total as (
    select count(distinct nda) as nb_organismes
    from declaree
),

mesure as (
    select
        c.*,
        a.libelle_nsf as libelle_nsf_a,
        a.nb_organismes as nb_organismes_a,
        b.libelle_nsf as libelle_nsf_b,
        b.nb_organismes as nb_organismes_b,
        t.nb_organismes as nb_organismes_avec_specialite,
        c.nb_organismes * t.nb_organismes / (a.nb_organismes * b.nb_organismes) as lift
    from couple as c
    cross join total as t
    inner join reference.specialite_nsf as a on c.code_nsf_a = a.code_nsf
    inner join reference.specialite_nsf as b on c.code_nsf_b = b.code_nsf
)

select
    e.date_contenu as date_instantane,
    row_number() over (
        order by m.nb_organismes desc, m.lift desc, m.code_nsf_a asc, m.code_nsf_b asc
    ) as rang,
    m.code_nsf_a,
    m.libelle_nsf_a,
    m.code_nsf_b,
    m.libelle_nsf_b,
    m.nb_organismes,
    round(m.lift, 2) as lift,
    m.nb_organismes < 5 as petit_effectif,
    m.nb_organismes_a,
    m.nb_organismes_b,
    m.nb_organismes_avec_specialite,
    round(100 * m.nb_organismes / m.nb_organismes_a, 2) as part_de_a_pct,
    round(100 * m.nb_organismes / m.nb_organismes_b, 2) as part_de_b_pct
from mesure as m
cross join execution.liste as e
order by rang

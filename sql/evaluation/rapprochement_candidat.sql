/*
Les organismes à comparer à chaque nom cherché : ceux qui ont en commun un mot rare, un mot courant
dans le même département, deux mots courants, ou le début de la dénomination sans blancs.
grain: ligne, place
colonnes:
  ligne: Ligne de la demande.
  place: Ligne de portage.recherche.
*/
with
question as (
    select
        c.nda as ligne,
        c.cle,
        coalesce([c.code_departement], v.departements, []) as departements
    from evaluation.rapprochement_cle as c
    left join evaluation.rapprochement_commune as v on c.ville_cle = v.ville_cle
    where c.cle is not null
),

mot as (
    select
        q.ligne,
        e.mot,
        min(e.nombre) as nombre,
        row_number() over (partition by q.ligne order by min(e.nombre), e.mot) as rarete
    from (
        select
            ligne,
            unnest(list_distinct(string_split(cle, ' '))) as cherche
        from question
    ) as q
    inner join evaluation.rapprochement_equivalent as e on q.cherche = e.cherche
    where e.mot is not null
    group by q.ligne, e.mot
),

rare as (
    select
        m.ligne,
        l.place
    from mot as m
    inner join evaluation.rapprochement_mot as l on m.mot = l.mot
    where m.nombre <= 60 and m.rarete <= 8 or m.nombre <= 500 and m.rarete = 1
),

local as (
    select
        m.ligne,
        l.place
    from mot as m
    inner join (
        select
            ligne,
            unnest(departements) as code_departement
        from question
    ) as q on m.ligne = q.ligne
    inner join (
        select
            t.mot,
            t.place,
            r.code_departement
        from evaluation.rapprochement_mot as t
        inner join portage.recherche as r on t.place = r.rowid
        where t.nombre between 61 and 20000
    ) as l on m.mot = l.mot and q.code_departement = l.code_departement
    where m.nombre > 60 and m.rarete <= 2
),

paire as (
    select
        a.ligne,
        la.place
    from mot as a
    inner join mot as b on a.ligne = b.ligne and b.rarete = 2 and b.nombre > 60
    inner join evaluation.rapprochement_mot as la on a.mot = la.mot
    inner join evaluation.rapprochement_mot as lb on b.mot = lb.mot and la.place = lb.place
    where a.rarete = 1 and a.nombre between 501 and 3000
),

-- Words run together or cut; beginnings that many share say nothing.
commencement as (
    select
        rowid as place,
        left(replace(cle, ' ', ''), 9) as debut
    from portage.recherche
    qualify count(*) over (partition by debut) <= 60
),

debut as (
    select
        q.ligne,
        c.place
    from question as q
    inner join commencement as c on left(replace(q.cle, ' ', ''), 9) = c.debut
),

meme as (
    select
        q.ligne,
        r.rowid as place
    from question as q
    inner join portage.recherche as r on replace(q.cle, ' ', '') = replace(r.cle, ' ', '')
    qualify
        row_number()
            over (
                partition by q.ligne
                order by list_contains(q.departements, r.code_departement) desc, r.nda asc
            )
        <= 60
)

select
    ligne,
    place
from rare
union
select
    ligne,
    place
from local
union
select
    ligne,
    place
from paire
union
select
    ligne,
    place
from debut
union
select
    ligne,
    place
from meme

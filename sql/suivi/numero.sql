/*
Les numéros qui en remplacent un autre : inconnus jusque-là, et dont la ligne nomme un numéro connu
que la liste n'a plus. Un ancien numéro a un seul héritier, un héritier un seul ancien numéro.
grain: nouveau
colonnes:
  nouveau: Le nouveau numéro.
  ancien: Celui qu'il remplace.
*/
with
nomme as (
    select
        l.nda as nouveau,
        unnest(l.ndas_precedents) as ancien
    from suivi.lue as l
    where
        l.nda not in (
            select v.nda
            from suivi.version as v
            where v.valide_au is null
        )
),

choisi as (
    select
        n.nouveau,
        n.ancien
    from nomme as n
    inner join suivi.version as v on n.ancien = v.nda and v.valide_au is null
    where n.ancien not in (select l.nda from suivi.lue as l)
    qualify
        row_number() over (partition by n.nouveau order by v.listee desc, v.valide_du desc, n.ancien asc) = 1
)

select
    nouveau,
    ancien
from choisi
qualify row_number() over (partition by ancien order by nouveau asc) = 1

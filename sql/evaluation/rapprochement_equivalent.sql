/*
Chaque mot cherché et les mots de la liste qui peuvent être le même : lui-même, ou, s'il n'y est pas,
ceux qu'une ou deux fautes de frappe en séparent. Un mot qui porte un chiffre ne souffre aucune faute.
grain: cherche, mot
colonnes:
  cherche: Mot cherché.
  mot: Mot de la liste ; vide si aucun n'est proche.
  nombre: Dans combien de dénominations ce mot de la liste est.
  poids: Ce qu'il pèse.
  ressemblance: 1 pour le même mot, moins par faute.
*/
with
cherche as (
    select distinct unnest(string_split(cle, ' ')) as cherche
    from evaluation.rapprochement_cle
),

vocabulaire as (
    select
        mot,
        any_value(nombre) as nombre,
        any_value(poids) as poids
    from evaluation.rapprochement_mot
    group by mot
),

inconnu as (
    select
        c.cherche,
        v.nombre
    from cherche as c
    left join vocabulaire as v on c.cherche = v.mot
    where length(c.cherche) > 3 and not regexp_matches(c.cherche, '\d') and coalesce(v.nombre, 0) < 2
),

-- A mistake or two leave the beginning or the end of a word.
bout as (
    select
        mot,
        nombre,
        poids,
        unnest(['<' || left(mot, 3), '>' || right(mot, 3), '<' || left(mot, 2), '>' || right(mot, 2)]) as bout
    from vocabulaire
    where not regexp_matches(mot, '\d')
),

proche as (
    select distinct
        i.cherche,
        b.mot,
        b.nombre,
        b.poids
    from (
        select
            cherche,
            unnest(['<' || left(cherche, taille), '>' || right(cherche, taille)]) as bout
        from (
            select
                cherche,
                if(length(cherche) < 7, 2, 3) as taille
            from inconnu
        ) as m
    ) as i
    inner join bout as b on i.bout = b.bout
    where abs(length(i.cherche) - length(b.mot)) < 3
),

faute as (
    select
        *,
        damerau_levenshtein(cherche, mot) as fautes
    from proche
    where cherche <> mot
)

select
    cherche,
    mot,
    nombre,
    poids,
    (1 - fautes / length(cherche))::float as ressemblance
from faute
where fautes = 1 or (fautes = 2 and length(cherche) > 7)
union all
select
    c.cherche,
    v.mot,
    v.nombre,
    v.poids,
    1::float as ressemblance
from cherche as c
left join vocabulaire as v on c.cherche = v.mot

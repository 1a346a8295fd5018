/*
Chaque découpage du marché compte chaque organisme une fois, et une seule.
gravite: critique
*/
with
decoupage as (
    select
        'marche.par_region' as decoupage,
        sum(nb_organismes) as nb_organismes
    from marche.par_region
    union all
    select
        'marche.par_departement' as decoupage,
        sum(nb_organismes) as nb_organismes
    from marche.par_departement
    union all
    select
        'marche.combinaison_certifications' as decoupage,
        sum(nb_organismes) as nb_organismes
    from marche.combinaison_certifications
    union all
    select
        'marche.par_specialite' as decoupage,
        sum(nb_premiere) as nb_organismes
    from marche.par_specialite
    union all
    select
        'marche.par_taille' as decoupage,
        sum(nb_organismes) as nb_organismes
    from marche.par_taille
    union all
    select
        'marche.par_volume' as decoupage,
        sum(nb_organismes) as nb_organismes
    from marche.par_volume
    union all
    select
        'marche.anciennete_declaration' as decoupage,
        sum(nb_organismes) as nb_organismes
    from marche.anciennete_declaration
    union all
    select
        'socle.activite' as decoupage,
        count(*) as nb_organismes
    from socle.activite
)

select
    d.decoupage,
    coalesce(d.nb_organismes, 0)::bigint as nb_organismes,
    s.nb_organismes as nb_organismes_synthese
from decoupage as d
cross join marche.synthese as s
where coalesce(d.nb_organismes, 0) <> s.nb_organismes
order by d.decoupage

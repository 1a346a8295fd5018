/*
Ce que deviennent les nouveaux organismes : de ceux qui sont apparus un mois donné, combien sont encore
dans la liste, mois après mois.
grain: mois_apparition, anciennete_mois
colonnes:
  date_instantane: Dernière liste du mois observé.
  mois_apparition: Premier jour du mois d'apparition.
  anciennete_mois: Mois écoulés depuis l'apparition.
  nb_nouveaux: Organismes apparus ce mois-là (un changement de NDA n'en fait pas un nouveau).
  nb_listes: Ceux qui sont dans la liste à la fin du mois observé, sous ce numéro ou un autre.
  part_listes_pct: 100 × nb_listes / nb_nouveaux.
  petit_effectif: Vrai si nb_nouveaux est inférieur à 5.
*/
with
nouveau as (
    select
        lignee,
        date_trunc('month', min(date_constat))::date as mois
    from historique.evenement
    where type = 'APPARITION'
    group by lignee
),

mois as (
    select
        date_trunc('month', date_instantane)::date as mois,
        max(date_instantane) as date_instantane
    from historique.instantane
    group by all
),

cohorte as (
    select
        mois,
        count(*) as nb
    from nouveau
    group by mois
),

-- Each period counts from the month in which it begins, until that in which it ends.
mouvement as (
    select
        n.mois as mois_apparition,
        unnest([1, -1]) as signe,
        unnest([v.valide_du, v.valide_au]) as jour
    from nouveau as n
    inner join historique.organisme_version as v on n.lignee = v.lignee and v.listee
),

solde as (
    select
        mois_apparition,
        date_trunc('month', jour)::date as mois,
        sum(signe) as nb
    from mouvement
    where jour is not null
    group by all
)

select
    m.date_instantane,
    c.mois as mois_apparition,
    date_diff('month', c.mois, m.mois)::integer as anciennete_mois,
    c.nb as nb_nouveaux,
    sum(s.nb) over (partition by c.mois order by m.mois rows unbounded preceding)::bigint as nb_listes,
    round(100 * sum(s.nb) over (partition by c.mois order by m.mois rows unbounded preceding) / c.nb, 2)
        as part_listes_pct,
    c.nb < 5 as petit_effectif
from cohorte as c
inner join mois as m on c.mois <= m.mois
left join solde as s on c.mois = s.mois_apparition and m.mois = s.mois
order by c.mois, m.mois

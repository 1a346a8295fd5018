/*
Les organismes par nombre de stagiaires déclaré. Chaque organisme est dans une classe et une seule.
grain: classe_stagiaires
colonnes:
  date_instantane: Date de la liste.
  classe_stagiaires: Classe de volume : 0 (dormants), 1-10, 11-50, 51-100, 101-200, 201-500, 501-1000,
    1001-2000, 2001+ ; INCONNUE si la liste ne le dit pas.
  ordre: Rang de la classe.
  nb_organismes: Organismes de la classe.
  nb_organismes_total: Organismes de la liste.
  part_pct: 100 × nb_organismes / nb_organismes_total.
  nb_certification_connue: Ceux dont la certification est connue.
  nb_certifies: Ceux qui sont certifiés.
  part_certifies_pct: 100 × nb_certifies / nb_certification_connue.
  nb_stagiaires: Leurs stagiaires, valeurs absurdes comprises.
  nb_stagiaires_bornes: Leurs stagiaires, chaque valeur ramenée à la borne de socle.bornage.
  nb_stagiaires_total: Stagiaires de toute la liste, valeurs absurdes comprises.
  part_stagiaires_pct: 100 × nb_stagiaires / nb_stagiaires_total, valeurs absurdes comprises.
  nb_stagiaires_total_bornes: Stagiaires de toute la liste, chaque valeur ramenée à la borne de socle.bornage.
  part_stagiaires_bornee_pct: 100 × nb_stagiaires_bornes / nb_stagiaires_total_bornes.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
classe as (
    select
        unnest([
            '0', '1-10', '11-50', '51-100', '101-200', '201-500', '501-1000', '1001-2000', '2001+',
            'INCONNUE'
        ]) as classe_stagiaires,
        unnest(range(1, 11)) as ordre
)

select
    any_value(e.date_contenu) as date_instantane,
    c.classe_stagiaires,
    c.ordre::integer as ordre,
    count(a.nda) as nb_organismes,
    sum(count(a.nda)) over ()::bigint as nb_organismes_total,
    round(100 * count(a.nda) / nullif(sum(count(a.nda)) over (), 0), 2) as part_pct,
    count(a.est_certifie) as nb_certification_connue,
    count(*) filter (where a.est_certifie) as nb_certifies,
    round(100 * count(*) filter (where a.est_certifie) / nullif(count(a.est_certifie), 0), 2)
        as part_certifies_pct,
    coalesce(sum(a.nb_stagiaires), 0)::bigint as nb_stagiaires,
    coalesce(sum(a.nb_stagiaires_bornes), 0)::bigint as nb_stagiaires_bornes,
    coalesce(sum(sum(a.nb_stagiaires)) over (), 0)::bigint as nb_stagiaires_total,
    round(
        100 * coalesce(sum(a.nb_stagiaires), 0) / nullif(sum(sum(a.nb_stagiaires)) over (), 0), 2
    ) as part_stagiaires_pct,
    coalesce(sum(sum(a.nb_stagiaires_bornes)) over (), 0)::bigint as nb_stagiaires_total_bornes,
    round(
        100 * coalesce(sum(a.nb_stagiaires_bornes), 0)
        / nullif(sum(sum(a.nb_stagiaires_bornes)) over (), 0),
        2
    ) as part_stagiaires_bornee_pct,
    count(a.nda) < 5 as petit_effectif
from classe as c
cross join execution.liste as e
left join socle.activite as a on c.classe_stagiaires = a.classe_stagiaires
group by c.classe_stagiaires, c.ordre
having c.classe_stagiaires <> 'INCONNUE' or count(a.nda) > 0
order by c.ordre

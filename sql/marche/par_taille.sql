/*
Les organismes par effectif de formateurs déclaré. Chaque organisme est dans une classe et une seule.
Les classes 0 et 1 font les micro-structures ; d'autres définitions sont dans marche.micro_structures.
grain: classe_formateurs
colonnes:
  date_instantane: Date de la liste.
  classe_formateurs: Classe d'effectif : 0, 1, 2, 3-10, 11-20, 21-50, 51-100, 101+ ; INCONNUE si la
    liste ne le dit pas.
  ordre: Rang de la classe.
  nb_organismes: Organismes de la classe.
  nb_organismes_total: Organismes de la liste.
  part_pct: 100 × nb_organismes / nb_organismes_total.
  nb_certification_connue: Ceux dont la certification est connue.
  nb_certifies: Ceux qui sont certifiés.
  part_certifies_pct: 100 × nb_certifies / nb_certification_connue.
  nb_certifies_total: Organismes certifiés de toute la liste.
  part_des_certifies_pct: 100 × nb_certifies / nb_certifies_total.
  nb_actifs: Ceux qui déclarent au moins un stagiaire.
  nb_dormants: Ceux qui déclarent zéro stagiaire.
  nb_activite_inconnue: Ceux dont le nombre de stagiaires est vide ou illisible.
  nb_stagiaires: Leurs stagiaires, valeurs absurdes comprises.
  nb_stagiaires_bornes: Leurs stagiaires, chaque valeur ramenée à la borne de socle.bornage.
  moyenne_stagiaires: Moyenne de stagiaires par organisme, valeurs absurdes comprises.
  moyenne_stagiaires_bornee: Moyenne de stagiaires par organisme, chaque valeur ramenée à la borne
    de socle.bornage.
  mediane_stagiaires: Médiane de stagiaires par organisme.
  effectif_formateurs: Leurs formateurs, valeurs absurdes comprises.
  effectif_formateurs_borne: Leurs formateurs, chaque valeur ramenée à la borne de socle.bornage.
  nb_receveurs: Ceux à qui d'autres confient des stagiaires.
  est_micro: Vrai pour les classes des micro-structures (zéro ou un formateur) ; vide pour INCONNUE.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
classe as (
    select
        unnest(['0', '1', '2', '3-10', '11-20', '21-50', '51-100', '101+', 'INCONNUE']) as classe_formateurs,
        unnest(range(1, 10)) as ordre
)

select
    any_value(e.date_contenu) as date_instantane,
    c.classe_formateurs,
    c.ordre::integer as ordre,
    count(a.nda) as nb_organismes,
    sum(count(a.nda)) over ()::bigint as nb_organismes_total,
    round(100 * count(a.nda) / nullif(sum(count(a.nda)) over (), 0), 2) as part_pct,
    count(a.est_certifie) as nb_certification_connue,
    count(*) filter (where a.est_certifie) as nb_certifies,
    round(100 * count(*) filter (where a.est_certifie) / nullif(count(a.est_certifie), 0), 2)
        as part_certifies_pct,
    sum(count(*) filter (where a.est_certifie)) over ()::bigint as nb_certifies_total,
    round(
        100 * count(*) filter (where a.est_certifie)
        / nullif(sum(count(*) filter (where a.est_certifie)) over (), 0),
        2
    ) as part_des_certifies_pct,
    count(*) filter (where a.activite = 'ACTIF') as nb_actifs,
    count(*) filter (where a.activite = 'DORMANT') as nb_dormants,
    count(*) filter (where a.activite = 'INCONNUE') as nb_activite_inconnue,
    coalesce(sum(a.nb_stagiaires), 0)::bigint as nb_stagiaires,
    coalesce(sum(a.nb_stagiaires_bornes), 0)::bigint as nb_stagiaires_bornes,
    round(avg(a.nb_stagiaires), 2) as moyenne_stagiaires,
    round(avg(a.nb_stagiaires_bornes), 2) as moyenne_stagiaires_bornee,
    median(a.nb_stagiaires) as mediane_stagiaires,
    coalesce(sum(a.effectif_formateurs), 0)::bigint as effectif_formateurs,
    coalesce(sum(a.effectif_formateurs_borne), 0)::bigint as effectif_formateurs_borne,
    count(*) filter (where a.nb_stagiaires_confies > 0) as nb_receveurs,
    case when c.classe_formateurs <> 'INCONNUE' then c.classe_formateurs in ('0', '1') end as est_micro,
    count(a.nda) < 5 as petit_effectif
from classe as c
cross join execution.liste as e
left join socle.activite as a on c.classe_formateurs = a.classe_formateurs
group by c.classe_formateurs, c.ordre
having c.classe_formateurs <> 'INCONNUE' or count(a.nda) > 0
order by c.ordre

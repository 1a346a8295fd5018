/*
La fraîcheur des déclarations : quand les organismes ont déclaré leur activité pour la dernière fois,
mois par mois, et combien dorment. La campagne des bilans pédagogiques finit fin mai : qui n'a pas
déclaré depuis sort de la liste, puis y revient.
grain: annee, mois
colonnes:
  date_instantane: Date de la liste.
  annee: Année de la dernière déclaration ; vide si elle est inconnue ou illisible.
  mois: Mois, de 1 à 12.
  anciennete_mois: Mois écoulés de celui de la déclaration à celui de la liste.
  nb_organismes: Organismes dont la dernière déclaration est de ce mois.
  nb_organismes_total: Organismes de la liste.
  part_pct: 100 × nb_organismes / nb_organismes_total.
  nb_cumule: Organismes qui ont déclaré ce mois-là ou depuis.
  part_cumulee_pct: 100 × nb_cumule / nb_organismes_total.
  nb_certifies: Ceux du mois qui sont certifiés.
  nb_actifs: Ceux qui déclarent au moins un stagiaire.
  nb_dormants: Ceux qui déclarent zéro stagiaire.
  nb_activite_inconnue: Ceux dont le nombre de stagiaires est vide ou illisible.
  nb_activite_connue: Les autres : le dénominateur de la part de dormants.
  part_dormants_pct: 100 × nb_dormants / nb_activite_connue.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
compte as (
    select
        date_trunc('month', date_derniere_declaration) as mois,
        count(*) as nb_organismes,
        count(*) filter (where est_certifie) as nb_certifies,
        count(*) filter (where activite = 'ACTIF') as nb_actifs,
        count(*) filter (where activite = 'DORMANT') as nb_dormants,
        count(*) filter (where activite = 'INCONNUE') as nb_activite_inconnue
    from socle.activite
    group by all
),

cumul as (
    select
        *,
        sum(nb_organismes) over () as nb_total,
        case when mois is not null then sum(nb_organismes) over (order by mois desc nulls last) end
            as nb_cumule
    from compte
)

select
    e.date_contenu as date_instantane,
    year(c.mois)::integer as annee,
    month(c.mois)::integer as mois,
    date_diff('month', c.mois, e.date_contenu)::integer as anciennete_mois,
    c.nb_organismes,
    c.nb_total::bigint as nb_organismes_total,
    round(100 * c.nb_organismes / c.nb_total, 2) as part_pct,
    c.nb_cumule::bigint as nb_cumule,
    round(100 * c.nb_cumule / c.nb_total, 2) as part_cumulee_pct,
    c.nb_certifies,
    c.nb_actifs,
    c.nb_dormants,
    c.nb_activite_inconnue,
    c.nb_actifs + c.nb_dormants as nb_activite_connue,
    round(100 * c.nb_dormants / nullif(c.nb_actifs + c.nb_dormants, 0), 2) as part_dormants_pct,
    c.nb_organismes < 5 as petit_effectif
from cumul as c
cross join execution.liste as e
order by c.mois desc nulls last

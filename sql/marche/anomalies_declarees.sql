/*
Les valeurs douteuses ou absurdes que porte la liste, par règle, colonne et région, avec ce que pèsent les
organismes qui les déclarent : de quoi ne pas être trompé par un total. Le détail est dans
qualite.anomalie.
grain: regle, champ, code_region
colonnes:
  date_instantane: Date de la liste.
  regle: (qualite.anomalie)
  gravite: (qualite.anomalie)
  champ: (qualite.anomalie)
  message: (qualite.anomalie)
  code_region: Code de la région ; vide si la liste ne la dit pas.
  region: Nom de la région.
  nb_anomalies: Valeurs en cause.
  nb_organismes: Organismes en cause.
  nb_organismes_region: Organismes de la région.
  part_pct: 100 × nb_organismes / nb_organismes_region.
  nb_stagiaires: Stagiaires que déclarent les organismes en cause, valeurs absurdes comprises.
  nb_stagiaires_confies: Stagiaires confiés qu'ils déclarent, valeurs absurdes comprises.
  effectif_formateurs: Formateurs qu'ils déclarent, valeurs absurdes comprises.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
cause as (
    select
        regle,
        champ,
        nda,
        any_value(gravite) as gravite,
        any_value(message) as message,
        count(*) as nb_anomalies
    from qualite.anomalie
    group by regle, champ, nda
)

select
    e.date_contenu as date_instantane,
    c.regle,
    c.gravite,
    c.champ,
    c.message,
    t.code_region,
    t.region,
    sum(c.nb_anomalies)::bigint as nb_anomalies,
    count(*) as nb_organismes,
    t.nb_organismes as nb_organismes_region,
    round(100 * count(*) / t.nb_organismes, 2) as part_pct,
    coalesce(sum(a.nb_stagiaires), 0)::bigint as nb_stagiaires,
    coalesce(sum(a.nb_stagiaires_confies), 0)::bigint as nb_stagiaires_confies,
    coalesce(sum(a.effectif_formateurs), 0)::bigint as effectif_formateurs,
    count(*) < 5 as petit_effectif
from cause as c
inner join socle.activite as a on c.nda = a.nda
inner join marche.par_region as t on coalesce(a.code_region, '') = coalesce(t.code_region, '')
cross join execution.liste as e
group by
    e.date_contenu, c.regle, c.gravite, c.champ, c.message, t.code_region, t.region, t.nb_organismes
order by c.regle, c.champ, t.code_region

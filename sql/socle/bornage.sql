/*
Les bornes au-delà desquelles une valeur déclarée est ramenée, pour que quelques valeurs absurdes ou
géantes ne fassent pas les moyennes : le 99,9e centile national des valeurs positives. Les valeurs
d'origine restent dans socle.organisme, et chaque chiffre borné a son chiffre non borné à côté.
grain: mesure
colonnes:
  date_instantane: Date de la liste.
  mesure: STAGIAIRES, STAGIAIRES_CONFIES ou FORMATEURS.
  borne: Le 99,9e centile ; vide si aucune valeur n'est positive.
  nb_organismes: Organismes dont la valeur est connue.
  nb_organismes_bornes: Ceux dont la valeur dépasse la borne.
  total: Somme des valeurs déclarées.
  total_borne: Somme des valeurs ramenées à la borne.
*/
with
valeur as (
    select
        unnest(['STAGIAIRES', 'STAGIAIRES_CONFIES', 'FORMATEURS']) as mesure,
        unnest([nb_stagiaires, nb_stagiaires_confies, effectif_formateurs]) as nombre
    from socle.organisme
),

seuil as (
    select
        mesure,
        quantile_disc(nombre, 0.999) as borne
    from valeur
    where nombre > 0
    group by mesure
)

select
    l.date_contenu as date_instantane,
    m.mesure,
    any_value(s.borne) as borne,
    count(v.nombre) as nb_organismes,
    count(v.nombre) filter (where v.nombre > s.borne) as nb_organismes_bornes,
    coalesce(sum(v.nombre), 0)::bigint as total,
    -- « least » skips nulls: a value unknown would count for the bound.
    coalesce(sum(least(v.nombre, s.borne)) filter (where v.nombre is not null), 0)::bigint as total_borne
from (values ('STAGIAIRES'), ('STAGIAIRES_CONFIES'), ('FORMATEURS')) as m (mesure)
cross join execution.liste as l
left join valeur as v on m.mesure = v.mesure
left join seuil as s on m.mesure = s.mesure
group by l.date_contenu, m.mesure
order by m.mesure

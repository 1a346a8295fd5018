/*
Le marché de chaque région, à la date de la liste, comparé à la nation. Toutes les régions y sont,
même sans organisme ; le code 905, propre à la liste, n'a pas de population.
grain: code_region
colonnes:
  date_instantane: (marche.territoire)
  code_region: Code de la région ; vide si la liste ne la dit pas.
  region: Nom de la région.
  * sauf niveau, code: (marche.territoire)
  officielle: Vrai si le code est celui du Code officiel géographique.
*/
select
    t.date_instantane,
    t.code as code_region,
    coalesce(r.region, 'Code inconnu (' || t.code || ')', 'Non déterminée') as region,
    t.* exclude (date_instantane, niveau, code),
    coalesce(r.officielle, false) as officielle
from marche.territoire as t
left join reference.region as r on t.code = r.code_region
where t.niveau = 'REGION'
order by t.code

/*
Régions du Code officiel géographique de l'année, collectivités d'outre-mer comprises, et le code
905 propre à la liste.
grain: code_region
colonnes:
  code_region: Code de la région (texte).
  region: Nom de la région.
  officielle: Vrai si le code est celui du Code officiel géographique.
  population: Population légale, somme de celles des départements ; vide pour 905.
  source: D'où viennent le nom et la population.
*/
select
    r.code_region,
    r.region,
    r.officielle::boolean as officielle,
    sum(d.population::bigint)::bigint as population,
    r.source
from fichier.region as r
left join fichier.departement as d on r.code_region = d.code_region
group by all
order by r.code_region

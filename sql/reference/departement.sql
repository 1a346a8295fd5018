/*
Départements et collectivités d'outre-mer du Code officiel géographique de l'année. La population
est celle des communes, arrondissements municipaux non comptés une seconde fois.
grain: code_departement
colonnes:
  code_departement: Code du département (texte, 2A et 2B pour la Corse, trois chiffres outre-mer).
  departement: Nom du département.
  code_region: Code de sa région.
  population: Population légale.
  source: D'où viennent le nom et la population.
*/
select
    code_departement,
    departement,
    code_region,
    population::bigint as population,
    source
from fichier.departement
order by code_departement

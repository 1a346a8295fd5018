/*
Le marché de chaque département, à la date de la liste, comparé à la nation. Tous les départements y
sont, même sans organisme. Le département vient de l'adresse, à défaut du NDA : en Corse et
outre-mer, un organisme sans adresse peut n'en avoir aucun.
grain: code_departement
colonnes:
  date_instantane: (marche.territoire)
  code_departement: Code du département ; vide si ni l'adresse ni le NDA ne le disent.
  departement: Nom du département.
  code_region: Code de la région du département.
  region: Nom de la région du département.
  * sauf niveau, code: (marche.territoire)
*/
select
    t.date_instantane,
    t.code as code_departement,
    coalesce(d.departement, 'Code inconnu (' || t.code || ')', 'Non déterminé') as departement,
    d.code_region,
    r.region,
    t.* exclude (date_instantane, niveau, code)
from marche.territoire as t
left join reference.departement as d on t.code = d.code_departement
left join reference.region as r on d.code_region = r.code_region
where t.niveau = 'DEPARTEMENT'
order by t.code

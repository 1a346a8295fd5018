/*
Le département des communes, là où la liste ne connaît la commune que dans peu de départements.
grain: ville_cle
colonnes:
  ville_cle: Commune, comme dans portage.recherche.
  departements: Ses départements, trois au plus.
*/
select
    ville_cle,
    list_sort(list(distinct code_departement)) as departements
from portage.recherche
where ville_cle is not null and code_departement is not null
group by ville_cle
having count(distinct code_departement) < 4

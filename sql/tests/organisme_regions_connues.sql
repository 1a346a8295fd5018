/*
Chaque code de région de la liste a une ligne dans reference.region.
gravite: avertissement
*/
select
    nda,
    code_region
from socle.organisme
where
    code_region is not null
    and code_region not in (select r.code_region from reference.region as r)

/*
Chaque organisme a un profil de portage, et un seul.
gravite: critique
*/
select
    o.nda,
    count(p.nda) as nb
from socle.organisme as o
left join portage.profil as p on o.nda = p.nda
group by o.nda
having count(p.nda) <> 1

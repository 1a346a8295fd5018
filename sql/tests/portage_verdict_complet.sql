/*
Chaque profil a un verdict, et un seul, pour chaque rôle, financement et catégorie d'actions.
gravite: critique
*/
with
attendu as (
    select
        p.profil,
        r.role,
        f.financement,
        a.action
    from (select distinct profil from portage.profil) as p
    cross join (values ('sous_traitant'), ('porteur')) as r (role)
    cross join reference.financement as f
    cross join reference.categorie_action as a
)

select
    attendu.profil,
    attendu.role,
    attendu.financement,
    attendu.action,
    count(v.verdict) as nb
from attendu
left join portage.verdict_profil as v
    on
        attendu.profil = v.profil
        and attendu.role = v.role
        and attendu.financement = v.financement
        and attendu.action = v.action
group by all
having count(v.verdict) <> 1

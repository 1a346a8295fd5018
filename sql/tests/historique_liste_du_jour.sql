/*
Les périodes en cours à la date de la liste disent d'elle ce qu'en dit socle.organisme, où elles ne
se taisent pas.
gravite: critique
*/
with
liste as (
    select p.date_contenu as jour
    from meta.publication as p
    inner join historique.instantane as i on p.date_contenu = i.date_instantane and p.sha256 = i.sha256
),

periode as (
    select v.*
    from historique.organisme_version as v
    inner join liste as l on v.valide_du <= l.jour and coalesce(v.valide_au > l.jour, true)
    where v.listee
),

organisme as (
    select o.*
    from socle.organisme as o
    where exists (select l.jour from liste as l)
)

select coalesce(o.nda, v.nda) as nda
from organisme as o
full join periode as v on o.nda = v.nda
where
    o.nda is null
    or v.nda is null
    or o.denomination <> v.denomination
    or o.siren <> v.siren
    or o.ville <> v.ville
    or o.nb_stagiaires <> v.nb_stagiaires
    or o.certifie_action_formation <> v.certifie_action_formation
    or o.certifie_bilan_competences <> v.certifie_bilan_competences
    or o.certifie_vae <> v.certifie_vae
    or o.certifie_apprentissage <> v.certifie_apprentissage
order by nda

/*
Les raisons et avertissements de portage.eligibilite disent ce qui est constaté : aucun n'est l'énoncé
d'une exigence, ni ne garde une accolade.
gravite: critique
*/
select
    v.profil,
    v.role,
    v.financement,
    v.action,
    dit.phrase
from portage.verdict_profil as v
cross join lateral (select unnest(list_concat(v.raisons, v.avertissements)) as phrase) as dit
where
    dit.phrase in (select r.exigence from portage.regle as r)
    or regexp_matches(replace(replace(dit.phrase, '{nda}', ''), '{autre_nda}', ''), '[{}]')

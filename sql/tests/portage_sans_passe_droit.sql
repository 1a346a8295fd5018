/*
Sans rien de déclaré, aucun sous-traitant n'est éligible : la liste seule ne suffit jamais.
gravite: critique
*/
select
    profil,
    financement,
    action,
    verdict
from portage.verdict_profil
where role = 'sous_traitant' and verdict = 'ELIGIBLE'

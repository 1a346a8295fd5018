/*
La conclusion de chaque question : l'effet le plus fort de ses contrôles.
grain: ligne
colonnes:
  ligne: Question posée.
  verdict: NON_ELIGIBLE, A_VERIFIER, PIECES_MANQUANTES ou ELIGIBLE.
  statut_registre: Ce que la liste seule dit : SATISFAIT, NON_SATISFAIT ou INDETERMINE.
*/
select
    ligne,
    case
        when bool_or(effet = 'NON_ELIGIBLE') then 'NON_ELIGIBLE'
        when bool_or(effet = 'A_VERIFIER') then 'A_VERIFIER'
        when bool_or(effet = 'PIECES_MANQUANTES') then 'PIECES_MANQUANTES'
        else 'ELIGIBLE'
    end as verdict,
    case
        when bool_or(registre = 'NON_SATISFAIT') then 'NON_SATISFAIT'
        when bool_or(registre = 'INDETERMINE') then 'INDETERMINE'
        else 'SATISFAIT'
    end as statut_registre
from evaluation.controle
group by ligne

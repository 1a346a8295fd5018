/*
Ce qui est constaté des conditions propres au porteur.
grain: ligne
colonnes:
  ligne: Question posée.
  dispense_premier_cfa: Délai d'un premier CFA.
  porteur_edof: Référencement sur Mon Compte Formation.
  part_sous_traitee: Part sous-traitée de l'année.
  declaration_annuelle: Déclaration annuelle sur EDOF.
  meme_siren: Porteur et sous-traitant, une ou deux entités.
  apprentissage_cpf: Apprentissage payé par le CPF.
  apprentissage_autre: Apprentissage payé autrement que par l'OPCO.
*/
select
    c.ligne,
    case
        when c.fait.porteur_premiere_convention is null then 'CFA_NON_DIT'
        when c.fait.porteur_premiere_convention > c.date_convention then 'CFA_A_VENIR'
        -- The last day of each delay is within it.
        when
            c.fait.porteur_premiere_convention + to_months(c.parametre.delai_cfa) < c.date_convention
            then 'CFA_ANCIEN'
        when c.fait.porteur_contrat_certificateur is null then 'CFA_SANS_CERTIFICATEUR'
        when
            c.fait.porteur_contrat_certificateur
            > c.fait.porteur_premiere_convention + to_months(c.parametre.envoi_cfa)
            then 'CFA_ENVOI_TARDIF'
        when c.fait.porteur_contrat_certificateur > c.date_convention then 'CFA_SANS_CERTIFICATEUR'
        else 'CFA_DEBUTANT'
    end as dispense_premier_cfa,
    case
        when c.fait.porteur_edof then 'PORTEUR_EDOF_SATISFAIT'
        when not c.fait.porteur_edof then 'PORTEUR_EDOF_NON_SATISFAIT'
        else 'PORTEUR_EDOF_NON_DIT'
    end as porteur_edof,
    case
        when c.fait.part_sous_traitee is null then 'PART_NON_DITE'
        when c.fait.part_sous_traitee > c.parametre.part_max then 'PART_DEPASSEE'
        else 'PART_TENUE'
    end as part_sous_traitee,
    case
        when c.fait.declaration_annuelle then 'DECLARATION_ANNUELLE_OUI'
        when not c.fait.declaration_annuelle then 'DECLARATION_ANNUELLE_NON'
        else 'DECLARATION_ANNUELLE_NON_DIT'
    end as declaration_annuelle,
    case
        when
            porteur.siren = sous_traitant.siren
            or coalesce(porteur.nda, porteur.identifiant)
            = coalesce(sous_traitant.nda, sous_traitant.identifiant)
            then 'MEME_SIREN'
        when porteur.siren <> sous_traitant.siren then 'SIREN_DIFFERENTS'
        -- With the right number, perhaps that one, the two would be the same.
        when list_has_any(porteur.possibles, sous_traitant.possibles) then 'SIREN_VOISIN'
        else 'SIREN_INCONNU'
    end as meme_siren,
    'APPRENTISSAGE_HORS_CPF' as apprentissage_cpf,
    'APPRENTISSAGE_AUTRE' as apprentissage_autre
from evaluation.cas as c
inner join evaluation.partie as porteur on c.ligne = porteur.ligne and porteur.role = 'porteur'
left join evaluation.partie as sous_traitant
    on c.ligne = sous_traitant.ligne and sous_traitant.role = 'sous_traitant'

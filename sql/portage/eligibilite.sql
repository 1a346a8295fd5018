/*
Le verdict de portage de chaque organisme, pour chaque rôle, financement et catégorie d'actions, à
la date de la liste et sans rien de déclaré : ce que la liste permet de dire avant tout dossier.
« opac verifier » le précise avec les faits déclarés.
nature: vue
grain: nda, role, financement, action
colonnes:
  nda: (contrat)
  role: sous_traitant ou porteur.
  financement: Financement (voir reference.financement).
  action: Catégorie d'actions (voir reference.categorie_action).
  verdict: ELIGIBLE, PIECES_MANQUANTES, A_VERIFIER ou NON_ELIGIBLE.
  statut_registre: Ce que la liste seule dit : SATISFAIT, NON_SATISFAIT ou INDETERMINE.
  raisons: Ce qui est constaté et décide, tel que « opac verifier » le dit.
  pieces_manquantes: Noms des pièces à demander.
  avertissements: Ce qui est constaté et avertit.
*/
select
    p.nda,
    v.role,
    v.financement,
    v.action,
    v.verdict,
    v.statut_registre,
    list_transform(
        v.raisons, lambda x: replace(replace(x, '{nda}', p.nda), '{autre_nda}', coalesce(autre.nda, ''))
    ) as raisons,
    v.pieces_manquantes,
    list_transform(
        v.avertissements,
        lambda x: replace(replace(x, '{nda}', p.nda), '{autre_nda}', coalesce(autre.nda, ''))
    ) as avertissements
from portage.profil as p
inner join portage.verdict_profil as v on p.profil = v.profil
cross join lateral (
    select
        case v.action
            when 'ACTION_FORMATION' then p.autre_nda_action_formation
            when 'BILAN_COMPETENCES' then p.autre_nda_bilan_competences
            when 'VAE' then p.autre_nda_vae
            when 'APPRENTISSAGE' then p.autre_nda_apprentissage
        end as nda
) as autre

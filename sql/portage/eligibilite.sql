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
  raisons: Exigences qui décident.
  pieces_manquantes: Pièces à demander.
  avertissements: Exigences qui avertissent.
*/
select
    p.nda,
    v.role,
    v.financement,
    v.action,
    v.verdict,
    v.statut_registre,
    v.raisons,
    v.pieces_manquantes,
    v.avertissements
from portage.profil as p
inner join portage.verdict_profil as v on p.profil = v.profil

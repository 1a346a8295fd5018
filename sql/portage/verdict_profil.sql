/*
Le verdict de chaque profil (voir portage.profil) pour chaque financement et chaque catégorie
d'actions, à la date de la liste et sans rien de déclaré. La vue portage.eligibilite le donne par
organisme.
grain: profil, role, financement, action
colonnes:
  profil: Numéro du profil.
  role: sous_traitant ou porteur.
  financement: Financement (voir reference.financement).
  action: Catégorie d'actions (voir reference.categorie_action).
  verdict: ELIGIBLE, PIECES_MANQUANTES, A_VERIFIER ou NON_ELIGIBLE.
  statut_registre: Ce que la liste seule dit : SATISFAIT, NON_SATISFAIT ou INDETERMINE.
  regles: Exigences qui décident (voir portage.regle).
  raisons: Ces exigences en toutes lettres.
  pieces_manquantes: Pièces à demander.
  avertissements: Exigences qui avertissent, en toutes lettres.
*/
with
controle as (
    select
        c.ligne,
        c.effet,
        c.effet = k.verdict as decide,
        c.regle,
        r.ordre,
        r.exigence,
        p.libelle as piece
    from evaluation.controle as c
    inner join evaluation.conclusion as k on c.ligne = k.ligne
    inner join portage.regle as r on c.regle = r.regle
    left join portage.piece as p on c.piece = p.piece
),

liste as (
    select
        ligne,
        list(regle order by ordre) filter (where decide) as regles,
        list(exigence order by ordre) filter (where decide) as raisons,
        list(piece order by ordre) filter (where piece is not null) as pieces_manquantes,
        list(exigence order by ordre) filter (where effet = 'AVERTISSEMENT') as avertissements
    from controle
    group by ligne
)

select
    p.profil,
    q.role_juge as role,
    q.financement,
    q.action,
    k.verdict,
    k.statut_registre,
    coalesce(l.regles, []) as regles,
    coalesce(l.raisons, []) as raisons,
    coalesce(l.pieces_manquantes, []) as pieces_manquantes,
    coalesce(l.avertissements, []) as avertissements
from demande.candidat as q
inner join evaluation.conclusion as k on q.ligne = k.ligne
inner join liste as l on q.ligne = l.ligne
inner join portage.profil as p on p.nda = coalesce(q.nda, q.porteur)
order by p.profil, q.role_juge, q.financement, q.action

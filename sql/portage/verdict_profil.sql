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
  raisons: Ce qui est constaté et décide, tel que « opac verifier » le dit ; les numéros de l'organisme y
    restent entre accolades ({nda}, {autre_nda}), puisque le profil est à plusieurs.
  pieces_manquantes: Noms des pièces à demander.
  avertissements: Ce qui est constaté et avertit, de même.
*/
with
controle as (
    select
        c.ligne,
        c.effet,
        c.effet = k.verdict as decide,
        c.regle,
        c.ordre,
        c.constat,
        p.libelle as piece
    from evaluation.controle_dit as c
    inner join evaluation.conclusion as k on c.ligne = k.ligne
    left join portage.piece as p on c.piece = p.piece
),

liste as (
    select
        ligne,
        list(regle order by ordre) filter (where decide) as regles,
        list(constat order by ordre) filter (where decide) as raisons,
        list(piece order by ordre) filter (where piece is not null) as pieces_manquantes,
        list(constat order by ordre) filter (where effet = 'AVERTISSEMENT') as avertissements
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
left join liste as l on q.ligne = l.ligne
inner join portage.profil as p on p.nda = coalesce(q.nda, q.porteur)
order by p.profil, q.role_juge, q.financement, q.action

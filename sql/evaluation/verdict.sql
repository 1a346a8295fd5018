/*
Le verdict de chaque question en toutes lettres, une ligne par question.
grain: ligne
colonnes:
  ligne: Question posée.
  verdict: NON_ELIGIBLE, A_VERIFIER, PIECES_MANQUANTES ou ELIGIBLE.
  statut_registre: Ce que la liste seule dit : SATISFAIT, NON_SATISFAIT ou INDETERMINE.
  raisons: Phrases des contrôles qui décident.
  pieces: Noms des pièces qui manquent.
  avertissements: Phrases des avertissements.
  nda: Numéro sous lequel le sous-traitant est jugé.
  denomination: Sa dénomination.
  ville: Sa ville.
  qualite: Qualité du rapprochement.
  message: Ce que le rapprochement en dit.
  score: Proximité des noms, de 0 à 100.
  porteur_nda: Numéro sous lequel le porteur est jugé.
  porteur_denomination: Sa dénomination.
  prochaine_date: Prochaine date à surveiller.
  prochaine_echeance: Ce qui arrive ce jour-là.
  date_liste: Date de la liste du jour du contrat.
  sha256_liste: Son empreinte SHA-256.
  date_liste_convention: Date de la liste du jour de la convention, quand c'est un autre.
  sha256_liste_convention: Son empreinte SHA-256.
*/
with
dit as (
    select
        d.ligne,
        d.ordre,
        d.effet,
        d.effet = c.verdict as decide,
        case d.role when 'porteur' then 'Porteur : ' || d.constat else d.constat end as constat,
        case d.role when 'porteur' then 'Porteur : ' || p.libelle else p.libelle end as piece
    from evaluation.conclusion as c
    inner join evaluation.controle_dit as d on c.ligne = d.ligne
    left join portage.piece as p on d.piece = p.piece
    where d.effet is not null
),

reuni as (
    select
        ligne,
        list(constat order by ordre) filter (where decide) as raisons,
        list(constat order by ordre) filter (where effet = 'AVERTISSEMENT') as avertissements,
        list(piece order by ordre) filter (where piece is not null) as pieces
    from dit
    group by ligne
),

prochaine as (
    select
        ligne,
        min(date) as date,
        min_by(libelle, date) as libelle
    from evaluation.echeance
    group by ligne
)

select
    c.ligne,
    c.verdict,
    c.statut_registre,
    coalesce(d.raisons, []) as raisons,
    coalesce(d.pieces, []) as pieces,
    coalesce(d.avertissements, []) as avertissements,
    p.nda,
    p.denomination,
    p.ville,
    p.qualite,
    p.message,
    r.score,
    porteur.nda as porteur_nda,
    porteur.denomination as porteur_denomination,
    e.date as prochaine_date,
    e.libelle as prochaine_echeance,
    coalesce(p.date_liste, porteur.date_liste) as date_liste,
    coalesce(p.sha256, porteur.sha256) as sha256_liste,
    convention.date_liste as date_liste_convention,
    convention.sha256 as sha256_liste_convention
from evaluation.conclusion as c
left join reuni as d on c.ligne = d.ligne
left join evaluation.partie as p on c.ligne = p.ligne and p.role = 'sous_traitant'
left join evaluation.rapprochement as r on c.ligne = r.ligne and r.role = 'sous_traitant'
left join evaluation.partie as porteur on c.ligne = porteur.ligne and porteur.role = 'porteur'
left join evaluation.partie as convention on c.ligne = convention.ligne and convention.role = 'convention'
left join prochaine as e on c.ligne = e.ligne
order by c.ligne

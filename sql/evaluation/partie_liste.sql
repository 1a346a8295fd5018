/*
La liste sous laquelle chaque partie est regardée : celle du jour du contrat, et pour le certificat du
porteur celle du jour de la convention avec le financeur, quand c'est un autre.
grain: ligne, role
colonnes:
  ligne: Question posée.
  role: sous_traitant, porteur, ou convention : le porteur au jour de la convention.
  de: Rôle dans evaluation.rapprochement.
  date: Date à laquelle la partie est regardée.
  date_liste: (evaluation.liste)
  sha256: (evaluation.liste)
  revue_le: (evaluation.liste)
  liste_dite: (evaluation.liste)
  age_liste: (evaluation.liste)
  liste_perimee: (evaluation.liste)
  liste_passee: (evaluation.liste)
  nb_lignes: (evaluation.liste)
*/
with
regardee as (
    select
        ligne,
        'sous_traitant' as role,
        'sous_traitant' as de,
        date
    from evaluation.cas
    where juge_sous_traitant
    union all
    select
        ligne,
        'porteur' as role,
        'porteur' as de,
        date
    from evaluation.cas
    where juge_porteur
    union all
    select
        ligne,
        'convention' as role,
        'porteur' as de,
        date_convention as date
    from evaluation.cas
    where convention_a_part
)

select
    r.ligne,
    r.role,
    r.de,
    r.date,
    l.* exclude (date, suivi_avant)
from regardee as r
inner join evaluation.liste as l on r.date = l.date

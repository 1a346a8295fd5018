/*
La valeur de chaque paramètre aux dates des questions. Le plafond du régime micro-social y est deux
fois : le dernier confirmé, et celui de l'année, fût-il seulement annoncé.
grain: date
colonnes:
  date: Date d'une question.
  plafond: Dernier plafond confirmé du régime micro-social.
  plafond_annonce: Plafond de l'année.
  part_max: Part sous-traitée admise, en pour cent.
  age_vigilance: Âge d'expiration de l'attestation de vigilance, en mois.
  seuil_vigilance: Montant à partir duquel elle est due.
  heures_max: Durée d'un bilan.
  bilan_plafond: Ce que le CPF paie d'un bilan.
  bilan_delai: Délai entre deux bilans payés par le CPF, en années.
  fraicheur: Âge au-delà duquel la liste ne suffit plus, en jours.
  duree_certificat: Durée d'un certificat, en années.
  delai_cfa: Délai du CFA qui débute, en mois.
  actifs: Paramètres qui valent 1 à cette date.
*/
with
jour as (
    select distinct coalesce(d.date, contexte.aujourd_hui) as date
    from demande.candidat as c
    cross join demande.contexte as contexte
    left join evaluation.declare as d on c.ligne = d.ligne
),

valable as (
    select
        jour.date,
        p.parametre,
        p.valeur,
        p.statut,
        coalesce(p.valide_au >= jour.date, true) as en_vigueur,
        coalesce(p.valide_du, date '0001-01-01') as depuis
    from jour
    inner join portage.parametre as p on coalesce(jour.date >= p.valide_du, true)
)

select
    date,
    max_by(valeur, depuis) filter (
        where parametre = 'PLAFOND_MICRO_SOCIAL' and statut = 'CONFIRME'
    ) as plafond,
    max(valeur) filter (where parametre = 'PLAFOND_MICRO_SOCIAL' and en_vigueur) as plafond_annonce,
    max(valeur) filter (where parametre = 'PART_SOUS_TRAITEE_MAX' and en_vigueur) as part_max,
    max(valeur) filter (
        where parametre = 'AGE_ATTESTATION_VIGILANCE' and en_vigueur
    )::integer as age_vigilance,
    max(valeur) filter (where parametre = 'SEUIL_VIGILANCE' and en_vigueur) as seuil_vigilance,
    max(valeur) filter (where parametre = 'BILAN_HEURES_MAX' and en_vigueur) as heures_max,
    max(valeur) filter (where parametre = 'BILAN_PLAFOND_CPF' and en_vigueur) as bilan_plafond,
    max(valeur) filter (where parametre = 'BILAN_DELAI' and en_vigueur)::integer as bilan_delai,
    max(valeur) filter (where parametre = 'FRAICHEUR_LISTE' and en_vigueur)::integer as fraicheur,
    max(valeur) filter (
        where parametre = 'CERTIFICAT_DUREE' and en_vigueur
    )::integer as duree_certificat,
    max(valeur) filter (where parametre = 'PREMIER_CFA_DELAI' and en_vigueur)::integer as delai_cfa,
    coalesce(list(parametre) filter (where valeur = 1 and en_vigueur), []) as actifs
from valable
group by date

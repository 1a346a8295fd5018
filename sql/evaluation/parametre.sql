/*
La valeur de chaque paramètre aux dates des questions. Le plafond du régime micro-social y est trois
fois : celui de l'année, le plus haut des années voisines (les textes ne disent pas laquelle compte),
et le dernier dont le texte a été lu.
grain: date
colonnes:
  date: Date du contrat ou de la convention d'une question.
  plafond: Plafond du régime micro-social, de l'année.
  plafond_base: Le texte de ce plafond.
  plafond_voisin: Le plus haut, de l'année d'avant à celle d'après.
  plafond_lu: Le dernier dont le texte a été lu.
  part_max: Part sous-traitée admise, en pour cent.
  age_vigilance: Âge d'expiration de l'attestation de vigilance, en mois.
  seuil_vigilance: Montant à partir duquel elle est due.
  heures_max: Durée d'un bilan.
  bilan_plafond: Ce que le CPF paie d'un bilan.
  bilan_delai: Délai entre deux bilans payés par le CPF, en années.
  fraicheur: Âge au-delà duquel la liste ne suffit plus, en jours.
  duree_certificat: Durée d'un certificat, en années.
  delai_cfa: Délai d'un premier CFA, en mois.
  envoi_cfa: Délai d'envoi de son contrat avec un certificateur, en mois.
  age_recepisse: Âge au-delà duquel un récépissé n'explique plus une absence de la liste, en mois.
  actifs: Paramètres qui valent 1 à cette date.
*/
with
jour as (
    select coalesce(d.date, contexte.aujourd_hui) as date
    from demande.candidat as c
    cross join demande.contexte as contexte
    left join evaluation.declare as d on c.ligne = d.ligne
    union distinct
    select date_convention as date
    from evaluation.declare
    where date_convention is not null
),

valable as (
    select
        jour.date,
        p.parametre,
        p.valeur,
        p.statut,
        p.base_legale,
        coalesce(p.valide_du <= jour.date, true) and coalesce(p.valide_au >= jour.date, true) as en_vigueur,
        coalesce(year(p.valide_au) >= year(jour.date) - 1, true) as voisin,
        coalesce(p.valide_du, date '0001-01-01') as depuis
    from jour
    inner join portage.parametre as p
        on coalesce(year(p.valide_du) <= year(jour.date) + 1, true)
)

select
    date,
    max(valeur) filter (where parametre = 'PLAFOND_MICRO_SOCIAL' and en_vigueur) as plafond,
    any_value(base_legale) filter (
        where parametre = 'PLAFOND_MICRO_SOCIAL' and en_vigueur
    ) as plafond_base,
    max(valeur) filter (where parametre = 'PLAFOND_MICRO_SOCIAL' and voisin) as plafond_voisin,
    max_by(valeur, depuis) filter (
        where parametre = 'PLAFOND_MICRO_SOCIAL' and statut = 'CONFIRME' and depuis <= date
    ) as plafond_lu,
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
    max(valeur) filter (where parametre = 'PREMIER_CFA_ENVOI' and en_vigueur)::integer as envoi_cfa,
    max(valeur) filter (
        where parametre = 'AGE_RECEPISSE_NDA' and en_vigueur
    )::integer as age_recepisse,
    coalesce(list(parametre) filter (where valeur = 1 and en_vigueur), []) as actifs
from valable
group by date

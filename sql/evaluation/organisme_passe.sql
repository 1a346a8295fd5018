/*
Ce que les listes du passé disaient de ceux que l'on cherche : leurs numéros, ceux qui ont suivi ou précédé
les leurs, ceux de leur SIREN et ceux des voisins, tels que la liste du jour les portait.
grain: date_liste, nda
colonnes:
  date_liste: Date de la liste.
  nda: Numéro qu'elle portait.
  lignee: Premier numéro de l'organisme (voir historique.organisme_version).
  siren: SIREN.
  siren_valide: Vrai si le SIREN a neuf chiffres et une clé juste.
  denomination: Dénomination d'alors.
  ville: Commune d'alors.
  code_postal: Code postal d'alors.
  est_certifie: Vrai si une catégorie au moins était certifiée, vide si aucune liste ne l'avait dit.
  certifie_action_formation: (contrat)
  certifie_bilan_competences: (contrat)
  certifie_vae: (contrat)
  certifie_apprentissage: (contrat)
  personne_physique_presumee: Vrai si la dénomination commence par un titre de civilité.
*/
with
regardee as (
    select
        l.date_liste,
        r.siren,
        list_concat(
            r.ndas, r.voisins, [c.nda, c.identifiant], if(r.demande_par = 'NDA', [r.identifiant], [])
        ) as ndas
    from evaluation.partie_liste as l
    inner join evaluation.rapprochement as r on l.ligne = r.ligne and l.de = r.role
    left join demande.candidat as c on if(l.de = 'sous_traitant', l.ligne, null) = c.ligne
    where l.liste_passee
),

numero as (
    select distinct
        date_liste,
        nda
    from (
        select
            date_liste,
            trim(unnest(ndas)) as nda
        from regardee
    ) as n
    where nda is not null
),

-- Whoever bore one of these numbers, under whatever number and SIREN.
connu as (
    select distinct
        n.date_liste,
        v.lignee,
        v.siren
    from numero as n
    inner join historique.organisme_version as v on n.nda = v.nda
),

entite as (
    select
        date_liste,
        siren
    from connu
    where siren is not null
    union distinct
    select
        date_liste,
        siren
    from regardee
    where siren is not null
),

portee as (
    select
        c.date_liste,
        v.nda,
        v.valide_du
    from (
        select distinct
            date_liste,
            lignee
        from connu
    ) as c
    inner join historique.organisme_version as v
        on c.lignee = v.lignee and c.date_liste >= v.valide_du and coalesce(c.date_liste < v.valide_au, true)
    where v.listee
    union distinct
    select
        e.date_liste,
        v.nda,
        v.valide_du
    from entite as e
    inner join historique.organisme_version as v
        on e.siren = v.siren and e.date_liste >= v.valide_du and coalesce(e.date_liste < v.valide_au, true)
    where v.listee
)

select
    p.date_liste,
    v.nda,
    v.lignee,
    v.siren,
    coalesce(
        regexp_matches(v.siren, '^\d{9}$')
        and v.siren <> '000000000'
        and list_sum(string_split(
            translate(regexp_replace(lpad(v.siren, 14, '0'), '(.).', '\1', 'g'), '0123456789', '0246813579')
            || regexp_replace(lpad(v.siren, 14, '0'), '.(.)', '\1', 'g'), ''
        )::integer[]) % 10 = 0,
        false
    ) as siren_valide,
    v.denomination,
    v.ville,
    v.code_postal,
    case
        when
            v.certifie_action_formation
            or v.certifie_bilan_competences
            or v.certifie_vae
            or v.certifie_apprentissage
            then true
        when not list_contains(v.absentes, 'certifie_action_formation') then false
    end as est_certifie,
    v.certifie_action_formation,
    v.certifie_bilan_competences,
    v.certifie_vae,
    v.certifie_apprentissage,
    coalesce(
        regexp_matches(v.denomination, '(?i)^(monsieur|madame|mademoiselle|mme|mlle|m\.)\s'), false
    ) as personne_physique_presumee
from portee as p
inner join historique.organisme_version as v on p.nda = v.nda and p.valide_du = v.valide_du

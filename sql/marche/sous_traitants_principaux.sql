/*
Les principaux organismes à qui d'autres confient des stagiaires : les cent premiers de la nation et
les vingt premiers de chaque région et de chaque département. C'est un indice de sous-traitance, non
une recommandation : la qualité d'un sous-traitant ne se lit pas ici.
grain: nda
colonnes:
  date_instantane: Date de la liste.
  rang_national: Rang par stagiaires confiés dans la liste (1 : le plus).
  rang_region: Rang dans la région.
  rang_departement: Rang dans le département ; vide si le département n'est pas déterminé.
  nda: (contrat)
  denomination: Nom de l'organisme ; vide pour une personne physique présumée, c'est-à-dire dont le nom
    commence par un titre de civilité (donnée personnelle ; d'autres personnes physiques peuvent rester).
  code_departement: (socle.organisme)
  nb_stagiaires_confies: (contrat)
  nb_stagiaires: (contrat)
  ratio_confies_propres: nb_stagiaires_confies / nb_stagiaires ; vide sans stagiaire propre.
  est_certifie: (socle.organisme)
  siren: (socle.activite)
  code_region: (socle.activite)
  region: Nom de la région.
  departement: (socle.organisme)
  combinaison: (socle.activite)
  effectif_formateurs: (contrat)
  est_borne: Vrai si les stagiaires confiés dépassent la borne de socle.bornage : à vérifier.
*/
with
receveur as (
    select
        nda,
        row_number() over (order by nb_stagiaires_confies desc, nda asc) as rang_national,
        row_number() over (partition by code_region order by nb_stagiaires_confies desc, nda asc)
            as rang_region,
        row_number() over (partition by code_departement order by nb_stagiaires_confies desc, nda asc)
            as rang_departement
    from socle.activite
    where nb_stagiaires_confies > 0
)

select
    e.date_contenu as date_instantane,
    r.rang_national,
    case when a.code_region is not null then r.rang_region end as rang_region,
    case when a.code_departement is not null then r.rang_departement end as rang_departement,
    a.nda,
    case when not a.personne_physique_presumee then o.denomination end as denomination,
    a.code_departement,
    a.nb_stagiaires_confies,
    a.nb_stagiaires,
    round(a.nb_stagiaires_confies / nullif(a.nb_stagiaires, 0), 3) as ratio_confies_propres,
    a.est_certifie,
    a.siren,
    a.code_region,
    g.region,
    o.departement,
    a.combinaison,
    a.effectif_formateurs,
    a.nb_stagiaires_confies > a.nb_stagiaires_confies_bornes as est_borne
from receveur as r
inner join socle.activite as a on r.nda = a.nda
inner join socle.organisme as o on r.nda = o.nda
left join reference.region as g on a.code_region = g.code_region
cross join execution.liste as e
where
    r.rang_national <= 100
    or (a.code_region is not null and r.rang_region <= 20)
    or (a.code_departement is not null and r.rang_departement <= 20)
order by r.rang_national

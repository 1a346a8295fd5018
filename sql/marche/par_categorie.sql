/*
Les quatre catégories d'actions (article L.6313-1) : qui y est certifié, et ce que ces organismes
pèsent. Un organisme certifié pour deux catégories compte dans les deux ; ses stagiaires sont ceux de
tout l'organisme, la liste ne les répartit pas.
grain: categorie
colonnes:
  date_instantane: Date de la liste.
  categorie: (socle.certification)
  libelle: Nom de la catégorie.
  nb_organismes: Organismes certifiés pour la catégorie.
  nb_certifies: Organismes certifiés pour une catégorie au moins.
  part_des_certifies_pct: 100 × nb_organismes / nb_certifies.
  nb_exclusifs: Certifiés pour cette catégorie seule.
  part_exclusifs_pct: 100 × nb_exclusifs / nb_organismes.
  nb_non: Organismes dont la liste dit qu'ils ne sont pas certifiés pour elle (le drapeau vaut faux).
  nb_entites: Entités juridiques (SIREN valides distincts) certifiées pour elle.
  nb_actifs: Ceux qui déclarent au moins un stagiaire.
  nb_stagiaires: Leurs stagiaires, toutes actions confondues, valeurs absurdes comprises.
  nb_stagiaires_bornes: Leurs stagiaires, toutes actions confondues, chaque valeur ramenée à la
    borne de socle.bornage.
  mediane_stagiaires_actifs: Médiane de stagiaires par organisme actif.
  mediane_formateurs: Médiane de formateurs par organisme.
  nb_micro: Micro-structures (zéro ou un formateur déclaré).
  nb_effectif_connu: Ceux dont l'effectif de formateurs est connu.
  part_micro_pct: 100 × nb_micro / nb_effectif_connu.
  nb_receveurs: Ceux à qui d'autres confient des stagiaires.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
total as (
    select count(*) filter (where est_certifie) as nb_certifies
    from socle.activite
),

certifie as (
    select
        c.categorie,
        count(*) filter (where c.certifie) as nb_organismes,
        count(*) filter (where c.certifie and a.combinaison = c.categorie) as nb_exclusifs,
        count(*) filter (where not c.certifie) as nb_non,
        count(distinct a.siren) filter (where c.certifie) as nb_entites,
        count(*) filter (where c.certifie and a.activite = 'ACTIF') as nb_actifs,
        sum(a.nb_stagiaires) filter (where c.certifie) as nb_stagiaires,
        sum(a.nb_stagiaires_bornes) filter (where c.certifie) as nb_stagiaires_bornes,
        median(a.nb_stagiaires) filter (where c.certifie and a.nb_stagiaires > 0)
            as mediane_stagiaires_actifs,
        median(a.effectif_formateurs) filter (where c.certifie) as mediane_formateurs,
        count(*) filter (where c.certifie and a.est_micro) as nb_micro,
        count(a.est_micro) filter (where c.certifie) as nb_effectif_connu,
        count(*) filter (where c.certifie and a.nb_stagiaires_confies > 0) as nb_receveurs
    from socle.certification as c
    inner join socle.activite as a on c.nda = a.nda
    group by c.categorie
)

select
    e.date_contenu as date_instantane,
    r.action as categorie,
    r.libelle,
    coalesce(c.nb_organismes, 0) as nb_organismes,
    t.nb_certifies,
    round(100 * coalesce(c.nb_organismes, 0) / nullif(t.nb_certifies, 0), 2) as part_des_certifies_pct,
    coalesce(c.nb_exclusifs, 0) as nb_exclusifs,
    round(100 * c.nb_exclusifs / nullif(c.nb_organismes, 0), 2) as part_exclusifs_pct,
    coalesce(c.nb_non, 0) as nb_non,
    coalesce(c.nb_entites, 0) as nb_entites,
    coalesce(c.nb_actifs, 0) as nb_actifs,
    coalesce(c.nb_stagiaires, 0)::bigint as nb_stagiaires,
    coalesce(c.nb_stagiaires_bornes, 0)::bigint as nb_stagiaires_bornes,
    c.mediane_stagiaires_actifs,
    c.mediane_formateurs,
    coalesce(c.nb_micro, 0) as nb_micro,
    coalesce(c.nb_effectif_connu, 0) as nb_effectif_connu,
    round(100 * c.nb_micro / nullif(c.nb_effectif_connu, 0), 2) as part_micro_pct,
    coalesce(c.nb_receveurs, 0) as nb_receveurs,
    coalesce(c.nb_organismes, 0) < 5 as petit_effectif
from reference.categorie_action as r
cross join total as t
cross join execution.liste as e
left join certifie as c on r.action = c.categorie
order by nb_organismes desc, categorie asc

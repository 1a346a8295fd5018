/*
Les mêmes chiffres pour la nation, chaque région et chaque département : la matière de
marche.synthese, marche.par_region et marche.par_departement, sous une seule forme. Un lieu sans
organisme a sa ligne, à zéro ; un code de la liste inconnu de la référence a la sienne ; le lieu non
déterminé (code vide) aussi, quand il y en a.
grain: niveau, code
colonnes:
  date_instantane: Date de la liste.
  niveau: NATION, REGION ou DEPARTEMENT.
  code: Code de la région ou du département ; vide pour la nation et pour le lieu non déterminé.
  nb_organismes: Organismes de la liste (un par NDA).
  nb_organismes_pour_100k: Organismes pour 100 000 habitants (100 000 × nb_organismes / population).
  indice_densite: nb_organismes_pour_100k, la nation valant 100.
  rang_densite: Rang par nb_organismes_pour_100k dans le niveau (1 : la plus forte densité), parmi les
    lieux du Code officiel géographique, petits effectifs exclus.
  nb_certifies: Organismes certifiés Qualiopi pour une catégorie au moins.
  part_certifies_pct: 100 × nb_certifies / nb_certification_connue.
  indice_part_certifies: part_certifies_pct, la nation valant 100.
  rang_part_certifies: Rang par part_certifies_pct dans le niveau, parmi les mêmes lieux.
  nb_certifies_bilan_competences: Certifiés pour les bilans de compétences.
  nb_bilan_pour_100k: Certifiés pour les bilans de compétences, pour 100 000 habitants ; vide de même.
  indice_densite_bilan: nb_bilan_pour_100k, la nation valant 100.
  rang_densite_bilan: Rang par nb_bilan_pour_100k dans le niveau, parmi les mêmes lieux.
  nb_actifs: Organismes qui déclarent au moins un stagiaire.
  part_actifs_pct: 100 × nb_actifs / nb_activite_connue.
  petit_effectif: Vrai si nb_organismes est inférieur à 5 : taux et moyennes n'y disent rien.
  population: Population légale (année et source dans reference.departement) ; vide pour un lieu hors du
    Code officiel géographique.
  nb_entites: Entités juridiques (SIREN valides distincts).
  nb_certification_inconnue: Organismes dont la liste ne permet pas de dire s'ils sont certifiés.
  nb_certification_connue: Les autres : le dénominateur des parts de certifiés.
  nb_certifies_action_formation: Certifiés pour les actions de formation.
  nb_certifies_vae: Certifiés pour la VAE.
  nb_certifies_apprentissage: Certifiés pour l'apprentissage.
  part_bilan_competences_pct: 100 × nb_certifies_bilan_competences / nb_certification_connue.
  nb_dormants: Organismes qui déclarent zéro stagiaire.
  nb_activite_inconnue: Organismes dont le nombre de stagiaires est vide ou illisible.
  nb_activite_connue: Les autres : le dénominateur de la part d'actifs.
  nb_actifs_certifies: Organismes actifs et certifiés.
  nb_candidats_portage: Portés possibles : organismes actifs, certifiés pour aucune catégorie
    (détail par catégorie et département dans marche.besoin_portage).
  nb_candidats_deja_sous_traitants: Ceux d'entre eux à qui d'autres confient déjà des stagiaires.
  nb_stagiaires: Stagiaires déclarés, somme, valeurs absurdes comprises.
  nb_stagiaires_bornes: Stagiaires déclarés, somme, chaque valeur ramenée à la borne de socle.bornage.
  nb_stagiaires_confies: Stagiaires confiés par un autre organisme, somme, valeurs absurdes comprises ;
    ce n'est pas une partie de nb_stagiaires.
  nb_stagiaires_confies_bornes: Stagiaires confiés par un autre organisme, somme, chaque valeur
    ramenée à la borne de socle.bornage.
  effectif_formateurs: Formateurs déclarés, somme, valeurs absurdes comprises.
  effectif_formateurs_borne: Formateurs déclarés, somme, chaque valeur ramenée à la borne de socle.bornage.
  moyenne_stagiaires: Moyenne de stagiaires par organisme, valeurs absurdes comprises.
  moyenne_stagiaires_bornee: Moyenne de stagiaires par organisme, chaque valeur ramenée à la borne
    de socle.bornage.
  mediane_stagiaires: Médiane de stagiaires par organisme.
  mediane_stagiaires_actifs: Médiane de stagiaires par organisme actif.
  moyenne_formateurs: Moyenne de formateurs par organisme, valeurs absurdes comprises.
  moyenne_formateurs_bornee: Moyenne de formateurs par organisme, chaque valeur ramenée à la borne
    de socle.bornage.
  mediane_formateurs: Médiane de formateurs par organisme.
  nb_avec_adresse: Organismes dont le code postal est connu.
  part_avec_adresse_pct: 100 × nb_avec_adresse / nb_organismes.
  nb_micro: Micro-structures : zéro ou un formateur déclaré (autres définitions dans
    marche.micro_structures).
  nb_effectif_connu: Organismes dont l'effectif de formateurs est connu.
  part_micro_pct: 100 × nb_micro / nb_effectif_connu.
  nb_micro_certifiees: Micro-structures certifiées.
  nb_micro_certification_connue: Micro-structures dont la certification est connue.
  part_micro_certifiees_pct: 100 × nb_micro_certifiees / nb_micro_certification_connue.
  nb_organismes_nation: Organismes de toute la liste : le dénominateur de la part nationale.
  part_nationale_pct: 100 × nb_organismes / nb_organismes_nation.
  nb_certifies_pour_100k: Certifiés pour 100 000 habitants ; vide si aucune certification n'est connue.
*/
with
-- An organisation counts in three places: the nation, its region, its department.
present as (
    select
        a.*,
        unnest(['NATION', 'REGION', 'DEPARTEMENT']) as niveau,
        unnest([null, a.code_region, a.code_departement]) as code
    from socle.activite as a
),

compte as (
    select
        niveau,
        code,
        count(*) as nb_organismes,
        count(distinct siren) as nb_entites,
        count(*) filter (where est_certifie) as nb_certifies,
        count(*) - count(est_certifie) as nb_certification_inconnue,
        count(*) filter (where certifie_action_formation) as nb_certifies_action_formation,
        count(*) filter (where certifie_bilan_competences) as nb_certifies_bilan_competences,
        count(*) filter (where certifie_vae) as nb_certifies_vae,
        count(*) filter (where certifie_apprentissage) as nb_certifies_apprentissage,
        count(*) filter (where activite = 'ACTIF') as nb_actifs,
        count(*) filter (where activite = 'DORMANT') as nb_dormants,
        count(*) filter (where activite = 'INCONNUE') as nb_activite_inconnue,
        count(*) filter (where activite = 'ACTIF' and est_certifie) as nb_actifs_certifies,
        count(*) filter (where activite = 'ACTIF' and not est_certifie) as nb_candidats_portage,
        count(*) filter (where activite = 'ACTIF' and not est_certifie and nb_stagiaires_confies > 0)
            as nb_candidats_deja_sous_traitants,
        sum(nb_stagiaires) as nb_stagiaires,
        sum(nb_stagiaires_bornes) as nb_stagiaires_bornes,
        sum(nb_stagiaires_confies) as nb_stagiaires_confies,
        sum(nb_stagiaires_confies_bornes) as nb_stagiaires_confies_bornes,
        sum(effectif_formateurs) as effectif_formateurs,
        sum(effectif_formateurs_borne) as effectif_formateurs_borne,
        avg(nb_stagiaires) as moyenne_stagiaires,
        avg(nb_stagiaires_bornes) as moyenne_stagiaires_bornee,
        median(nb_stagiaires) as mediane_stagiaires,
        median(nb_stagiaires) filter (where nb_stagiaires > 0) as mediane_stagiaires_actifs,
        avg(effectif_formateurs) as moyenne_formateurs,
        avg(effectif_formateurs_borne) as moyenne_formateurs_bornee,
        median(effectif_formateurs) as mediane_formateurs,
        count(*) filter (where avec_adresse) as nb_avec_adresse,
        count(*) filter (where est_micro) as nb_micro,
        count(est_micro) as nb_effectif_connu,
        count(*) filter (where est_micro and est_certifie) as nb_micro_certifiees,
        count(est_certifie) filter (where est_micro) as nb_micro_certification_connue
    from present
    group by niveau, code
),

lieu as (
    select
        'NATION' as niveau,
        null as code,
        sum(population)::bigint as population
    from reference.region
    union all
    select
        'REGION' as niveau,
        code_region as code,
        population
    from reference.region
    union all
    select
        'DEPARTEMENT' as niveau,
        code_departement as code,
        population
    from reference.departement
),

chiffre as (
    select
        coalesce(l.niveau, c.niveau) as niveau,
        coalesce(l.code, c.code) as code,
        l.population,
        coalesce(c.nb_organismes, 0) as nb_organismes,
        coalesce(c.nb_entites, 0) as nb_entites,
        coalesce(c.nb_certifies, 0) as nb_certifies,
        coalesce(c.nb_certification_inconnue, 0) as nb_certification_inconnue,
        coalesce(c.nb_organismes - c.nb_certification_inconnue, 0) as nb_certification_connue,
        coalesce(c.nb_certifies_action_formation, 0) as nb_certifies_action_formation,
        coalesce(c.nb_certifies_bilan_competences, 0) as nb_certifies_bilan_competences,
        coalesce(c.nb_certifies_vae, 0) as nb_certifies_vae,
        coalesce(c.nb_certifies_apprentissage, 0) as nb_certifies_apprentissage,
        coalesce(c.nb_actifs, 0) as nb_actifs,
        coalesce(c.nb_dormants, 0) as nb_dormants,
        coalesce(c.nb_activite_inconnue, 0) as nb_activite_inconnue,
        coalesce(c.nb_actifs + c.nb_dormants, 0) as nb_activite_connue,
        coalesce(c.nb_actifs_certifies, 0) as nb_actifs_certifies,
        coalesce(c.nb_candidats_portage, 0) as nb_candidats_portage,
        coalesce(c.nb_candidats_deja_sous_traitants, 0) as nb_candidats_deja_sous_traitants,
        coalesce(c.nb_stagiaires, 0)::bigint as nb_stagiaires,
        coalesce(c.nb_stagiaires_bornes, 0)::bigint as nb_stagiaires_bornes,
        coalesce(c.nb_stagiaires_confies, 0)::bigint as nb_stagiaires_confies,
        coalesce(c.nb_stagiaires_confies_bornes, 0)::bigint as nb_stagiaires_confies_bornes,
        coalesce(c.effectif_formateurs, 0)::bigint as effectif_formateurs,
        coalesce(c.effectif_formateurs_borne, 0)::bigint as effectif_formateurs_borne,
        round(c.moyenne_stagiaires, 2) as moyenne_stagiaires,
        round(c.moyenne_stagiaires_bornee, 2) as moyenne_stagiaires_bornee,
        c.mediane_stagiaires,
        c.mediane_stagiaires_actifs,
        round(c.moyenne_formateurs, 2) as moyenne_formateurs,
        round(c.moyenne_formateurs_bornee, 2) as moyenne_formateurs_bornee,
        c.mediane_formateurs,
        coalesce(c.nb_avec_adresse, 0) as nb_avec_adresse,
        coalesce(c.nb_micro, 0) as nb_micro,
        coalesce(c.nb_effectif_connu, 0) as nb_effectif_connu,
        coalesce(c.nb_micro_certifiees, 0) as nb_micro_certifiees,
        coalesce(c.nb_micro_certification_connue, 0) as nb_micro_certification_connue
    from lieu as l
    full join compte as c on l.niveau = c.niveau and coalesce(l.code, '') = coalesce(c.code, '')
),

-- Not rounded: indices and ranks are made of these.
taux as (
    select
        *,
        nb_certifies / nullif(nb_certification_connue, 0) as part_certifies,
        nb_organismes / nullif(population, 0) as densite,
        -- What is no place (undetermined, 905) or says nothing has no rank and takes none.
        niveau <> 'NATION' and population is not null and nb_organismes >= 5 as classe,
        -- Nobody known to be certified is not nobody certified.
        case
            when nb_organismes = 0 or nb_certification_connue > 0
                then nb_certifies / nullif(population, 0)
        end as densite_certifies,
        case
            when nb_organismes = 0 or nb_certification_connue > 0
                then nb_certifies_bilan_competences / nullif(population, 0)
        end as densite_bilan
    from chiffre
),

nation as (
    select
        nb_organismes,
        part_certifies,
        densite,
        densite_bilan
    from taux
    where niveau = 'NATION'
)

select
    e.date_contenu as date_instantane,
    t.niveau,
    t.code,
    t.nb_organismes,
    round(100000 * t.densite, 2) as nb_organismes_pour_100k,
    round(100 * t.densite / nullif(n.densite, 0), 1) as indice_densite,
    case
        when t.classe and t.densite is not null
            then rank() over (par_niveau order by t.densite desc nulls last)
    end as rang_densite,
    t.nb_certifies,
    round(100 * t.part_certifies, 2) as part_certifies_pct,
    round(100 * t.part_certifies / nullif(n.part_certifies, 0), 1) as indice_part_certifies,
    case
        when t.classe and t.part_certifies is not null
            then rank() over (par_niveau order by t.part_certifies desc nulls last)
    end as rang_part_certifies,
    t.nb_certifies_bilan_competences,
    round(100000 * t.densite_bilan, 2) as nb_bilan_pour_100k,
    round(100 * t.densite_bilan / nullif(n.densite_bilan, 0), 1) as indice_densite_bilan,
    case
        when t.classe and t.densite_bilan is not null
            then rank() over (par_niveau order by t.densite_bilan desc nulls last)
    end as rang_densite_bilan,
    t.nb_actifs,
    round(100 * t.nb_actifs / nullif(t.nb_activite_connue, 0), 2) as part_actifs_pct,
    t.nb_organismes < 5 as petit_effectif,
    t.population,
    t.nb_entites,
    t.nb_certification_inconnue,
    t.nb_certification_connue,
    t.nb_certifies_action_formation,
    t.nb_certifies_vae,
    t.nb_certifies_apprentissage,
    round(100 * t.nb_certifies_bilan_competences / nullif(t.nb_certification_connue, 0), 2)
        as part_bilan_competences_pct,
    t.nb_dormants,
    t.nb_activite_inconnue,
    t.nb_activite_connue,
    t.nb_actifs_certifies,
    t.nb_candidats_portage,
    t.nb_candidats_deja_sous_traitants,
    t.nb_stagiaires,
    t.nb_stagiaires_bornes,
    t.nb_stagiaires_confies,
    t.nb_stagiaires_confies_bornes,
    t.effectif_formateurs,
    t.effectif_formateurs_borne,
    t.moyenne_stagiaires,
    t.moyenne_stagiaires_bornee,
    t.mediane_stagiaires,
    t.mediane_stagiaires_actifs,
    t.moyenne_formateurs,
    t.moyenne_formateurs_bornee,
    t.mediane_formateurs,
    t.nb_avec_adresse,
    round(100 * t.nb_avec_adresse / nullif(t.nb_organismes, 0), 2) as part_avec_adresse_pct,
    t.nb_micro,
    t.nb_effectif_connu,
    round(100 * t.nb_micro / nullif(t.nb_effectif_connu, 0), 2) as part_micro_pct,
    t.nb_micro_certifiees,
    t.nb_micro_certification_connue,
    round(100 * t.nb_micro_certifiees / nullif(t.nb_micro_certification_connue, 0), 2)
        as part_micro_certifiees_pct,
    n.nb_organismes as nb_organismes_nation,
    round(100 * t.nb_organismes / nullif(n.nb_organismes, 0), 2) as part_nationale_pct,
    round(100000 * t.densite_certifies, 2) as nb_certifies_pour_100k
from taux as t
cross join nation as n
cross join execution.liste as e
window par_niveau as (partition by t.niveau, t.classe)
order by t.niveau, t.code

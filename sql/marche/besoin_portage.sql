/*
Le marché du portage : où sont les portés possibles (organismes actifs sans certification) et les
porteurs possibles (certifiés pour la catégorie), par catégorie et département. La loi ne limite pas
un porteur à son département : la tension dit où il manque, non où il est impossible d'en trouver.
L'éligibilité de chacun est dans portage.eligibilite.
grain: categorie, code_departement
colonnes:
  date_instantane: Date de la liste.
  categorie: (socle.certification)
  rang: Rang de tension dans la catégorie (1 : la plus forte) : d'abord les départements sans
    porteur, puis par candidats_par_porteur ; les petits effectifs viennent après tous les autres.
  code_departement: Code du département ; vide si ni l'adresse ni le NDA ne le disent.
  departement: Nom du département.
  nb_candidats: Portés possibles : organismes actifs, certifiés pour aucune catégorie ; les mêmes pour
    les quatre, la liste ne disant pas ce qu'ils voudraient faire porter.
  nb_porteurs: Porteurs possibles : organismes certifiés pour la catégorie.
  candidats_par_porteur: nb_candidats / nb_porteurs ; vide sans porteur.
  indice_tension: candidats_par_porteur, la nation valant 100 pour la catégorie.
  sans_porteur: Vrai s'il y a des candidats et aucun porteur.
  petit_effectif: Vrai si nb_candidats ou nb_porteurs est inférieur à 5 ; sans porteur, si
    nb_candidats l'est.
  nb_porteurs_actifs: Ceux qui déclarent au moins un stagiaire.
  nb_candidats_personne_physique: Candidats qui sont des personnes physiques présumées, pour qui une
    dispense peut se discuter (micro-social, sous le plafond).
  nb_candidats_deja_sous_traitants: Candidats à qui d'autres confient déjà des stagiaires.
  nb_candidats_autre_categorie: Organismes actifs certifiés pour une autre catégorie seulement ; ils ne
    sont pas dans nb_candidats.
  nb_organismes: Organismes du département.
  nb_certification_inconnue: Ceux dont la liste ne permet pas de dire s'ils sont certifiés : ni
    candidats, ni porteurs.
  code_region: Code de la région du département.
  region: Nom de la région du département.
  population: Population légale.
*/
with
categorie as (
    select
        a.*,
        c.action as categorie,
        case c.action
            when 'ACTION_FORMATION' then a.certifie_action_formation
            when 'BILAN_COMPETENCES' then a.certifie_bilan_competences
            when 'VAE' then a.certifie_vae
            else a.certifie_apprentissage
        end as certifie
    from socle.activite as a
    cross join reference.categorie_action as c
),

compte as (
    select
        categorie,
        code_departement,
        count(*) as nb_organismes,
        count(*) - count(est_certifie) as nb_certification_inconnue,
        count(*) filter (where activite = 'ACTIF' and not est_certifie) as nb_candidats,
        count(*) filter (where activite = 'ACTIF' and not est_certifie and personne_physique_presumee)
            as nb_candidats_personne_physique,
        count(*) filter (where activite = 'ACTIF' and not est_certifie and nb_stagiaires_confies > 0)
            as nb_candidats_deja_sous_traitants,
        count(*) filter (where activite = 'ACTIF' and est_certifie and not coalesce(certifie, false))
            as nb_candidats_autre_categorie,
        count(*) filter (where certifie) as nb_porteurs,
        count(*) filter (where certifie and activite = 'ACTIF') as nb_porteurs_actifs
    from categorie
    group by categorie, code_departement
),

lieu as (
    select
        c.action as categorie,
        d.code_departement
    from reference.categorie_action as c
    cross join reference.departement as d
    union
    select
        categorie,
        code_departement
    from compte
),

chiffre as (
    select
        l.categorie,
        l.code_departement,
        coalesce(c.nb_organismes, 0) as nb_organismes,
        coalesce(c.nb_certification_inconnue, 0) as nb_certification_inconnue,
        coalesce(c.nb_candidats, 0) as nb_candidats,
        coalesce(c.nb_candidats_personne_physique, 0) as nb_candidats_personne_physique,
        coalesce(c.nb_candidats_deja_sous_traitants, 0) as nb_candidats_deja_sous_traitants,
        coalesce(c.nb_candidats_autre_categorie, 0) as nb_candidats_autre_categorie,
        coalesce(c.nb_porteurs, 0) as nb_porteurs,
        coalesce(c.nb_porteurs_actifs, 0) as nb_porteurs_actifs,
        c.nb_candidats / nullif(c.nb_porteurs, 0) as tension,
        coalesce(c.nb_candidats > 0 and c.nb_porteurs = 0, false) as sans_porteur,
        coalesce(c.nb_candidats < 5 or c.nb_porteurs between 1 and 4, true) as petit_effectif
    from lieu as l
    left join compte as c
        on l.categorie = c.categorie and coalesce(l.code_departement, '') = coalesce(c.code_departement, '')
),

nation as (
    select
        categorie,
        sum(nb_candidats) / nullif(sum(nb_porteurs), 0) as tension
    from chiffre
    group by categorie
)

select
    e.date_contenu as date_instantane,
    c.categorie,
    case
        when c.nb_candidats > 0
            then
                row_number() over (
                    partition by c.categorie
                    order by
                        c.nb_candidats = 0 asc, c.petit_effectif asc, c.sans_porteur desc, c.tension desc,
                        c.nb_candidats desc, c.code_departement asc nulls last
                )
    end as rang,
    c.code_departement,
    coalesce(d.departement, 'Code inconnu (' || c.code_departement || ')', 'Non déterminé') as departement,
    c.nb_candidats,
    c.nb_porteurs,
    round(c.tension, 2) as candidats_par_porteur,
    round(100 * c.tension / nullif(n.tension, 0), 1) as indice_tension,
    c.sans_porteur,
    c.petit_effectif,
    c.nb_porteurs_actifs,
    c.nb_candidats_personne_physique,
    c.nb_candidats_deja_sous_traitants,
    c.nb_candidats_autre_categorie,
    c.nb_organismes,
    c.nb_certification_inconnue,
    d.code_region,
    r.region,
    d.population
from chiffre as c
inner join nation as n on c.categorie = n.categorie
cross join execution.liste as e
left join reference.departement as d on c.code_departement = d.code_departement
left join reference.region as r on d.code_region = r.code_region
order by c.categorie, c.code_departement

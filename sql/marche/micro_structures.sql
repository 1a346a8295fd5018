/*
Les micro-structures, selon quatre définitions : la liste ne dit ni le statut ni le chiffre
d'affaires, seulement l'effectif de formateurs et les stagiaires. Chacune répond à l'affirmation
« 15 000 micro-organismes certifiés, soit un tiers des certifiés ».
grain: definition
colonnes:
  date_instantane: Date de la liste.
  definition: UN_FORMATEUR, UN_FORMATEUR_ACTIF, DEUX_FORMATEURS ou MOINS_DE_DIX.
  libelle: La définition en clair ; la première est celle des colonnes nb_micro.
  nb_organismes: Micro-structures, selon cette définition.
  nb_effectif_connu: Organismes de la liste dont l'effectif de formateurs est connu.
  part_pct: 100 × nb_organismes / nb_effectif_connu.
  nb_certifiees: Micro-structures certifiées.
  nb_certification_connue: Micro-structures dont la certification est connue.
  part_certifiees_pct: 100 × nb_certifiees / nb_certification_connue.
  nb_certifies_total: Organismes certifiés de toute la liste.
  part_des_certifies_pct: 100 × nb_certifiees / nb_certifies_total : la part des certifiés qui sont
    des micro-structures.
  nb_certifiees_annonce: Ce que dit l'affirmation : 15 000.
  part_annoncee_pct: Ce qu'elle dit : un tiers.
  ecart_nb: nb_certifiees − nb_certifiees_annonce.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
definition as (
    from (
        values
        ('UN_FORMATEUR', 'Zéro ou un formateur déclaré', 1, false, 1),
        ('UN_FORMATEUR_ACTIF', 'Zéro ou un formateur déclaré, et au moins un stagiaire', 1, true, 2),
        ('DEUX_FORMATEURS', 'Deux formateurs déclarés au plus', 2, false, 3),
        ('MOINS_DE_DIX', 'Moins de dix formateurs déclarés', 9, false, 4)
    ) as d (definition, libelle, formateurs, active, ordre)
),

total as (
    select
        count(effectif_formateurs) as nb_effectif_connu,
        count(*) filter (where est_certifie) as nb_certifies
    from socle.activite
)

select
    any_value(e.date_contenu) as date_instantane,
    d.definition,
    d.libelle,
    count(a.nda) as nb_organismes,
    t.nb_effectif_connu,
    round(100 * count(a.nda) / nullif(t.nb_effectif_connu, 0), 2) as part_pct,
    count(*) filter (where a.est_certifie) as nb_certifiees,
    count(a.est_certifie) as nb_certification_connue,
    round(100 * count(*) filter (where a.est_certifie) / nullif(count(a.est_certifie), 0), 2)
        as part_certifiees_pct,
    t.nb_certifies as nb_certifies_total,
    round(100 * count(*) filter (where a.est_certifie) / nullif(t.nb_certifies, 0), 2)
        as part_des_certifies_pct,
    15000 as nb_certifiees_annonce,
    33.33::double as part_annoncee_pct,
    count(*) filter (where a.est_certifie) - 15000 as ecart_nb,
    count(a.nda) < 5 as petit_effectif
from definition as d
cross join total as t
cross join execution.liste as e
left join socle.activite as a
    on d.formateurs >= a.effectif_formateurs and (a.activite = 'ACTIF' or not d.active)
group by d.definition, d.libelle, d.ordre, t.nb_effectif_connu, t.nb_certifies
order by d.ordre

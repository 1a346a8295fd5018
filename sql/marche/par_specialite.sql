/*
Les spécialités de formation (NSF) : qui les déclare, seules ou avec d'autres, et qui y est certifié.
Un organisme en déclare jusqu'à trois : il compte dans chacune (nb_organismes), et une seule fois
dans sa première (nb_premiere), dont la somme fait toute la liste.
grain: code_nsf
colonnes:
  date_instantane: Date de la liste.
  rang: Rang par nb_organismes (1 : la plus déclarée).
  code_nsf: Code NSF ; vide pour les organismes sans spécialité codée.
  libelle_nsf: (reference.specialite_nsf)
  nb_organismes: Organismes qui déclarent la spécialité, à un rang quelconque (cumul : la somme
    dépasse la liste).
  nb_certifies: Organismes qui la déclarent et sont certifiés.
  part_certifies_pct: 100 × nb_certifies / nb_certification_connue.
  indice_certifies: part_certifies_pct, toute la liste valant 100 : au-dessus, la certification va
    avec la spécialité.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
  nb_premiere: Organismes dont elle est la première spécialité déclarée (la somme fait la liste).
  nb_seule: Organismes dont elle est la seule spécialité.
  nb_avec_2: Organismes qui en déclarent deux, dont elle.
  nb_avec_3: Organismes qui en déclarent trois, dont elle.
  nb_certification_connue: Organismes qui la déclarent et dont la certification est connue.
  nb_certifies_bilan_competences: Ceux qui sont certifiés pour les bilans de compétences.
  nb_actifs: Ceux qui déclarent au moins un stagiaire.
  nb_stagiaires: Stagiaires des organismes qui la déclarent, toutes spécialités confondues, valeurs
    absurdes comprises ; ne s'additionne pas d'une spécialité à l'autre.
  nb_stagiaires_premiere: Stagiaires des organismes dont elle est la première, valeurs absurdes
    comprises ; s'additionne.
  nb_stagiaires_premiere_bornes: Stagiaires des organismes dont elle est la première, chaque valeur
    ramenée à la borne de socle.bornage.
  mediane_stagiaires_actifs: Médiane de stagiaires par organisme actif qui la déclare.
*/
with
-- A code given twice by one organisation is one speciality.
declaree as (
    select
        nda,
        code_nsf,
        min(rang) as rang
    from socle.specialite
    where code_nsf is not null
    group by nda, code_nsf
),

placee as (
    select
        nda,
        code_nsf,
        rang = min(rang) over (partition by nda) as premiere,
        count(*) over (partition by nda) as nb
    from declaree
),

compte as (
    select
        p.code_nsf,
        count(*) as nb_organismes,
        -- Without any coded speciality, an organisation is in the row without a code.
        count(*) filter (where coalesce(p.premiere, true)) as nb_premiere,
        count(*) filter (where p.nb = 1) as nb_seule,
        count(*) filter (where p.nb = 2) as nb_avec_2,
        count(*) filter (where p.nb = 3) as nb_avec_3,
        count(a.est_certifie) as nb_certification_connue,
        count(*) filter (where a.est_certifie) as nb_certifies,
        count(*) filter (where a.certifie_bilan_competences) as nb_certifies_bilan_competences,
        count(*) filter (where a.activite = 'ACTIF') as nb_actifs,
        coalesce(sum(a.nb_stagiaires), 0)::bigint as nb_stagiaires,
        coalesce(sum(a.nb_stagiaires) filter (where coalesce(p.premiere, true)), 0)::bigint
            as nb_stagiaires_premiere,
        coalesce(sum(a.nb_stagiaires_bornes) filter (where coalesce(p.premiere, true)), 0)::bigint
            as nb_stagiaires_premiere_bornes,
        median(a.nb_stagiaires) filter (where a.nb_stagiaires > 0) as mediane_stagiaires_actifs
    from socle.activite as a
    left join placee as p on a.nda = p.nda
    group by p.code_nsf
),

nation as (
    select count(*) filter (where est_certifie) / nullif(count(est_certifie), 0) as part_certifies
    from socle.activite
)

select
    e.date_contenu as date_instantane,
    case
        when c.code_nsf is not null
            then rank() over (order by c.code_nsf is null asc, c.nb_organismes desc)
    end as rang,
    c.code_nsf,
    s.libelle_nsf,
    c.nb_organismes,
    c.nb_certifies,
    round(100 * c.nb_certifies / nullif(c.nb_certification_connue, 0), 2) as part_certifies_pct,
    round(100 * c.nb_certifies / nullif(c.nb_certification_connue, 0) / nullif(n.part_certifies, 0), 1)
        as indice_certifies,
    c.nb_organismes < 5 as petit_effectif,
    c.nb_premiere,
    c.nb_seule,
    c.nb_avec_2,
    c.nb_avec_3,
    c.nb_certification_connue,
    c.nb_certifies_bilan_competences,
    c.nb_actifs,
    c.nb_stagiaires,
    c.nb_stagiaires_premiere,
    c.nb_stagiaires_premiere_bornes,
    c.mediane_stagiaires_actifs
from compte as c
cross join nation as n
cross join execution.liste as e
left join reference.specialite_nsf as s on c.code_nsf = s.code_nsf
order by c.code_nsf is null asc, c.nb_organismes desc, c.code_nsf asc

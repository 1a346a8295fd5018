/*
Les faits de la liste, une ligne par numéro. Ce qu'elle ne peut pas dire (colonne que sa mise en page
n'a jamais eue, drapeau illisible) reste ce qu'il était : se taire n'est pas changer.
nature: vue
grain: nda
colonnes:
  nda: (contrat)
  absentes: Faits qu'aucune liste n'a encore dits de lui.
  empreinte: MD5 des faits.
  denomination: (contrat)
  siren: (contrat)
  siret_declarant: (contrat)
  adresse_voie: (contrat)
  code_postal: (contrat)
  ville: (contrat)
  code_region: (contrat)
  code_departement: Département de l'adresse, ou à défaut du NDA.
  specialites: Codes NSF des spécialités, dans l'ordre de la liste.
  date_derniere_declaration: (contrat)
  debut_exercice: (contrat)
  fin_exercice: (contrat)
  nb_stagiaires: (contrat)
  nb_stagiaires_confies: (contrat)
  effectif_formateurs: (contrat)
  certifie_action_formation: (contrat)
  certifie_bilan_competences: (contrat)
  certifie_vae: (contrat)
  certifie_apprentissage: (contrat)
*/
with
inconnue as (
    select
        l.* exclude (absentes),
        list_filter(
            [l.code_specialite_1, l.code_specialite_2, l.code_specialite_3], lambda code: code is not null
        ) as specialites,
        case
            when l.certification_connue then l.absentes
            else
                list_distinct(list_concat(
                    l.absentes,
                    [
                        'certifie_action_formation', 'certifie_bilan_competences', 'certifie_vae',
                        'certifie_apprentissage'
                    ]
                ))
        end as absentes
    from suivi.lue as l
),

complete as (
    select
        i.nda,
        list_sort(list_filter(
            i.absentes, lambda colonne: k.nda is null or list_contains(k.absentes, colonne)
        )) as absentes,
        case
            when list_contains(i.absentes, 'denomination') then k.denomination
            else i.denomination
        end as denomination,
        case
            when list_contains(i.absentes, 'siren') then k.siren
            else i.siren
        end as siren,
        case
            when list_contains(i.absentes, 'siret_declarant') then k.siret_declarant
            else i.siret_declarant
        end as siret_declarant,
        case
            when list_contains(i.absentes, 'adresse_voie') then k.adresse_voie
            else i.adresse_voie
        end as adresse_voie,
        case
            when list_contains(i.absentes, 'code_postal') then k.code_postal
            else i.code_postal
        end as code_postal,
        case
            when list_contains(i.absentes, 'ville') then k.ville
            else i.ville
        end as ville,
        case
            when list_contains(i.absentes, 'code_region') then k.code_region
            else i.code_region
        end as code_region,
        case
            when list_contains(i.absentes, 'code_departement') then k.code_departement
            else i.code_departement
        end as code_departement,
        case
            when list_contains(i.absentes, 'specialites') then k.specialites
            else i.specialites
        end as specialites,
        case
            when list_contains(i.absentes, 'date_derniere_declaration') then k.date_derniere_declaration
            else i.date_derniere_declaration
        end as date_derniere_declaration,
        case
            when list_contains(i.absentes, 'debut_exercice') then k.debut_exercice
            else i.debut_exercice
        end as debut_exercice,
        case
            when list_contains(i.absentes, 'fin_exercice') then k.fin_exercice
            else i.fin_exercice
        end as fin_exercice,
        case
            when list_contains(i.absentes, 'nb_stagiaires') then k.nb_stagiaires
            else i.nb_stagiaires
        end as nb_stagiaires,
        case
            when list_contains(i.absentes, 'nb_stagiaires_confies') then k.nb_stagiaires_confies
            else i.nb_stagiaires_confies
        end as nb_stagiaires_confies,
        case
            when list_contains(i.absentes, 'effectif_formateurs') then k.effectif_formateurs
            else i.effectif_formateurs
        end as effectif_formateurs,
        case
            when list_contains(i.absentes, 'certifie_action_formation') then k.certifie_action_formation
            else i.certifie_action_formation
        end as certifie_action_formation,
        case
            when list_contains(i.absentes, 'certifie_bilan_competences') then k.certifie_bilan_competences
            else i.certifie_bilan_competences
        end as certifie_bilan_competences,
        case
            when list_contains(i.absentes, 'certifie_vae') then k.certifie_vae
            else i.certifie_vae
        end as certifie_vae,
        case
            when list_contains(i.absentes, 'certifie_apprentissage') then k.certifie_apprentissage
            else i.certifie_apprentissage
        end as certifie_apprentissage
    from inconnue as i
    left join suivi.connu as k on i.nda = k.cle
    where len(i.absentes) > 0
),

tous as (
    -- Almost all lists say everything: what was known before is looked at for the others alone.
    select * from inconnue
    where len(absentes) = 0
    union all by name
    select * from complete
)

select
    c.nda,
    c.absentes,
    md5(
        concat_ws(
            chr(31),
            array_to_string(c.absentes, ' '),
            coalesce(c.denomination, chr(29)),
            coalesce(c.siren, chr(29)),
            coalesce(c.siret_declarant, chr(29)),
            coalesce(c.adresse_voie, chr(29)),
            coalesce(c.code_postal, chr(29)),
            coalesce(c.ville, chr(29)),
            coalesce(c.code_region, chr(29)),
            coalesce(c.code_departement, chr(29)),
            coalesce(array_to_string(c.specialites, ' '), chr(29)),
            coalesce(c.date_derniere_declaration::varchar, chr(29)),
            coalesce(c.debut_exercice::varchar, chr(29)),
            coalesce(c.fin_exercice::varchar, chr(29)),
            coalesce(c.nb_stagiaires::varchar, chr(29)),
            coalesce(c.nb_stagiaires_confies::varchar, chr(29)),
            coalesce(c.effectif_formateurs::varchar, chr(29)),
            coalesce(c.certifie_action_formation::varchar, chr(29)),
            coalesce(c.certifie_bilan_competences::varchar, chr(29)),
            coalesce(c.certifie_vae::varchar, chr(29)),
            coalesce(c.certifie_apprentissage::varchar, chr(29))
        )
    ) as empreinte,
    c.denomination,
    c.siren,
    c.siret_declarant,
    c.adresse_voie,
    c.code_postal,
    c.ville,
    c.code_region,
    c.code_departement,
    c.specialites,
    c.date_derniere_declaration,
    c.debut_exercice,
    c.fin_exercice,
    c.nb_stagiaires,
    c.nb_stagiaires_confies,
    c.effectif_formateurs,
    c.certifie_action_formation,
    c.certifie_bilan_competences,
    c.certifie_vae,
    c.certifie_apprentissage
from tous as c

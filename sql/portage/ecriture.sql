/*
Les façons d'écrire une valeur d'un choix, telles que les fichiers des utilisateurs les portent.
grain: liste, ecriture
colonnes:
  liste: Choix : financement, action, partie, type_formation ou forme_juridique.
  ecriture: Écriture sans accents, en minuscules, ponctuation remplacée par des blancs.
  valeur: Valeur retenue.
*/
with
brute as (
    select
        liste,
        ecriture,
        valeur
    from fichier.portage_ecriture
    union all
    select
        liste,
        valeur as ecriture,
        valeur
    from fichier.portage_ecriture
    union all
    select
        'financement' as liste,
        unnest([financement, libelle]) as ecriture,
        financement as valeur
    from fichier.financement
    union all
    select
        'action' as liste,
        unnest([action, libelle]) as ecriture,
        action as valeur
    from fichier.categorie_action
    union all
    select
        'forme_juridique' as liste,
        unnest([forme_juridique, libelle] || string_split(codes_sirene, '|')) as ecriture,
        forme_juridique as valeur
    from fichier.forme_juridique
)

select distinct
    liste,
    trim(regexp_replace(lower(strip_accents(ecriture)), '[^a-z0-9]+', ' ', 'g')) as ecriture,
    valeur
from brute
order by liste, ecriture

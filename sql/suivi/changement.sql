/*
Ce qui change de ce que l'on savait à la liste : une ligne par organisme qui apparaît, quitte la
liste, y revient, change de numéro, ou dont les faits ne sont plus les mêmes.
grain: nda
colonnes:
  nda: Numéro dans la liste, ou le dernier de qui l'a quittée.
  nda_avant: Numéro jusque-là ; vide pour qui apparaît.
  lignee: Premier numéro de l'organisme.
  situation: APPARITION, DISPARITION, RETOUR ou PRESENT.
  absentes_avant: Faits que l'on ne savait pas : ce que la liste en dit n'est pas un changement.
  absentes: Faits que l'on ne sait toujours pas.
  *: (suivi.fait)
  denomination_avant: La valeur d'avant.
  siren_avant: La valeur d'avant.
  siret_declarant_avant: La valeur d'avant.
  adresse_voie_avant: La valeur d'avant.
  code_postal_avant: La valeur d'avant.
  ville_avant: La valeur d'avant.
  code_region_avant: La valeur d'avant.
  code_departement_avant: La valeur d'avant.
  specialites_avant: La valeur d'avant.
  date_derniere_declaration_avant: La valeur d'avant.
  debut_exercice_avant: La valeur d'avant.
  fin_exercice_avant: La valeur d'avant.
  nb_stagiaires_avant: La valeur d'avant.
  nb_stagiaires_confies_avant: La valeur d'avant.
  effectif_formateurs_avant: La valeur d'avant.
  certifie_action_formation_avant: La valeur d'avant.
  certifie_bilan_competences_avant: La valeur d'avant.
  certifie_vae_avant: La valeur d'avant.
  certifie_apprentissage_avant: La valeur d'avant.
*/
select
    coalesce(f.nda, k.nda) as nda,
    k.nda as nda_avant,
    coalesce(k.lignee, f.nda) as lignee,
    case
        when k.nda is null then 'APPARITION'
        when f.nda is null then 'DISPARITION'
        when not k.listee then 'RETOUR'
        else 'PRESENT'
    end as situation,
    k.absentes as absentes_avant,
    case
        when f.nda is null then k.absentes
        else f.absentes
    end as absentes,
    coalesce(f.empreinte, k.empreinte) as empreinte,
    case
        when f.nda is null then k.denomination
        else f.denomination
    end as denomination,
    case
        when f.nda is null then k.siren
        else f.siren
    end as siren,
    case
        when f.nda is null then k.siret_declarant
        else f.siret_declarant
    end as siret_declarant,
    case
        when f.nda is null then k.adresse_voie
        else f.adresse_voie
    end as adresse_voie,
    case
        when f.nda is null then k.code_postal
        else f.code_postal
    end as code_postal,
    case
        when f.nda is null then k.ville
        else f.ville
    end as ville,
    case
        when f.nda is null then k.code_region
        else f.code_region
    end as code_region,
    case
        when f.nda is null then k.code_departement
        else f.code_departement
    end as code_departement,
    case
        when f.nda is null then k.specialites
        else f.specialites
    end as specialites,
    case
        when f.nda is null then k.date_derniere_declaration
        else f.date_derniere_declaration
    end as date_derniere_declaration,
    case
        when f.nda is null then k.debut_exercice
        else f.debut_exercice
    end as debut_exercice,
    case
        when f.nda is null then k.fin_exercice
        else f.fin_exercice
    end as fin_exercice,
    case
        when f.nda is null then k.nb_stagiaires
        else f.nb_stagiaires
    end as nb_stagiaires,
    case
        when f.nda is null then k.nb_stagiaires_confies
        else f.nb_stagiaires_confies
    end as nb_stagiaires_confies,
    case
        when f.nda is null then k.effectif_formateurs
        else f.effectif_formateurs
    end as effectif_formateurs,
    case
        when f.nda is null then k.certifie_action_formation
        else f.certifie_action_formation
    end as certifie_action_formation,
    case
        when f.nda is null then k.certifie_bilan_competences
        else f.certifie_bilan_competences
    end as certifie_bilan_competences,
    case
        when f.nda is null then k.certifie_vae
        else f.certifie_vae
    end as certifie_vae,
    case
        when f.nda is null then k.certifie_apprentissage
        else f.certifie_apprentissage
    end as certifie_apprentissage,
    k.denomination as denomination_avant,
    k.siren as siren_avant,
    k.siret_declarant as siret_declarant_avant,
    k.adresse_voie as adresse_voie_avant,
    k.code_postal as code_postal_avant,
    k.ville as ville_avant,
    k.code_region as code_region_avant,
    k.code_departement as code_departement_avant,
    k.specialites as specialites_avant,
    k.date_derniere_declaration as date_derniere_declaration_avant,
    k.debut_exercice as debut_exercice_avant,
    k.fin_exercice as fin_exercice_avant,
    k.nb_stagiaires as nb_stagiaires_avant,
    k.nb_stagiaires_confies as nb_stagiaires_confies_avant,
    k.effectif_formateurs as effectif_formateurs_avant,
    k.certifie_action_formation as certifie_action_formation_avant,
    k.certifie_bilan_competences as certifie_bilan_competences_avant,
    k.certifie_vae as certifie_vae_avant,
    k.certifie_apprentissage as certifie_apprentissage_avant
from suivi.fait as f
full join suivi.connu as k on f.nda = k.cle
where
    k.nda is null
    or (f.nda is null and k.listee)
    or (f.nda is not null and (not k.listee or f.nda <> k.nda or f.empreinte <> k.empreinte))

/*
Les organismes de formation de la liste publique (article L.6351-7-1 du Code du travail), un par
numéro de déclaration d'activité. Un même SIREN peut en avoir plusieurs : voir socle.entite.
grain: nda
colonnes:
  nda: (contrat)
  denomination: (contrat)
  siren: (contrat)
  siren_valide: Vrai si le SIREN a neuf chiffres et une clé juste.
  siret_declarant: (contrat)
  adresse_voie: (contrat)
  code_postal: (contrat)
  ville: (contrat)
  code_region: (contrat)
  region: Nom de la région.
  code_departement: Département de l'adresse, ou à défaut du NDA ; vide si ni l'un ni l'autre ne
    le dit (Corse et outre-mer sans adresse, par exemple).
  departement: Nom du département.
  departement_source: « adresse » ou « nda » : d'où vient le département.
  date_derniere_declaration: (contrat)
  debut_exercice: (contrat)
  fin_exercice: (contrat)
  nb_stagiaires: (contrat)
  nb_stagiaires_confies: (contrat)
  effectif_formateurs: (contrat)
  est_certifie: Vrai si au moins une catégorie est certifiée ; faux si aucune ne l'est (la liste
    laisse vides les quatre drapeaux d'un organisme non certifié) ; vide si la liste ne porte pas
    les certifications (avant 2022) ou si la valeur est illisible.
  certifie_action_formation: (contrat)
  certifie_bilan_competences: (contrat)
  certifie_vae: (contrat)
  certifie_apprentissage: (contrat)
  personne_physique_presumee: Vrai si la dénomination commence par un titre de civilité ; donnée
    personnelle, à manier comme telle.
  pays_organisme_represente: (contrat)
*/
select
    o.nda,
    o.denomination,
    o.siren,
    o.siren_valide,
    o.siret_declarant,
    o.adresse_voie,
    o.code_postal,
    o.ville,
    o.code_region,
    r.region,
    o.code_departement,
    d.departement,
    o.departement_source,
    o.date_derniere_declaration,
    o.debut_exercice,
    o.fin_exercice,
    o.nb_stagiaires,
    o.nb_stagiaires_confies,
    o.effectif_formateurs,
    case
        when
            o.certifie_action_formation
            or o.certifie_bilan_competences
            or o.certifie_vae
            or o.certifie_apprentissage
            then true
        when o.certification_connue then false
    end as est_certifie,
    o.certifie_action_formation,
    o.certifie_bilan_competences,
    o.certifie_vae,
    o.certifie_apprentissage,
    o.personne_physique_presumee,
    o.pays_organisme_represente
from preparation.organisme as o
left join reference.region as r on o.code_region = r.code_region
left join reference.departement as d on o.code_departement = d.code_departement
order by o.nda

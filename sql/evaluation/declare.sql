/*
Les faits déclarés, une ligne par question, une colonne par fait : vide veut dire inconnu.
grain: ligne
colonnes:
  ligne: Question posée.
  certificat_declare: Vrai si quelque chose est dit du certificat du sous-traitant.
  porteur_certificat_declare: De même pour le porteur.
  faits_du_porteur: Vrai si un fait du porteur est déclaré.
  defauts: Phrases qui disent quels faits ne se lisent pas.
  financement: Financement.
  action: Catégorie d'action.
  date: Date du contrat.
  date_convention: Date de la convention avec le financeur.
  fin_mission: Fin de la mission.
  date_avenant: Date du dernier avenant.
  montant: Montant HT de l'opération.
  partie: Part confiée.
  type_formation: Nature de la formation.
  bloc_complet: Bloc de compétences complet.
  heures: Durée en heures.
  consentement: Consentement du bénéficiaire.
  bilan_5_ans: Bilan financé depuis moins de 5 ans.
  bilan_donnees: Protection des résultats du bilan.
  contrat_ecrit: Contrat écrit complet.
  exigences_rnq: Exigences qualité nommées au contrat.
  portage_salarial: Portage salarial.
  forme_juridique: Forme juridique.
  micro: Régime micro-social.
  ca: Chiffre d'affaires annuel.
  annee_ca: Année du chiffre d'affaires.
  certificat: Catégories du certificat.
  certificat_debut: Début du certificat.
  certificat_fin: Fin du certificat.
  habilitation: Habilitation du certificateur.
  agrement_conduite: Agrément d'école de conduite.
  france_vae: Référencé sur France VAE.
  dereference: Déréférencé de Mon Compte Formation.
  accepte_cgu: Conditions générales acceptées.
  cascade: Sous-traite à son tour.
  probite: Probité des dirigeants.
  regularite: Régularité fiscale et sociale.
  declaration_caduque: Déclaration caduque ou suspendue.
  unite_active: Unité légale active.
  procedure_collective: Procédure collective.
  recepisse_nda: Récépissé de déclaration d'activité.
  recepisse_nda_date: Date du récépissé de déclaration.
  bpf: Envoi du dernier bilan pédagogique et financier.
  attestation_vigilance: Date de l'attestation de vigilance.
  immatriculation: Preuve d'immatriculation.
  salaries_etrangers: Salariés étrangers soumis à autorisation.
  liste_salaries_etrangers: Liste des salariés étrangers.
  etabli_etranger: Établi à l'étranger.
  documents_etranger: Documents d'un établi à l'étranger.
  titres: Titres et qualifications.
  attestation_micro: Attestation micro-sociale et chiffre d'affaires.
  rc_pro: Assurance responsabilité professionnelle.
  porteur_certificat: Catégories du certificat du porteur.
  porteur_certificat_debut: Début du certificat du porteur.
  porteur_certificat_fin: Fin du certificat du porteur.
  porteur_habilitation: Habilitation du porteur.
  porteur_agrement_conduite: Agrément d'école de conduite du porteur.
  porteur_france_vae: Porteur référencé sur France VAE.
  porteur_edof: Porteur référencé sur EDOF.
  porteur_recepisse_nda: Récépissé de déclaration du porteur.
  porteur_recepisse_nda_date: Date du récépissé de déclaration du porteur.
  porteur_declaration_caduque: Déclaration du porteur caduque ou suspendue.
  porteur_premiere_convention: Première convention d'apprentissage du CFA.
  porteur_contrat_certificateur: Envoi du contrat du CFA avec un certificateur.
  porteur_forme_juridique: Forme juridique du porteur.
  part_sous_traitee: Part sous-traitée (%).
  declaration_annuelle: Déclaration annuelle sur EDOF.
  contrat_communique: Contrat communiqué à la Caisse des dépôts.
*/
select
    ligne,
    bool_or(fait = 'certificat') as certificat_declare,
    bool_or(fait = 'porteur_certificat') as porteur_certificat_declare,
    bool_or(
        fait in (
            select f.fait
            from demande.fait as f
            where f.groupe = 'PORTEUR'
        )
    ) as faits_du_porteur,
    list(defaut order by fait) filter (where defaut is not null) as defauts,
    any_value(valeurs) filter (where fait = 'financement') as financement,
    any_value(valeurs[1]) filter (where fait = 'action') as action,
    any_value(jour) filter (where fait = 'date') as date,
    any_value(jour) filter (where fait = 'date_convention') as date_convention,
    any_value(jour) filter (where fait = 'fin_mission') as fin_mission,
    any_value(jour) filter (where fait = 'date_avenant') as date_avenant,
    any_value(nombre) filter (where fait = 'montant') as montant,
    any_value(valeurs[1]) filter (where fait = 'partie') as partie,
    any_value(valeurs[1]) filter (where fait = 'type_formation') as type_formation,
    any_value(booleen) filter (where fait = 'bloc_complet') as bloc_complet,
    any_value(nombre) filter (where fait = 'heures') as heures,
    any_value(booleen) filter (where fait = 'consentement') as consentement,
    any_value(booleen) filter (where fait = 'bilan_5_ans') as bilan_5_ans,
    any_value(booleen) filter (where fait = 'bilan_donnees') as bilan_donnees,
    any_value(booleen) filter (where fait = 'contrat_ecrit') as contrat_ecrit,
    any_value(booleen) filter (where fait = 'exigences_rnq') as exigences_rnq,
    any_value(booleen) filter (where fait = 'portage_salarial') as portage_salarial,
    any_value(valeurs[1]) filter (where fait = 'forme_juridique') as forme_juridique,
    any_value(booleen) filter (where fait = 'micro') as micro,
    any_value(nombre) filter (where fait = 'ca') as ca,
    any_value(nombre) filter (where fait = 'annee_ca') as annee_ca,
    any_value(valeurs) filter (where fait = 'certificat') as certificat,
    any_value(jour) filter (where fait = 'certificat_debut') as certificat_debut,
    any_value(jour) filter (where fait = 'certificat_fin') as certificat_fin,
    any_value(booleen) filter (where fait = 'habilitation') as habilitation,
    any_value(booleen) filter (where fait = 'agrement_conduite') as agrement_conduite,
    any_value(booleen) filter (where fait = 'france_vae') as france_vae,
    any_value(booleen) filter (where fait = 'dereference') as dereference,
    any_value(booleen) filter (where fait = 'accepte_cgu') as accepte_cgu,
    any_value(booleen) filter (where fait = 'cascade') as cascade,
    any_value(booleen) filter (where fait = 'probite') as probite,
    any_value(booleen) filter (where fait = 'regularite') as regularite,
    any_value(booleen) filter (where fait = 'declaration_caduque') as declaration_caduque,
    any_value(booleen) filter (where fait = 'unite_active') as unite_active,
    any_value(booleen) filter (where fait = 'procedure_collective') as procedure_collective,
    any_value(booleen) filter (where fait = 'recepisse_nda') as recepisse_nda,
    any_value(jour) filter (where fait = 'recepisse_nda_date') as recepisse_nda_date,
    any_value(jour) filter (where fait = 'bpf') as bpf,
    any_value(jour) filter (where fait = 'attestation_vigilance') as attestation_vigilance,
    any_value(booleen) filter (where fait = 'immatriculation') as immatriculation,
    any_value(booleen) filter (where fait = 'salaries_etrangers') as salaries_etrangers,
    any_value(booleen) filter (where fait = 'liste_salaries_etrangers') as liste_salaries_etrangers,
    any_value(booleen) filter (where fait = 'etabli_etranger') as etabli_etranger,
    any_value(booleen) filter (where fait = 'documents_etranger') as documents_etranger,
    any_value(booleen) filter (where fait = 'titres') as titres,
    any_value(booleen) filter (where fait = 'attestation_micro') as attestation_micro,
    any_value(booleen) filter (where fait = 'rc_pro') as rc_pro,
    any_value(valeurs) filter (where fait = 'porteur_certificat') as porteur_certificat,
    any_value(jour) filter (where fait = 'porteur_certificat_debut') as porteur_certificat_debut,
    any_value(jour) filter (where fait = 'porteur_certificat_fin') as porteur_certificat_fin,
    any_value(booleen) filter (where fait = 'porteur_habilitation') as porteur_habilitation,
    any_value(booleen) filter (where fait = 'porteur_agrement_conduite') as porteur_agrement_conduite,
    any_value(booleen) filter (where fait = 'porteur_france_vae') as porteur_france_vae,
    any_value(booleen) filter (where fait = 'porteur_edof') as porteur_edof,
    any_value(booleen) filter (where fait = 'porteur_recepisse_nda') as porteur_recepisse_nda,
    any_value(jour) filter (where fait = 'porteur_recepisse_nda_date') as porteur_recepisse_nda_date,
    any_value(booleen) filter (
        where fait = 'porteur_declaration_caduque'
    ) as porteur_declaration_caduque,
    any_value(jour) filter (
        where fait = 'porteur_premiere_convention'
    ) as porteur_premiere_convention,
    any_value(jour) filter (
        where fait = 'porteur_contrat_certificateur'
    ) as porteur_contrat_certificateur,
    any_value(valeurs[1]) filter (
        where fait = 'porteur_forme_juridique'
    ) as porteur_forme_juridique,
    any_value(nombre) filter (where fait = 'part_sous_traitee') as part_sous_traitee,
    any_value(booleen) filter (where fait = 'declaration_annuelle') as declaration_annuelle,
    any_value(booleen) filter (where fait = 'contrat_communique') as contrat_communique
from evaluation.fait
group by ligne

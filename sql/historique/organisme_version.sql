/*
Ce que la liste a dit de chaque organisme, période par période : une ligne tant que rien ne change.
Une absence de la liste est une période aussi (listee faux), qui garde les derniers faits connus :
quitter la liste n'est pas perdre une certification.
grain: nda, valide_du
colonnes:
  nda: (contrat)
  lignee: Premier numéro de l'organisme : il suit l'organisme quand son NDA change.
  valide_du: Date de la première liste qui le dit.
  valide_au: Date de la première liste qui dit autre chose ; vide si c'est encore vrai.
  listee: Vrai si l'organisme est dans la liste ; faux s'il en est absent (faits : les derniers connus).
  absentes: Faits qu'aucune liste n'a dits jusque-là (colonnes absentes des anciennes mises en page,
    drapeaux illisibles) : leur première apparition n'est pas un changement.
  *: (suivi.fait)
*/
select
    nda,
    lignee,
    valide_du,
    valide_au,
    listee,
    absentes,
    empreinte,
    denomination,
    siren,
    siret_declarant,
    adresse_voie,
    code_postal,
    ville,
    code_region,
    code_departement,
    specialites,
    date_derniere_declaration,
    debut_exercice,
    fin_exercice,
    nb_stagiaires,
    nb_stagiaires_confies,
    effectif_formateurs,
    certifie_action_formation,
    certifie_bilan_competences,
    certifie_vae,
    certifie_apprentissage
from suivi.version
order by nda, valide_du

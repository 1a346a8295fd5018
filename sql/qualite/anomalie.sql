/*
Les doutes : valeurs réparées, écartées ou invraisemblables. La ligne de l'organisme est gardée ;
rien n'est corrigé en silence.
grain: nda, regle, champ, ligne
colonnes:
  nda: Organisme concerné.
  regle: Nom de la règle.
  gravite: « mineure » ou « majeure ».
  champ: Colonne en cause.
  valeur: Ce que la liste disait.
  message: Ce qui est douteux.
  ligne: Numéro de la ligne dans le fichier.
*/
select
    nda,
    regle,
    gravite,
    champ,
    valeur,
    message,
    ligne
from preparation.anomalie
order by ligne, regle, champ

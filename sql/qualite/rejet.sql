/*
Les lignes de la liste qui n'ont pas pu être lues : lignes lues + lignes mises à part = lignes du
fichier. Le texte brut peut contenir des données personnelles.
grain: ligne
colonnes:
  ligne: Numéro de la ligne dans le fichier (l'en-tête est la ligne 1).
  motif: Pourquoi elle a été mise à part.
  texte: La ligne telle que la liste la donne.
*/
select
    ligne,
    motif,
    texte
from preparation.rejet
order by ligne

/*
Les pièces qu'un porteur demande et garde.
grain: piece
colonnes:
  piece: Code de la pièce.
  libelle: Nom de la pièce.
  fait: Fait qui la déclare tenue (option, clé ou colonne de ce nom).
  pourquoi: À quoi elle sert.
*/
select
    piece,
    libelle,
    fait,
    pourquoi
from fichier.portage_piece
order by piece

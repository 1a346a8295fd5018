/*
Ce que chaque constat peut trouver : son état, la phrase qui le dit, la pièce qui manque alors.
grain: motif
colonnes:
  motif: Code de ce qui est constaté.
  constat: Constat dont il est une issue.
  etat: SATISFAIT, NON_SATISFAIT, INCONNU (rien ne l'établit), DOUTEUX (une question reste à
    trancher) ou SANS_OBJET.
  phrase: Phrase dite à l'utilisateur ; les accolades y sont remplacées par les faits.
  preuve: Où est la preuve.
  piece: Pièce qui lèverait le doute ; de ce qui n'est pas rempli, celle qui prouverait la dispense (vide :
    celle du motif de la dispense).
*/
select
    motif,
    constat,
    etat,
    phrase,
    nullif(preuve, '') as preuve,
    nullif(piece, '') as piece
from fichier.portage_motif
order by motif

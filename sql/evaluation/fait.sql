/*
Les faits déclarés, un par ligne, tels qu'ils sont compris. Un fait qui ne se lit pas est gardé, avec
la phrase qui le dit : il ne vaut ni oui ni non. Ce qui n'est rien (« NC », « - ») n'y est pas.
grain: ligne, fait
colonnes:
  ligne: Question posée.
  fait: Nom du fait.
  texte: Ce qui est écrit.
  booleen: Valeur d'un oui ou non.
  jour: Valeur d'une date.
  nombre: Valeur d'un montant.
  valeurs: Valeurs d'un choix ou d'une liste.
  defaut: Phrase qui dit pourquoi le fait ne se lit pas ; vide s'il se lit.
*/
select
    d.ligne,
    d.fait,
    d.texte,
    if(f.genre = 'booleen', l.valeur = 'oui', null) as booleen,
    if(f.genre = 'date', l.valeur, null)::date as jour,
    if(f.genre = 'montant', l.valeur, null)::decimal(18, 4) as nombre,
    if(f.genre in ('choix', 'liste'), string_split(l.valeur, '+'), null) as valeurs,
    l.defaut
from demande.declaration as d
inner join demande.fait as f on d.fait = f.fait
-- Each text is understood once, by pipelines/portage/written.py.
inner join demande.lecture as l on d.fait = l.fait and d.texte = l.texte

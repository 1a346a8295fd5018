/*
Les formes juridiques, et ce que chacune dit du régime micro-social (CSS L.613-7 : travailleurs
indépendants).
grain: forme_juridique
colonnes:
  forme_juridique: Code de la forme.
  libelle: Nom de la forme.
  micro_social: POSSIBLE, IMPOSSIBLE ou A_DEMANDER.
  immatriculation: OBLIGATOIRE, NON (l'immatriculation n'est pas obligatoire) ou A_DEMANDER.
  repute_certifie: Vrai pour la forme d'un établissement réputé certifié (L.6316-4 II).
  codes_sirene: Débuts des catégories juridiques SIRENE qui y mènent ; le plus long l'emporte.
  note: Ce qu'il faut en savoir.
*/
select
    forme_juridique,
    libelle,
    micro_social,
    immatriculation,
    repute_certifie = 'oui' as repute_certifie,
    string_split(codes_sirene, '|') as codes_sirene,
    note
from fichier.forme_juridique
order by forme_juridique

/*
Les certifications Qualiopi que la liste affirme ou nie, par catégorie d'actions (article
L.6313-1). Un drapeau laissé vide ne fait pas de ligne : ne rien dire n'est pas nier.
nature: vue
grain: nda, categorie
colonnes:
  nda: (contrat)
  categorie: ACTION_FORMATION, BILAN_COMPETENCES, VAE ou APPRENTISSAGE.
  certifie: Vrai si certifié pour la catégorie, faux si la liste dit que non.
*/
select
    nda,
    'ACTION_FORMATION' as categorie,
    certifie_action_formation as certifie
from socle.organisme
where certifie_action_formation is not null
union all
select
    nda,
    'BILAN_COMPETENCES' as categorie,
    certifie_bilan_competences as certifie
from socle.organisme
where certifie_bilan_competences is not null
union all
select
    nda,
    'VAE' as categorie,
    certifie_vae as certifie
from socle.organisme
where certifie_vae is not null
union all
select
    nda,
    'APPRENTISSAGE' as categorie,
    certifie_apprentissage as certifie
from socle.organisme
where certifie_apprentissage is not null

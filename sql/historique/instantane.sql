/*
Les listes dont l'historique est fait, une par date : d'où vient chaque événement.
grain: date_instantane
colonnes:
  date_instantane: Date du contenu de la liste.
  sha256: Empreinte SHA-256 du fichier archivé.
  nb_lignes: Lignes du fichier, celles mises à part comprises.
  mise_en_page: Mise en page reconnue.
  route: Par où elle est venue la première fois (data.gouv, miroir, fichier).
  jours_depuis: Jours écoulés depuis la liste précédente ; vide pour la première.
  nb_evenements: Événements constatés dans cette liste.
*/
with
compte as (
    select
        instantane_apres,
        count(*) as nb
    from suivi.evenement
    group by instantane_apres
)

select
    i.date_instantane,
    i.sha256,
    i.nb_lignes,
    i.mise_en_page,
    i.route,
    i.date_instantane - lag(i.date_instantane) over (order by i.date_instantane) as jours_depuis,
    coalesce(c.nb, 0) as nb_evenements
from suivi.instantane as i
left join compte as c on i.date_instantane = c.instantane_apres
order by i.date_instantane

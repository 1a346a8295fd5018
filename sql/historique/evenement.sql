/*
Ce qui a changé d'une liste à la suivante, un événement par ligne. La première liste n'en fait aucun.
grain: nda, type, categorie, date_constat
colonnes:
  nda: Numéro de l'organisme dans la liste, ou son dernier numéro s'il l'a quittée.
  lignee: Premier numéro de l'organisme : il suit l'organisme quand son NDA change.
  type: APPARITION (jamais vu ; seul, quels que soient ses drapeaux), DISPARITION, RETOUR,
    CERTIFICATION_OBTENUE, CERTIFICATION_PERDUE, CHANGEMENT_NDA (remplace une disparition et une
    apparition), CHANGEMENT_DENOMINATION, CHANGEMENT_SIREN, CHANGEMENT_ADRESSE ou
    CHANGEMENT_DECLARATION (autre exercice, autres stagiaires ou formateurs).
  categorie: Catégorie gagnée ou perdue ; vide pour les autres types.
  avant: Valeur d'avant ; pour une certification, true, false ou vide comme dans la liste ; pour une
    déclaration, début et fin d'exercice, stagiaires, formateurs.
  apres: Valeur d'après.
  instantane_avant: Date de la liste d'avant (historique.instantane) : le changement a eu lieu entre
    les deux.
  instantane_apres: Date de la liste qui le montre.
  date_constat: La même : la date à laquelle le changement est constaté.
  campagne_bpf: Vrai pour une disparition de la campagne des bilans pédagogiques (un pour cent de la
    liste au moins disparaît d'un coup, entre deux listes dont l'intervalle touche la période du 20 mai
    au 15 juillet) : un retour est attendu.
*/
with
depart as (
    select
        e.instantane_apres,
        count(*) >= 0.01 * any_value(a.nb_lignes) as en_masse
    from suivi.evenement as e
    inner join suivi.instantane as a on e.instantane_avant = a.date_instantane
    where e.type = 'DISPARITION'
    group by e.instantane_apres
)

select
    e.nda,
    e.lignee,
    e.type,
    e.categorie,
    e.avant,
    e.apres,
    e.instantane_avant,
    e.instantane_apres,
    e.instantane_apres as date_constat,
    coalesce(d.en_masse, false)
    and e.type = 'DISPARITION'
    and e.instantane_apres >= make_date(year(e.instantane_apres), 5, 20)
    and e.instantane_avant <= make_date(year(e.instantane_apres), 7, 15) as campagne_bpf
from suivi.evenement as e
left join depart as d on e.instantane_apres = d.instantane_apres
order by e.instantane_apres, e.nda, e.type, e.categorie

/*
La synthèse compte chaque organisme une fois : actifs, dormants et inconnus font le total.
gravite: critique
*/
select
    nb_organismes,
    nb_actifs,
    nb_dormants,
    nb_activite_inconnue
from marche.synthese
where
    nb_organismes <> nb_actifs + nb_dormants + nb_activite_inconnue
    or nb_organismes <> (select count(*) from socle.organisme)

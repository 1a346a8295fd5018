/*
socle.certification a une ligne par drapeau rempli de socle.organisme, ni plus ni moins.
gravite: critique
*/
with
attendu as (
    select
        count(certifie_action_formation)
        + count(certifie_bilan_competences)
        + count(certifie_vae)
        + count(certifie_apprentissage) as nb
    from socle.organisme
),

trouve as (
    select count(*) as nb
    from socle.certification
)

select
    attendu.nb as attendu,
    trouve.nb as trouve
from attendu
cross join trouve
where attendu.nb <> trouve.nb

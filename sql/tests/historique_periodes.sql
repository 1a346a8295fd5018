/*
Les périodes d'un numéro se suivent sans jamais se chevaucher.
gravite: critique
*/
with
periode as (
    select
        nda,
        valide_du,
        valide_au,
        lead(valide_du) over (partition by nda order by valide_du asc) as suivante
    from historique.organisme_version
)

select
    nda,
    valide_du,
    valide_au,
    suivante
from periode
where
    valide_au <= valide_du
    or (suivante is not null and (valide_au is null or valide_au > suivante))
order by nda, valide_du

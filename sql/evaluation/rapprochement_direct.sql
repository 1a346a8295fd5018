/*
Les lignes qui n'ont qu'un numéro, un SIREN ou un SIRET tel quel dans la liste : rien n'y est à lire.
grain: ligne, role
colonnes:
  ligne: Ligne de la demande.
  role: sous_traitant ou porteur.
  qualite: Toujours EXACT.
  demande_par: SIREN ou SIRET.
  ndas: NDA de l'entité.
  siren: SIREN de l'entité.
  identifiant: Le numéro.
*/
with
donne as (
    select
        ligne,
        'sous_traitant' as role,
        trim(coalesce(siren, siret, identifiant)) as numero,
        case when siren is not null then 9 when siret is not null then 14 end as longueur
    from demande.candidat
    where
        role_juge is distinct from 'porteur'
        and nda is null
        and (siret is not null)::integer + (identifiant is not null)::integer + (siren is not null)::integer
        = 1
    union all
    select
        ligne,
        'porteur' as role,
        trim(porteur) as numero,
        null as longueur
    from demande.candidat
    where porteur is not null
),

trouve as (
    select
        d.ligne,
        d.role,
        'SIREN' as demande_par,
        d.numero as siren,
        d.numero
    from donne as d
    -- A SIREN given as a SIRET is told: it goes the long way.
    where length(d.numero) = 9 and coalesce(d.longueur, 9) = 9
    union all
    select
        d.ligne,
        d.role,
        'SIRET' as demande_par,
        left(d.numero, 9) as siren,
        d.numero
    from donne as d
    where
        length(d.numero) = 14
        and coalesce(d.longueur, 14) = 14
        and d.numero in (select o.siret_declarant from socle.organisme as o)
)

select
    t.ligne,
    t.role,
    'EXACT' as qualite,
    t.demande_par,
    e.ndas,
    e.siren,
    t.numero as identifiant
from trouve as t
anti join evaluation.rapprochement as r on t.ligne = r.ligne and t.role = r.role
inner join socle.entite as e on t.siren = e.siren

/*
Les numéros que la liste a, ou a eus, à une faute de frappe d'un numéro qu'elle n'a pas : un caractère mis
pour un autre, oublié ou en trop, deux échangés. Ils sont proposés, jamais retenus.
grain: ligne, role, champ, numero
colonnes:
  ligne: Ligne de la demande.
  role: sous_traitant ou porteur.
  champ: Fait où le numéro a été donné.
  numero: NDA ou SIREN de la liste ; pour un SIRET, le SIREN de l'entité.
  nda: Un organisme de ce numéro.
  listee: Faux si la liste de la version ne l'a plus.
*/
with
donne as (
    select distinct serre
    from evaluation.identifiant
    where
        regexp_matches(serre, '^[0-9P]{8,15}$')
        and nature is distinct from 'est un numéro de téléphone'
        and serre not in (select o.nda from socle.organisme as o)
        and serre not in (select e.siren from socle.entite as e)
),

place as (
    select
        serre,
        unnest(generate_series(1, length(serre) + 1)) as rang
    from donne
),

chiffre as (
    select unnest(generate_series(0, 9))::varchar as signe
),

faute as (
    select
        p.serre,
        left(p.serre, p.rang - 1) || c.signe || substr(p.serre, p.rang + 1) as numero
    from place as p
    cross join chiffre as c
    where p.rang <= length(p.serre)
    union all
    select
        p.serre,
        left(p.serre, p.rang - 1) || c.signe || substr(p.serre, p.rang) as numero
    from place as p
    cross join chiffre as c
    where length(p.serre) in (8, 10, 13)
    union all
    select
        serre,
        left(serre, rang - 1) || substr(serre, rang + 1) as numero
    from place
    where rang <= length(serre) and length(serre) in (10, 12, 15)
    union all
    select
        serre,
        left(serre, rang - 1)
        || substr(serre, rang + 1, 1) || substr(serre, rang, 1)
        || substr(serre, rang + 2) as numero
    from place
    where rang < length(serre)
),

trouve as (
    select
        f.serre,
        o.nda as numero,
        o.nda,
        true as listee
    from faute as f
    inner join socle.organisme as o on f.numero = o.nda
    union distinct
    select
        f.serre,
        v.nda as numero,
        v.nda,
        false as listee
    from faute as f
    inner join historique.organisme_version as v on f.numero = v.nda
    anti join socle.organisme as o on f.numero = o.nda
    -- A number that has left the list is no mistake for itself.
    where v.listee and f.numero <> f.serre
    union distinct
    select
        f.serre,
        e.siren as numero,
        e.ndas[1] as nda,
        true as listee
    from faute as f
    inner join socle.entite as e
        on left(f.numero, 9) = e.siren and length(f.numero) in (9, 14)
)

select distinct
    i.ligne,
    i.role,
    i.champ,
    t.numero,
    t.nda,
    t.listee
from evaluation.identifiant as i
inner join trouve as t on i.serre = t.serre

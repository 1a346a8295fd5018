/*
Les NDA que peuvent désigner des numéros dont un tableur a perdu les derniers chiffres
(« 1.17559E+10 »), anciens numéros compris.
grain: ligne, role, champ, ordre
colonnes:
  ligne: Ligne de la demande.
  role: sous_traitant ou porteur.
  champ: Fait où le numéro a été donné.
  nombre: Combien de numéros de la liste ces chiffres peuvent désigner.
  ordre: Ordre de ces numéros ; au-delà de mille, seuls les trois premiers sont ici.
  numero: Le numéro possible, actuel ou ancien.
*/
with
numero as (
    select
        nda as numero,
        try_cast(nda as bigint) as valeur
    from socle.organisme
    where valeur is not null
    union distinct
    select
        nda_precedent as numero,
        try_cast(nda_precedent as bigint) as valeur
    from socle.nda_precedent
    where valeur is not null and regexp_matches(nda_precedent, '^\d{11}$')
),

liste as (
    select
        *,
        row_number() over (order by valeur) as place
    from numero
),

tranche as (
    select distinct
        bas,
        haut
    from evaluation.identifiant
    where genre = 'PREFIXE'
),

-- Places in the ordered list rather than pairs: a short prefix stands for thousands of numbers.
bornes as (
    select
        t.bas,
        t.haut,
        d.place as premier,
        f.place as dernier
    from tranche as t
    asof inner join liste as d on t.bas <= d.valeur
    asof inner join liste as f on t.haut >= f.valeur
    where d.place <= f.place
),

place as (
    select
        i.ligne,
        i.role,
        i.champ,
        b.dernier - b.premier + 1 as nombre,
        unnest(
            range(b.premier, if(b.dernier - b.premier < 1000, b.dernier, least(b.dernier, b.premier + 2)) + 1)
        ) as place
    from evaluation.identifiant as i
    inner join bornes as b on i.bas = b.bas and i.haut = b.haut
    where i.genre = 'PREFIXE'
)

select
    p.ligne,
    p.role,
    p.champ,
    p.nombre,
    p.place as ordre,
    l.numero
from place as p
inner join liste as l on p.place = l.place

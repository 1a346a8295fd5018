/*
Sous quels numéros une partie était dans la liste du jour, quand ce n'est pas celle de la version. Un
numéro donné y est cherché tel quel, puis sous celui qu'il a remplacé ou qui l'a remplacé ; un SIREN, sous
tous ses numéros d'alors.
grain: ligne, role, nda
colonnes:
  ligne: Question posée.
  role: (evaluation.partie_liste)
  date_liste: (evaluation.liste)
  nda: Numéro que la liste portait.
  message: Ce qu'il faut dire du numéro ; vide s'il est celui qui est donné.
*/
with
cherchee as (
    select
        l.ligne,
        l.role,
        l.date_liste,
        r.qualite,
        r.demande_par,
        r.identifiant,
        r.siren,
        r.ndas,
        trim(coalesce(c.nda, c.identifiant)) as donne,
        left(regexp_replace(coalesce(c.siren, c.siret), '[^0-9]', '', 'g'), 9) as siren_donne
    from evaluation.partie_liste as l
    inner join evaluation.rapprochement as r on l.ligne = r.ligne and l.de = r.role
    left join demande.candidat as c on if(l.de = 'sous_traitant', l.ligne, null) = c.ligne
    where
        l.liste_passee
        and r.qualite in ('EXACT', 'ANCIEN_NDA', 'REPARE', 'NOM', 'ABSENT', 'DISCORDANT')
),

trouvee as (
    select
        c.*,
        o.nda,
        0 as rang
    from cherchee as c
    inner join evaluation.organisme_passe as o on c.date_liste = o.date_liste and c.identifiant = o.nda
    where c.demande_par = 'NDA' and c.qualite <> 'DISCORDANT'
    union all
    -- A number that has left since, beside the SIREN that it bore.
    select
        c.*,
        o.nda,
        0 as rang
    from cherchee as c
    inner join evaluation.organisme_passe as o on c.date_liste = o.date_liste and c.donne = o.nda
    where c.qualite = 'DISCORDANT' and c.siren_donne = o.siren
    union all
    select
        c.* exclude (numero),
        o.nda,
        1 as rang
    from (
        select
            *,
            unnest(list_distinct(list_concat(ndas, [identifiant]))) as numero
        from cherchee
        where demande_par in ('NDA', 'NOM') and qualite <> 'DISCORDANT'
    ) as c
    inner join (
        select distinct
            nda,
            lignee
        from historique.organisme_version
    ) as v on c.numero = v.nda
    inner join evaluation.organisme_passe as o on c.date_liste = o.date_liste and v.lignee = o.lignee
    union all
    select
        c.*,
        o.nda,
        1 as rang
    from cherchee as c
    inner join evaluation.organisme_passe as o on c.date_liste = o.date_liste and c.siren = o.siren
    where c.demande_par in ('SIREN', 'SIRET') and c.qualite <> 'DISCORDANT' and o.siren_valide
)

select distinct
    ligne,
    role,
    date_liste,
    nda,
    if(
        demande_par = 'NDA' and qualite <> 'DISCORDANT' and nda <> identifiant,
        'Dans cette liste, son numéro était ' || nda || '.',
        null
    ) as message
from trouvee
qualify rang = min(rang) over (partition by ligne, role)

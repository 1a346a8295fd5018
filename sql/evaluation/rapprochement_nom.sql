/*
Le rapprochement par le nom : chaque candidat est noté de 0 à 100 (mots en commun, pesés, ou lettres
en commun), plus ou moins selon le lieu ; il est accepté au-dessus d'un seuil, s'il devance assez le
premier d'une autre entité. Seuils choisis et mesurés par benchmarks/matching.py.
grain: ligne, role
colonnes:
  ligne: Ligne de la demande.
  role: Toujours sous_traitant.
  qualite: NOM si un organisme est accepté, AMBIGU si plusieurs le pourraient, AUCUN_PROCHE si aucun.
  demande_par: Toujours NOM.
  ndas: NDA de l'entité acceptée, le plus proche d'abord.
  siren: SIREN de l'entité acceptée.
  identifiant: Toujours vide.
  score: Ressemblance du plus proche, de 0 à 100.
  message: Ce qu'il faut vérifier.
  proches: Les trois plus proches, si aucun n'est accepté.
*/
with
seuil as (
    select
        -- A place confirms a name; without one the name must be nearly the same.
        88 as avec_lieu,
        97 as sans_lieu,
        5 as marge
),

question as (
    select
        nda as ligne,
        cle,
        replace(cle, ' ', '') as serre,
        regexp_replace(cle, '[^0-9]', '', 'g') as chiffres,
        ville_cle,
        code_departement
    from evaluation.rapprochement_cle
    where cle is not null
),

mot as (
    select distinct
        ligne,
        unnest(string_split(cle, ' ')) as cherche
    from question
),

-- What the words of a question weigh; those that the list ignores weigh most.
pese as (
    select
        m.ligne,
        sum(e.poids) as poids
    from mot as m
    inner join (
        select
            cherche,
            coalesce(max(poids), 1000) as poids
        from evaluation.rapprochement_equivalent
        group by cherche
    ) as e on m.cherche = e.cherche
    group by m.ligne
),

voisin as materialized (
    select
        m.ligne,
        e.mot,
        m.cherche,
        e.ressemblance
    from mot as m
    inner join evaluation.rapprochement_equivalent as e on m.cherche = e.cherche
    where e.mot is not null
),

present as materialized (
    select
        c.ligne,
        c.place,
        l.mot,
        l.poids
    from evaluation.rapprochement_candidat as c
    inner join evaluation.rapprochement_mot as l on c.place = l.place
),

-- A word asked for counts once, as the nearest word of the candidate, and that one once too.
commun as (
    select
        p.ligne,
        p.place,
        p.mot,
        (p.poids * v.ressemblance)::integer as poids
    from present as p
    inner join voisin as v on p.ligne = v.ligne and p.mot = v.mot
    qualify
        row_number() over (
            partition by p.ligne, p.place, v.cherche order by v.ressemblance desc, p.poids desc, p.mot asc
        ) = 1
),

en_commun as (
    select
        ligne,
        place,
        sum(poids) as poids
    from (
        select
            ligne,
            place,
            max(poids) as poids
        from commun
        group by ligne, place, mot
    ) as m
    group by ligne, place
),

total as (
    select
        ligne,
        place,
        sum(poids) as poids
    from present
    group by ligne, place
),

compare as (
    select
        q.ligne,
        r.nda,
        q.ville_cle is not null or q.code_departement is not null as lieu_connu,
        least(100, 200 * coalesce(k.poids, 0) / (w.poids + t.poids)) as par_mots,
        case
            -- In a few letters one mistake makes another name, and a digit is never a mistake.
            when
                least(length(q.serre), length(r.cle)) < 7
                or q.chiffres <> regexp_replace(r.cle, '[^0-9]', '', 'g')
                then if(q.serre = replace(r.cle, ' ', ''), 100, 0)
            when abs(length(q.serre) - length(replace(r.cle, ' ', ''))) > length(q.serre) // 3 then 0
            else
                100 - 150.0 * damerau_levenshtein(q.serre, replace(r.cle, ' ', ''))
                / greatest(length(q.serre), length(replace(r.cle, ' ', '')))
        end as par_lettres,
        coalesce(q.ville_cle = r.ville_cle, false)
        or coalesce(h.code_postal = o.code_postal, false) as meme_lieu,
        case
            when
                coalesce(
                    q.code_departement <> r.code_departement,
                    not list_contains(v.departements, r.code_departement),
                    false
                )
                -- Organisations move: a long name that is the same outweighs the place.
                then if(t.poids >= 1600, -12, -17)
            when meme_lieu then 1
            when q.ville_cle <> r.ville_cle then -4
            else 0
        end
        -- Nothing but common words.
        - if(t.poids < 600 and not meme_lieu, 10, 0) as lieu,
        o.denomination,
        o.ville,
        if(o.siren_valide, o.siren, null) as siren
    from evaluation.rapprochement_candidat as c
    inner join question as q on c.ligne = q.ligne
    inner join portage.recherche as r on c.place = r.rowid
    inner join pese as w on c.ligne = w.ligne
    inner join total as t on c.ligne = t.ligne and c.place = t.place
    left join en_commun as k on c.ligne = k.ligne and c.place = k.place
    left join evaluation.rapprochement_commune as v on q.ville_cle = v.ville_cle
    inner join evaluation.rapprochement_cherche as h on q.ligne = h.nda
    inner join socle.organisme as o on r.nda = o.nda
),

note as (
    select
        c.ligne,
        c.nda,
        c.lieu_connu,
        c.denomination,
        c.ville,
        c.siren,
        -- Letters alone do not tell « AM » from « BM » before a common word.
        greatest(c.par_mots, if(c.par_lettres = 100 or c.par_mots >= 40, c.par_lettres, 0)) + c.lieu as note,
        coalesce(c.siren, c.nda) as entite
    from compare as c
),

-- One row an entity: its nearest organisation.
representant as (
    select *
    from note
    qualify row_number() over (partition by ligne, entite order by note desc, nda asc) = 1
),

entite as (
    select
        *,
        row_number() over (partition by ligne order by note desc, nda asc) as ordre,
        lead(note, 1, 0) over (partition by ligne order by note desc, nda asc) as suivante
    from representant
),

meilleure as (
    select
        e.ligne,
        e.nda,
        e.siren,
        e.lieu_connu,
        round(greatest(0, least(100, e.note)), 1) as score,
        e.note >= if(e.lieu_connu, s.avec_lieu, s.sans_lieu) as assez_proche,
        e.note - e.suivante >= s.marge as devance,
        assez_proche and devance as acceptee,
        -- Near enough, were its place known: the name alone does not tell.
        coalesce(e.note >= s.avec_lieu, false) as possible
    from entite as e
    cross join seuil as s
    where e.ordre = 1
),

proches as (
    select
        ligne,
        list(
            struct_pack(
                nda := nda,
                denomination := denomination,
                ville := ville,
                score := round(greatest(0, least(100, note)), 1)
            )
            order by ordre
        ) as proches
    from entite
    where ordre <= 3
    group by ligne
),

-- Where the list puts the accepted one, when that is plainly not the place given.
ailleurs as (
    select
        m.ligne,
        concat(
            ', et la liste le situe à ', o.ville, ' (' || o.code_postal || ')',
            ', non ' || coalesce('à ' || left(h.ville, 60), 'au code postal ' || h.code_postal)
        ) as situe
    from meilleure as m
    inner join question as q on m.ligne = q.ligne
    inner join evaluation.rapprochement_cherche as h on m.ligne = h.nda
    inner join portage.recherche as r on m.nda = r.nda
    inner join socle.organisme as o on m.nda = o.nda
    where
        m.acceptee
        and coalesce(h.code_postal <> o.code_postal, true)
        and if(
            q.ville_cle is null,
            -- A town may have several postcodes: only another département is another place.
            o.code_postal is not null and q.code_departement <> r.code_departement,
            -- « Aix » for AIX EN PROVENCE, or a mistake, is the same town.
            not starts_with(r.ville_cle, q.ville_cle)
            and not starts_with(q.ville_cle, r.ville_cle)
            and jaro_winkler_similarity(q.ville_cle, r.ville_cle) < 0.9
        )
)

select
    c.nda::bigint as ligne,
    'sous_traitant' as role,
    case
        when m.acceptee then 'NOM'
        when m.possible then 'AMBIGU'
        else 'AUCUN_PROCHE'
    end as qualite,
    'NOM' as demande_par,
    case
        when
            m.acceptee
            then list_prepend(m.nda, list_filter(coalesce(e.ndas, []), lambda autre: autre <> m.nda))
        else []
    end as ndas,
    if(m.acceptee, m.siren, null) as siren,
    null::varchar as identifiant,
    m.score,
    case
        when m.acceptee
            then
                'Rapproché par le nom seulement' || coalesce(a.situe, '')
                || ' : confirmez avec le NDA ou le SIREN.'
        when m.ligne is null
            then 'Aucun organisme de la liste ne porte un nom proche : donnez le NDA ou le SIREN.'
        when m.assez_proche
            then 'Plusieurs organismes portent ce nom ou presque : donnez le NDA ou le SIREN.'
        when m.lieu_connu
            then
                'Aucun organisme de la liste n''est assez proche de ce nom et de ce lieu : '
                || 'donnez le NDA ou le SIREN.'
        when not m.possible
            then
                'Aucun organisme de la liste n''est assez proche de ce nom seul : '
                || 'donnez la ville ou le code postal, ou mieux le NDA.'
        else
            'Ce nom seul ne désigne pas un organisme à coup sûr : '
            || 'donnez la ville ou le code postal, ou mieux le NDA.'
    end as message,
    if(m.acceptee, null, coalesce(p.proches, [])) as proches
from evaluation.rapprochement_cherche as c
left join meilleure as m on c.nda = m.ligne
left join proches as p on c.nda = p.ligne
left join ailleurs as a on c.nda = a.ligne
left join socle.entite as e on m.siren = e.siren

/*
Les numéros donnés, et chaque lecture possible de chacun. Une lecture est juste par sa forme et, pour
un SIREN ou un SIRET, par sa clé (Luhn, règle propre à La Poste) ; un NDA n'a pas de clé.
Sont défaits : blancs et ponctuation, mentions (« NDA n° »), formes des tableurs (« 11755998875.0 »,
« 1,1755998875E+10 », zéros de tête perdus), O, I et L mis pour des chiffres, numéro de TVA, mots
autour du numéro (« RCS 552100554 Paris », lien d'un annuaire).
grain: ligne, role, champ, rang
colonnes:
  ligne: Ligne de la demande.
  role: sous_traitant ou porteur.
  champ: Fait où le numéro a été donné.
  brut: Texte donné, sans blancs autour.
  rang: Ordre des lectures d'un même numéro, de la plus simple à la plus réparée ; de 10 à 12, un numéro
    parmi des mots, qui peuvent en porter plusieurs.
  genre: NDA, SIRET, SIREN, ou PREFIXE (chiffres perdus en notation scientifique) ; vide sans lecture.
  numero: Numéro lu.
  bas: Plus petit NDA possible, pour un préfixe.
  haut: Plus grand NDA possible, pour un préfixe.
  etat: JUSTE, SOUS_RESERVE (juste seulement si le numéro est dans la liste), CLE_FAUSSE, ILLISIBLE
    ou VIDE.
  reparation: Ce qui a été réparé ; vide si rien ne l'a été.
  serre: Le numéro donné, sans blancs, ponctuation ni mention.
  nature: Ce qu'est ce qui a été donné, quand ce n'est pas un numéro de la forme attendue ; vide sinon.
*/
with
donne as (
    select
        ligne,
        role_juge,
        unnest([
            struct_pack(role := 'sous_traitant', champ := 'nda', brut := nda),
            struct_pack(role := 'sous_traitant', champ := 'siret', brut := siret),
            struct_pack(role := 'sous_traitant', champ := 'siren', brut := siren),
            struct_pack(role := 'sous_traitant', champ := 'identifiant', brut := identifiant),
            struct_pack(role := 'porteur', champ := 'porteur', brut := porteur)
        ], recursive := true) as lu
    from demande.candidat
    where coalesce(nda, siret, siren, identifiant, porteur) is not null
),

sans_blanc as (
    select
        ligne,
        role,
        champ,
        brut as texte,
        regexp_replace(brut, '^[\s\p{Z}]+|[\s\p{Z}]+$', '', 'g') as brut,
        regexp_replace(upper(strip_accents(brut)), '[\s\p{Z}\p{C}]', '', 'g') as serre
    from donne
    -- What evaluation.rapprochement has found as it stands needs no reading.
    anti join evaluation.rapprochement using (ligne, role)
    where brut is not null and (role = 'porteur' or role_juge is distinct from 'porteur')
),

sans_mention as (
    select
        *,
        regexp_replace(
            regexp_replace(serre, '^[=''"’`]+|[''"’`]+$|[(,;-]?RCS[A-Z\pP]*$', '', 'g'),
            '^(?:N[°ºO]?|NUM(?:ERO)?)?[.:]?(?:DE)?(?:LA)?(?:DECLARATION)?(?:D.?ACTIVITE)?'
            || '(?:NDA|SIREN|SIRET|RCS[A-Z-]*|TVA)?(?:N[°ºO]?|[°º])?[.:=#-]*([0-9OIL])',
            '\1'
        ) as numero_seul
    from sans_blanc
),

tableur as (
    select
        *,
        regexp_replace(numero_seul, '^(\d+)[.,]0{1,2}$|^(\d{9,}|\d{3,4}P\d{6})[.,]0+$', '\1\2') as entier,
        regexp_matches(numero_seul, '^\d(?:[.,]\d+)?E\+?\d{1,2}$') as scientifique,
        if(scientifique, regexp_replace(split_part(numero_seul, 'E', 1), '[.,]', ''), null) as mantisse,
        if(scientifique, split_part(numero_seul, 'E', 2)::integer + 1, null) as longueur
    from sans_mention
),

net as (
    select
        *,
        -- The digits known, when the exponent asks for no more and no fewer than the mantissa holds.
        case
            when not scientifique then regexp_replace(entier, '[\p{P}\p{S}]', '', 'g')
            when length(rtrim(mantisse, '0')) <= longueur and length(mantisse) >= longueur
                then left(mantisse, longueur)
        end as base,
        translate(base, 'OIL', '011') as chiffres,
        -- A telephone number, whose digits a NDA or a SIRET could have; no region has the prefix 33.
        regexp_matches(
            regexp_replace(serre, '[^0-9A-Z+]', '', 'g'), '^(TEL)?((\+|00)?33(0)?|0)[1-9]\d{8}$'
        ) as telephone,
        case
            when telephone then 'est un numéro de téléphone'
            when contains(serre, '@') then 'est une adresse électronique'
            when
                regexp_matches(serre, '^(HTTPS?:|WWW\.)|^[A-Z0-9-]+(\.[A-Z0-9-]+)*\.(FR|COM|ORG|NET|EU)(/|$)')
                then 'est une adresse web'
            when regexp_matches(serre, '^W\d[0-9A-Z]\d{7}$') then 'est un numéro RNA d''association'
            when regexp_matches(serre, '^\d{2}\.?\d{2}[A-Z]$') then 'est un code APE'
            when regexp_matches(serre, '^\d{7}[A-Z]$') then 'est un numéro UAI d''établissement'
            when
                regexp_matches(serre, '^\d{1,2}[/.-]\d{1,2}[/.-](19|20)?\d{2}$|^(19|20)\d{2}-\d{2}-\d{2}')
                then 'est une date'
            when regexp_matches(base, '^\d+$')
                then
                    'compte ' || length(base) || if(length(base) = 1, ' chiffre', ' chiffres')
                    || ' (un SIREN en a 9, un NDA 11, un SIRET 14)'
            when regexp_matches(serre, '^[\p{L}\p{P}]{3,}$') then 'est un nom, pas un numéro'
        end as nature,
        -- How many digits a spreadsheet rounded away or cut off.
        if(
            scientifique and longueur in (10, 11) and length(mantisse) between 4 and longueur - 1,
            longueur - length(mantisse), null
        ) as perdus,
        case
            when scientifique then 'notation scientifique d''un tableur développée'
            when entier <> numero_seul then 'décimales d''un tableur ôtées'
            when numero_seul <> serre then 'mention ôtée'
            when base <> brut then 'blancs ou ponctuation ôtés'
        end as nettoyage
    from tableur
),

lecture as (
    select
        * exclude (numero_seul, entier, scientifique, longueur),
        unnest([
            -- What stays when nothing can be read.
            struct_pack(
                rang := 0,
                genre := null::varchar,
                etat := case
                    when regexp_matches(serre, '^[\p{P}\p{S}]*0?[\p{P}\p{S}]*$') then 'VIDE'
                    when regexp_matches(
                        serre,
                        '^[#(]?(N/?[ACR]|NAN|NULL|NONE|NEANT|AUCUN|SANS|INCONNU|XX*|TBD|REF!|VALEUR!|N/A|'
                        || 'ENCOURS|NONCONNU|NONRENSEIGNE|NONCOMMUNIQUE|ADEMANDER|AVENIR|\?)[).]?$'
                    ) then 'VIDE'
                    else 'ILLISIBLE'
                end,
                geste := null::varchar,
                numero := ''
            ),
            struct_pack(
                rang := 1, genre := 'NDA', etat := 'JUSTE', geste := null,
                numero := if(regexp_matches(base, '^\d{4}(\d{5}|P\d{4})\d{2}$'), base, null)
            ),
            struct_pack(
                rang := 2, genre := 'SIRET', etat := 'JUSTE', geste := null,
                numero := if(regexp_matches(base, '^\d{14}$'), base, null)
            ),
            struct_pack(
                rang := 3, genre := 'SIREN', etat := 'JUSTE', geste := null,
                numero := if(regexp_matches(base, '^\d{9}$'), base, null)
            ),
            struct_pack(
                rang := 4, genre := 'SIREN', etat := 'JUSTE', geste := 'SIREN tiré du numéro de TVA',
                numero := if(regexp_matches(base, '^FR[0-9A-Z]{2}\d{9}$'), right(base, 9), null)
            ),
            struct_pack(
                rang := 5,
                genre := 'NDA',
                etat := if(regexp_matches(base, '^[1-6]97'), 'JUSTE', 'SOUS_RESERVE'),
                geste := 'zéro de tête rendu',
                numero := if(regexp_matches(base, '^\d{3}(\d{5}|P\d{4})\d{2}$'), '0' || base, null)
            ),
            struct_pack(
                -- One key in ten is right by chance: only the list tells that zeros were lost.
                rang := 6, genre := 'SIREN', etat := 'SOUS_RESERVE', geste := 'zéros de tête rendus',
                numero := if(regexp_matches(base, '^\d{5,8}$'), lpad(base, 9, '0'), null)
            ),
            struct_pack(
                rang := 7, genre := 'SIRET', etat := 'SOUS_RESERVE', geste := 'zéros de tête rendus',
                -- Eleven digits are an NDA, but where a SIRET is asked for.
                numero := if(
                    regexp_matches(base, '^\d{10,13}$') and (length(base) <> 11 or champ = 'siret'),
                    lpad(base, 14, '0'), null
                )
            ),
            struct_pack(
                rang := 8,
                genre := case length(chiffres) when 11 then 'NDA' when 14 then 'SIRET' else 'SIREN' end,
                etat := 'SOUS_RESERVE',
                geste := 'lettres O, I ou L lues comme des chiffres',
                numero := if(
                    base <> chiffres
                    and regexp_matches(chiffres, '^(\d{4}(\d{5}|P\d{4})\d{2}|\d{14}|\d{9})$'), chiffres, null
                )
            ),
            struct_pack(
                rang := 9,
                genre := 'PREFIXE',
                etat := 'SOUS_RESERVE',
                geste := 'seul NDA de la liste que ces chiffres, tronqués par un tableur, puissent désigner',
                numero := if(perdus is not null, mantisse, null)
            )
        ], recursive := true) as lu
    from net
),

-- pipelines/portage/numbers.py finds them: what surrounds a number is in no list.
parmi_des_mots as (
    select
        d.ligne,
        d.role,
        d.champ,
        d.brut,
        list_position(['NDA', 'SIRET', 'SIREN'], n.genre) + 9 as rang,
        n.genre,
        n.numero
    from sans_blanc as d
    inner join demande.numero as n on d.texte = n.texte
),

-- Luhn on fourteen digits: zeros before a SIREN change nothing. La Poste has a rule of its own.
controle as (
    select
        *,
        if(genre in ('SIREN', 'SIRET'), numero, '0') as cle,
        lpad(cle, 14, '0') as quatorze,
        left(cle, 9) as siren,
        lpad(siren, 14, '0') as siren_quatorze,
        rang > 0
        and not telephone
        and (
            genre in ('NDA', 'PREFIXE')
            or (
                siren <> '000000000'
                and list_sum(string_split(
                    translate(regexp_replace(siren_quatorze, '(.).', '\1', 'g'), '0123456789', '0246813579')
                    || regexp_replace(siren_quatorze, '.(.)', '\1', 'g'), ''
                )::integer[]) % 10 = 0
                and case
                    when genre = 'SIREN' then true
                    when siren = '356000000' and cle <> '35600000000048'
                        then list_sum(string_split(quatorze, '')::integer[]) % 5 = 0
                    else list_sum(string_split(
                        translate(regexp_replace(quatorze, '(.).', '\1', 'g'), '0123456789', '0246813579')
                        || regexp_replace(quatorze, '.(.)', '\1', 'g'), ''
                    )::integer[]) % 10 = 0
                end
            )
        )
        -- The key of a VAT number, where it is made of digits.
        and (
            rang <> 4
            or regexp_matches(base, '^FR\d?[A-Z]')
            or (12 + 3 * (siren::bigint % 97)) % 97 = try_cast(substr(base, 3, 2) as bigint)
        ) as juste
    from lecture
    where numero is not null
),

retenue as (
    select
        *,
        bool_or(juste) over fait as lisible,
        bool_or(rang between 2 and 4) over fait as complet
    from controle
    window fait as (partition by ligne, role, champ)
),

-- Numbers among words are read where the text as a whole is none, right or wrong.
entoure as (
    select m.*
    from parmi_des_mots as m
    anti join (
        select
            ligne,
            role,
            champ
        from retenue
        where juste or complet
    ) as r
        on m.ligne = r.ligne and m.role = r.role and m.champ = r.champ
),

toute as (
    select
        r.ligne,
        r.role,
        r.champ,
        r.brut,
        r.rang,
        r.genre,
        r.numero,
        r.etat,
        r.nettoyage,
        r.geste,
        r.perdus,
        r.complet,
        r.base as serre,
        r.nature
    from retenue as r
    anti join entoure as e on r.ligne = e.ligne and r.role = e.role and r.champ = e.champ
    where r.juste or (r.rang = 0 and not r.lisible)
    union all
    select
        ligne,
        role,
        champ,
        brut,
        rang,
        genre,
        numero,
        'JUSTE' as etat,
        null as nettoyage,
        'mots ôtés autour du numéro' as geste,
        null as perdus,
        false as complet,
        numero as serre,
        null as nature
    from entoure
)

select
    ligne,
    role,
    champ,
    brut,
    rang,
    genre,
    if(rang = 0, null, numero) as numero,
    -- A spreadsheet cuts or rounds: the true number may be on either side.
    if(genre = 'PREFIXE', numero::bigint * 10 ** perdus - 10 ** perdus // 2, null)::bigint as bas,
    if(genre = 'PREFIXE', (numero::bigint + 1) * 10 ** perdus - 1, null)::bigint as haut,
    if(rang = 0 and complet, 'CLE_FAUSSE', etat) as etat,
    nullif(concat_ws(', ', nettoyage, geste), '') as reparation,
    serre,
    nature
from toute

/*
Le rapprochement par numéro, quand un numéro n'est pas tel quel dans la liste ou que plusieurs sont
donnés. Le NDA passe d'abord ; des numéros d'entités différentes ne sont pas départagés.
grain: ligne, role
colonnes:
  ligne: Ligne de la demande.
  role: sous_traitant ou porteur.
  qualite: Voir evaluation.rapprochement.
  demande_par: NDA, SIRET ou SIREN ; vide si le numéro ne le dit pas.
  ndas: NDA trouvés, le meilleur d'abord.
  siren: SIREN, s'il est connu.
  identifiant: Numéro compris.
  score: Toujours vide.
  message: Ce qui a été réparé, ou pourquoi le rapprochement est douteux.
  proches: Les trois organismes les plus proches, en cas de doute ou de numéro que la liste n'a pas.
  voisins: Voir evaluation.rapprochement.
  voisins_dits: Voir evaluation.rapprochement.
*/
with
-- A number and the organisations that it stands for: none, one, or several.
cible as (
    select
        i.ligne,
        i.role,
        i.champ,
        i.rang,
        i.numero,
        o.nda,
        o.nda as repere,
        if(o.siren_valide, o.siren, null) as siren,
        false as ancien
    from evaluation.identifiant as i
    inner join socle.organisme as o on i.numero = o.nda
    where i.genre = 'NDA'
    union all
    select
        i.ligne,
        i.role,
        i.champ,
        i.rang,
        i.numero,
        o.nda,
        -- An old number may have become several of one entity: they are one answer.
        if(o.siren_valide, o.siren, o.nda) as repere,
        if(o.siren_valide, o.siren, null) as siren,
        true as ancien
    from evaluation.identifiant as i
    inner join socle.nda_precedent as p on i.numero = p.nda_precedent
    inner join socle.organisme as o on p.nda = o.nda
    where i.genre = 'NDA' and i.numero not in (select a.nda from socle.organisme as a)
    union all
    select
        i.ligne,
        i.role,
        i.champ,
        i.rang,
        i.numero,
        unnest(e.ndas) as nda,
        e.siren as repere,
        e.siren,
        false as ancien
    from evaluation.identifiant as i
    inner join socle.entite as e on left(i.numero, 9) = e.siren
    where i.genre in ('SIREN', 'SIRET')
    union all
    select
        p.ligne,
        p.role,
        p.champ,
        9 as rang,
        p.numero,
        o.nda,
        p.numero as repere,
        if(o.siren_valide, o.siren, null) as siren,
        p.numero <> o.nda as ancien
    from evaluation.rapprochement_prefixe as p
    left join socle.organisme as actuel on p.numero = actuel.nda
    left join socle.nda_precedent as a on p.numero = a.nda_precedent and actuel.nda is null
    inner join socle.organisme as o on coalesce(actuel.nda, a.nda) = o.nda
),

lu as (
    select
        i.ligne,
        i.role,
        i.champ,
        i.rang,
        i.brut,
        i.etat,
        i.nature,
        i.reparation,
        replace(i.genre, 'PREFIXE', 'NDA') as genre,
        coalesce(c.numero, i.numero) as numero,
        c.repere,
        c.siren,
        -- Whom a number among words is of, listed or not.
        if(
            i.rang >= 10,
            coalesce(c.siren, if(i.genre = 'NDA', i.numero, left(i.numero, 9))),
            null
        ) as ecrit,
        coalesce(bool_or(c.ancien), false) as ancien,
        coalesce(list(c.nda order by c.nda) filter (c.nda is not null), []) as ndas
    from evaluation.identifiant as i
    left join cible as c on i.ligne = c.ligne and i.role = c.role and i.champ = c.champ and i.rang = c.rang
    group by all
),

-- One row a fact: what its number stands for, whatever the way it was read.
champ as (
    select
        ligne,
        role,
        champ,
        any_value(brut) as brut,
        any_value(nature) as nature,
        unnest(
            arg_min(
                struct_pack(
                    genre := genre, numero := numero, reparation := reparation,
                    siren := siren, ndas := ndas, ancien := ancien
                ),
                -- Where several numbers of the list are possible, the first in order.
                (repere is null, rang, numero)
            )
        ) as retenu,
        list_sort(flatten(list(ndas))) as possibles,
        list_sort(list(distinct numero) filter (ecrit is not null)) as ecrits,
        -- Two numbers of declaration of one entity are two answers.
        greatest(
            count(distinct ecrit),
            count(distinct coalesce(ndas[1], numero)) filter (rang = 10)
        ) as nb_ecrits,
        count(distinct repere) as nb_possibles,
        count(distinct numero) filter (etat = 'JUSTE') as nb_justes,
        case
            when nb_ecrits > 1 then 'AMBIGU'
            when nb_ecrits = 1 then if(nb_possibles > 0, 'TROUVE', 'ABSENT')
            when nb_possibles = 1 then 'TROUVE'
            when nb_possibles > 1 then 'AMBIGU'
            when nb_justes = 1 then 'ABSENT'
            when nb_justes = 0 and max(etat) in ('CLE_FAUSSE', 'VIDE') then max(etat)
            else 'ILLISIBLE'
        end as statut
    from lu
    group by ligne, role, champ
),

champ_complet as (
    select
        c.*,
        case
            when c.statut = 'TROUVE' then c.siren
            when c.statut = 'ABSENT' and c.genre <> 'NDA' then left(c.numero, 9)
        end as siren_connu,
        if(c.statut = 'TROUVE', coalesce(c.siren, c.ndas[1]), null) as entite,
        coalesce(p.nombre, c.nb_possibles) as nombre,
        list_position(['TROUVE', 'AMBIGU', 'ABSENT', 'CLE_FAUSSE', 'ILLISIBLE', 'VIDE'], c.statut) * 100
        + coalesce(list_position(['NDA', 'SIRET', 'SIREN'], c.genre), 4) * 10
        + list_position(['nda', 'siret', 'siren', 'identifiant', 'porteur'], c.champ) as priorite
    from champ as c
    left join (
        select distinct
            ligne,
            role,
            champ,
            nombre
        from evaluation.rapprochement_prefixe
    ) as p on c.ligne = p.ligne and c.role = p.role and c.champ = p.champ
),

ligne as (
    select
        ligne,
        role,
        unnest(
            arg_min(
                struct_pack(
                    champ := champ, brut := left(brut, 60), genre := genre, numero := numero,
                    reparation := reparation, siren := siren_connu, ndas := ndas, ancien := ancien,
                    nombre := nombre, statut := statut, ecrits := ecrits
                ),
                priorite
            )
        ) as retenu,
        flatten(list(ndas order by priorite) filter (statut = 'TROUVE')) as trouves,
        flatten(list(possibles order by priorite) filter (statut = 'AMBIGU')) as ambigus,
        list_intersect(min_by(ndas, priorite), ambigus) as communs,
        -- A thousand possible numbers are not compared one by one.
        coalesce(bool_and(nombre <= 1000) filter (statut = 'AMBIGU'), false) as ambigus_connus,
        coalesce(min(entite) <> max(entite), false)
        or coalesce(min(siren_connu) <> max(siren_connu), false)
        or bool_or(statut = 'ABSENT' and genre = 'NDA') and bool_or(statut = 'TROUVE')
        or bool_or(statut = 'TROUVE') and ambigus_connus and len(communs) = 0 as discordant,
        string_agg(
            if(champ = 'identifiant', 'l''identifiant', 'le ' || upper(champ))
            || ' « ' || left(brut, 60) || ' »',
            ' et ' order by priorite
        )
        filter (statut not in ('VIDE', 'ILLISIBLE', 'CLE_FAUSSE')) as utiles,
        string_agg('« ' || left(brut, 60) || ' »', ' et ' order by priorite)
        filter (statut in ('ILLISIBLE', 'CLE_FAUSSE')) as inutiles,
        string_agg(
            '« ' || left(brut, 60) || ' » '
            || coalesce(nature, 'ne se lit ni comme un NDA, ni comme un SIRET, ni comme un SIREN'),
            ' et ' order by priorite
        )
        filter (statut = 'ILLISIBLE') as illisibles,
        string_agg('le ' || genre || ' ' || numero, ' et ' order by priorite)
        filter (statut = 'ABSENT') as absents,
        count(*) filter (statut = 'ABSENT') as nb_absents
    from champ_complet
    group by ligne, role
),

jugee as (
    select
        *,
        -- Several numbers are possible by one fact, and one only by another: it is that one.
        not discordant and ambigus_connus and statut = 'TROUVE' and len(communs) = 1 and len(ndas) > 1
            as departage,
        case
            when discordant then 'DISCORDANT'
            when statut <> 'TROUVE' then statut
            when departage then 'REPARE'
            when reparation is not null and (not ancien or genre <> 'NDA') then 'REPARE'
            when ancien then 'ANCIEN_NDA'
            else 'EXACT'
        end as qualite
    from ligne
),

proche as (
    select
        j.ligne,
        j.role,
        o.nda,
        o.denomination,
        o.ville,
        -- Only to put the likely first: no number is chosen by a name.
        if(j.qualite <> 'DISCORDANT', round(100 * jaro_winkler_similarity(
            lower(strip_accents(o.denomination)), lower(strip_accents(d.nom))
        ), 1), null) as score,
        row_number()
            over (partition by j.ligne, j.role order by score desc nulls last, j.place asc, o.nda asc)
            as ordre
    from (
        select
            ligne,
            role,
            qualite,
            unnest(if(qualite = 'AMBIGU', ambigus, trouves)) as nda,
            generate_subscripts(if(qualite = 'AMBIGU', ambigus, trouves), 1) as place
        from jugee
        where qualite in ('AMBIGU', 'DISCORDANT')
        union all
        select
            j.ligne,
            j.role,
            j.qualite,
            v.nda,
            row_number() over (partition by j.ligne, j.role order by v.numero, v.nda) as place
        from jugee as j
        inner join evaluation.rapprochement_voisin as v
            on j.ligne = v.ligne and j.role = v.role and j.champ = v.champ
        where j.qualite in ('ABSENT', 'CLE_FAUSSE', 'ILLISIBLE')
    ) as j
    inner join socle.organisme as o on j.nda = o.nda
    left join demande.candidat as d on if(j.role = 'sous_traitant', j.ligne, null) = d.ligne
    qualify ordre <= 3
),

proches as (
    select
        ligne,
        role,
        list(
            struct_pack(nda := nda, denomination := denomination, ville := ville, score := score)
            order by ordre
        ) as proches
    from proche
    group by ligne, role
),

-- Two numbers of one organisation are one proposal each; beyond three, none is likelier.
voisin as (
    select
        j.ligne,
        j.role,
        -- Those that it has first: one that has left is named when it is alone.
        list(distinct v.numero order by v.numero) filter (where v.listee) as listes,
        list(distinct v.numero order by v.numero) as tous,
        if(listes is null, 'la liste a eu ', 'la liste a ')
        || array_to_string(coalesce(listes, tous)[:3], ', ')
        || if(len(coalesce(listes, tous)) > 3, '…', '') as dits,
        list(distinct v.nda order by v.nda) as ndas_voisins
    from jugee as j
    inner join evaluation.rapprochement_voisin as v
        on j.ligne = v.ligne and j.role = v.role and j.champ = v.champ
    where j.qualite in ('ABSENT', 'CLE_FAUSSE', 'ILLISIBLE')
    group by j.ligne, j.role
),

dite as (
    select
        j.*,
        -- Beside an absent SIREN or SIRET, whose key is right, the number is not alone.
        if(j.qualite = 'ABSENT' and j.genre = 'NDA' and j.nb_absents = 1, v.ndas_voisins, null) as voisins,
        v.dits as voisins_dits,
        concat_ws(
            ' ; ',
            -- First what the list does not have: a reader stops there.
            case
                when qualite = 'ABSENT'
                    then
                        'le ' || genre || ' ' || numero || ' n''est pas dans la liste : '
                        || 'vérifiez-le ou demandez le récépissé de déclaration'
                when qualite = 'DISCORDANT' and nb_absents > 0
                    then absents || if(nb_absents > 1, ' ne sont', ' n''est') || ' pas dans la liste'
            end,
            if(
                qualite in ('REPARE', 'ANCIEN_NDA', 'ABSENT') and reparation is not null,
                '« ' || brut || ' » est lu comme le ' || genre || ' ' || numero || ' (' || reparation || ')',
                null
            ),
            if(
                qualite in ('EXACT', 'REPARE', 'ANCIEN_NDA', 'ABSENT')
                and champ in ('nda', 'siret', 'siren') and upper(champ) <> genre,
                'le numéro donné comme ' || upper(champ) || ' est un ' || genre,
                null
            ),
            case qualite
                when 'ANCIEN_NDA'
                    then
                        'le NDA ' || numero || ' est un ancien numéro, remplacé par '
                        || array_to_string(ndas, ' et ')
                when 'DISCORDANT'
                    then utiles || ' ne désignent pas la même entité : vérifiez lequel est le bon'
                when 'AMBIGU'
                    then if(
                        len(ecrits) > 1,
                        '« ' || brut || ' » porte plusieurs numéros (' || array_to_string(ecrits, ', ')
                        || ') : gardez celui de l''organisme',
                        '« ' || brut || ' » peut désigner ' || nombre || ' numéros de la liste : '
                        || 'redemandez le numéro entier'
                    )
                when 'CLE_FAUSSE'
                    then 'la clé du numéro ' || inutiles || ' est fausse : vérifiez-le'
                when 'ILLISIBLE'
                    then
                        illisibles || ' : donnez le NDA, le SIREN ou le SIRET'
                when 'VIDE'
                    then
                        if(
                            role = 'porteur',
                            'aucun numéro de porteur n''est donné : donnez son NDA, son SIRET ou son SIREN',
                            'aucun numéro n''est donné : '
                            || 'donnez un NDA, un SIRET, un SIREN, ou un nom et sa ville'
                        )
            end,
            if(
                departage,
                'parmi les NDA de l''entité, seul ' || communs[1] || ' peut être l''autre numéro donné', null
            ),
            if(
                qualite not in ('CLE_FAUSSE', 'ILLISIBLE') and inutiles is not null,
                'il n''est pas tenu compte de ' || inutiles || ', illisible ou de clé fausse',
                null
            ),
            'à un caractère près, ' || v.dits
        ) as texte
    from jugee as j
    left join voisin as v using (ligne, role)
)

select
    d.ligne,
    d.role,
    d.qualite,
    d.genre as demande_par,
    case
        when d.departage then d.communs
        when d.qualite in ('EXACT', 'REPARE', 'ANCIEN_NDA') then d.ndas
        else []
    end as ndas,
    if(d.qualite in ('DISCORDANT', 'AMBIGU'), null, d.siren) as siren,
    if(d.qualite in ('AMBIGU', 'ILLISIBLE', 'VIDE'), null, d.numero) as identifiant,
    null::double as score,
    if(d.texte = '', null, upper(left(d.texte, 1)) || substr(d.texte, 2) || '.') as message,
    p.proches,
    d.voisins,
    d.voisins_dits
from dite as d
left join proches as p on d.ligne = p.ligne and d.role = p.role
left join demande.candidat as c on d.ligne = c.ligne
-- Signs that stand for « no number » leave the name, which is looked up next.
where d.qualite <> 'VIDE' or d.role = 'porteur' or c.nom is null
union all
select
    ligne,
    'sous_traitant' as role,
    'VIDE' as qualite,
    null as demande_par,
    [] as ndas,
    null as siren,
    null as identifiant,
    null as score,
    'Aucun numéro ni nom n''est donné : donnez un NDA, un SIRET, un SIREN, ou un nom et sa ville.' as message,
    null as proches,
    null as voisins,
    null as voisins_dits
from demande.candidat
where
    coalesce(nda, siret, siren, identifiant, nom, profil) is null and role_juge is distinct from 'porteur'

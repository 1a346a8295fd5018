/*
Les faits déclarés, un par ligne, lus selon leur genre. Un fait qui ne se lit pas est gardé, avec la
phrase qui le dit : il ne vaut ni oui ni non.
grain: ligne, fait
colonnes:
  ligne: Question posée.
  fait: Nom du fait.
  texte: Ce qui est écrit.
  booleen: Valeur d'un oui ou non.
  jour: Valeur d'une date.
  nombre: Valeur d'un montant.
  valeurs: Valeurs d'un choix ou d'une liste.
  defaut: Phrase qui dit pourquoi le fait ne se lit pas ; vide s'il se lit.
*/
with
ecrit as (
    select
        u.ligne,
        u.fait,
        f.genre,
        f.liste,
        f.libelle,
        case f.genre
            when 'date' then regexp_replace(u.texte, '[ T]\d{1,2}:\d{2}.*$', '')
            else u.texte
        end as texte
    from demande.declaration as u
    inner join demande.fait as f on u.fait = f.fait
    where
        -- « Qualiopi : non » declares no certificate.
        not (
            f.genre = 'liste'
            and f.liste = 'action'
            and lower(strip_accents(u.texte)) in ('non', 'aucun', 'aucune', 'neant', '-')
        )
),

morceau as (
    select
        ligne,
        fait,
        liste,
        trim(regexp_replace(lower(strip_accents(partie)), '[^a-z0-9]+', ' ', 'g')) as cle
    from (
        select
            ligne,
            fait,
            liste,
            unnest(
                case when genre = 'liste' then string_split_regex(texte, '[+|,;/&]| et ') else [texte] end
            ) as partie
        from ecrit
        where genre in ('liste', 'choix')
    ) as parties
),

-- A legal category of SIRENE (four digits) is known by how it begins.
choisi as (
    select
        m.ligne,
        m.fait,
        list(coalesce(entier.valeur, debut2.valeur, debut1.valeur)) as valeurs,
        bool_and(coalesce(entier.valeur, debut2.valeur, debut1.valeur) is not null) as lu
    from morceau as m
    left join portage.ecriture as entier on m.liste = entier.liste and m.cle = entier.ecriture
    left join portage.ecriture as debut2
        on
            m.liste = debut2.liste
            and regexp_full_match(m.cle, '\d{4}')
            and left(m.cle, 2) = debut2.ecriture
    left join portage.ecriture as debut1
        on
            m.liste = debut1.liste
            and regexp_full_match(m.cle, '\d{4}')
            and left(m.cle, 1) = debut1.ecriture
    where m.cle <> ''
    group by all
),

lu as (
    select
        e.*,
        case
            when e.genre <> 'booleen' then null
            when lower(strip_accents(e.texte)) in ('oui', 'o', 'vrai', 'true', 'yes', 'y', 'x', '1') then true
            when lower(strip_accents(e.texte)) in ('non', 'n', 'faux', 'false', 'no', '0') then false
        end as booleen,
        case
            when e.genre = 'date'
                then coalesce(
                    case
                        when regexp_full_match(e.texte, '\d{1,2}[/.-]\d{1,2}[/.-]\d{2}')
                            then try_strptime(e.texte, ['%d/%m/%y', '%d-%m-%y', '%d.%m.%y'])
                        else try_strptime(e.texte, ['%Y-%m-%d', '%d/%m/%Y', '%d-%m-%Y', '%d.%m.%Y'])
                    end,
                    try_cast(e.texte as timestamp)
                )::date
        end as jour,
        case
            -- « 100,000 » or « 4.999 » can be read in two ways: neither is chosen.
            when e.genre = 'montant' and not regexp_full_match(chiffres.brut, '-?[1-9]\d{0,2}[.,]\d{3}')
                then try_cast(
                    replace(
                        case
                            -- Separators of thousands, as in « 1.042.000,50 ».
                            when regexp_full_match(chiffres.brut, '-?\d{1,3}(\.\d{3})+(,\d+)?')
                                then replace(chiffres.brut, '.', '')
                            when regexp_full_match(chiffres.brut, '-?\d{1,3}(,\d{3})+(\.\d+)?')
                                then replace(chiffres.brut, ',', '')
                            else chiffres.brut
                        end,
                        ',', '.'
                    ) as decimal(18, 4)
                )
        end as nombre,
        choisi.valeurs,
        coalesce(choisi.lu, false) as choix_lu
    from ecrit as e
    left join choisi on e.ligne = choisi.ligne and e.fait = choisi.fait
    cross join lateral (
        select regexp_replace(e.texte, '(?i)[\s\x{00a0}\x{202f}€%]|euros?|heures?|ht$|h$', '', 'g') as brut
    ) as chiffres
),

possibles as (
    select
        liste as nom,
        string_agg(distinct valeur, ', ' order by valeur) as valeurs
    from portage.ecriture
    group by liste
),

juge as (
    select
        lu.*,
        case
            when genre = 'booleen' and booleen is null then 'oui ou non'
            when
                genre = 'date'
                and (jour is null or jour not between date '1990-01-01' and date '2060-12-31')
                then 'une date de 1990 à 2060, AAAA-MM-JJ ou JJ/MM/AAAA'
            when
                fait = 'annee_ca'
                and (nombre is null or nombre not between 2000 and 2060 or nombre <> trunc(nombre))
                then 'une année'
            when fait = 'part_sous_traitee' and (nombre is null or nombre not between 0 and 100)
                then 'un pourcentage, de 0 à 100'
            when fait = 'montant' and nombre = 0 then 'un montant supérieur à zéro'
            when genre = 'montant' and (nombre is null or nombre < 0)
                then 'un nombre positif, sans séparateur de milliers'
            when genre in ('choix', 'liste') and not choix_lu then possibles.valeurs
        end as attendu
    from lu
    left join possibles on lu.liste = possibles.nom
)

select
    ligne,
    fait,
    texte,
    case when attendu is null then booleen end as booleen,
    case when attendu is null then jour end as jour,
    case when attendu is null then nombre end as nombre,
    case when attendu is null then valeurs end as valeurs,
    case
        when attendu is not null
            then
                '« '
                || libelle
                || ' » ne se lit pas (« '
                || left(texte, 60)
                || ' ») : donnez '
                || attendu
                || '.'
    end as defaut
from juge

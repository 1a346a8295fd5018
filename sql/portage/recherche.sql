/*
Les dénominations et les communes sous la forme où on les compare : sans accents, ponctuation, formes
juridiques, titres ni mots vides, abréviations développées. Ce modèle sert aussi aux noms cherchés :
pipelines/portage/matching.py le passe sur la demande, pour que les deux côtés soient écrits pareil.
grain: nda
colonnes:
  nda: (contrat)
  cle: Mots de la dénomination, dans l'ordre, séparés par un blanc ; vide si elle n'en a aucun.
  ville_cle: Commune normalisée, sans CEDEX ni arrondissement ; vide sans adresse.
  code_departement: Département de l'adresse, ou à défaut du NDA.
*/
with
abreviation (mot, entier) as (
    values
    ('FORM', 'FORMATION'), ('FORMAT', 'FORMATION'), ('CTRE', 'CENTRE'), ('CTR', 'CENTRE'),
    ('CENTER', 'CENTRE'), ('ST', 'SAINT'), ('INST', 'INSTITUT'), ('INSTIT', 'INSTITUT'),
    ('FED', 'FEDERATION'), ('FEDE', 'FEDERATION'), ('NAT', 'NATIONAL'), ('NATIONALE', 'NATIONAL'),
    ('REG', 'REGIONAL'), ('REGIONALE', 'REGIONAL'), ('DEP', 'DEPARTEMENTAL'), ('DEPT', 'DEPARTEMENTAL'),
    ('DEPARTEMENTALE', 'DEPARTEMENTAL'), ('DEV', 'DEVELOPPEMENT'), ('DEVT', 'DEVELOPPEMENT'),
    ('DEVPT', 'DEVELOPPEMENT'), ('DEVELOP', 'DEVELOPPEMENT'), ('PROF', 'PROFESSIONNEL'),
    ('PROFESSIONNELLE', 'PROFESSIONNEL'), ('INTERNAT', 'INTERNATIONAL'), ('INTL', 'INTERNATIONAL'),
    ('INTERNATIONALE', 'INTERNATIONAL'), ('CONSULT', 'CONSULTING'), ('FRANCAISE', 'FRANCAIS'),
    ('ENT', 'ENTREPRISE'), ('GRP', 'GROUPE'), ('GPE', 'GROUPE'), ('GROUP', 'GROUPE'),
    ('ACAD', 'ACADEMIE'), ('MAIS', 'MAISON'), ('COMP', 'COMPETENCE'), ('SCE', 'SERVICE'),
    ('SVCE', 'SERVICE'), ('SECU', 'SECURITE'), ('TECHN', 'TECHNIQUE'), ('UNIV', 'UNIVERSITE')
),

lettres as (
    select
        nda,
        code_departement,
        -- Dots of initials are dropped: « A.F.E.E.P. » is one word, and so is « D&D ».
        regexp_replace(
            regexp_replace(
                replace(upper(strip_accents(denomination)), 'Œ', 'OE'),
                '^ *M\. |\b([A-Z])(?:\.| ?& ?\b)', '\1', 'g'
            ),
            '[^A-Z0-9]+', ' ', 'g'
        ) as nom,
        regexp_replace(
            regexp_replace(
                upper(strip_accents(ville)),
                '\bCEDEX.*|\bARRONDISSEMENT| *\d+ ?(?:ERE?|EME|E)\b|[^A-Z]+',
                ' ',
                'g'
            ),
            '\bST(E?)\b', 'SAINT\1', 'g'
        ) as commune
    from socle.organisme
),

-- What is written in words here and in initials there.
sigles as (
    select
        nda,
        code_departement,
        commune,
        replace(replace(replace(replace(replace(replace(
            if(
                contains(nom, 'MAISON FAMIL') or contains(nom, 'MAISONS FAMIL') or contains(nom, 'MFREO'),
                regexp_replace(
                    ' ' || nom || ' ',
                    ' MAISONS? FAMILIALES? RURALES?(?: D)?(?: EDUCATION)?(?: ET)?(?: D)?(?: ORIENTATION)?'
                    || '| MFREO ', ' MFR '
                ),
                ' ' || nom || ' '
            ),
            ' CENTRE DE FORMATION D APPRENTIS ', ' CFA '
        ),
        ' CHAMBRE DE COMMERCE ET D INDUSTRIE ', ' CCI '), ' RESSOURCES HUMAINES ', ' RH '),
        ' AUTO ECOLE ', ' AUTOECOLE '), ' AUTO MOTO ECOLE ', ' AUTOECOLE MOTO '),
        ' ENTREPRISE INDIVIDUELLE ', ' ') as nom
    from lettres
),

-- Few names hold an abbreviation: only those are taken word by word.
entier as (
    select
        m.nda,
        string_agg(coalesce(a.entier, m.mot), ' ' order by m.place) as nom
    from (
        select
            nda,
            unnest(string_split(nom, ' ')) as mot,
            generate_subscripts(string_split(nom, ' '), 1) as place
        from sigles
        where list_has_any(string_split(nom, ' '), (select list(mot) from abreviation))
    ) as m
    left join abreviation as a on m.mot = a.mot
    group by m.nda
),

-- Singular and plural are one word.
mots as (
    select
        s.nda,
        s.code_departement,
        s.commune,
        regexp_replace(coalesce(e.nom, s.nom), '\b([A-Z0-9]{3,}[A-RT-Z0-9])S\b', '\1', 'g') as mots,
        -- Words that say nothing of which organisation it is.
        regexp_replace(
            mots,
            '\b(?:SARL|SAS|SASU|EURL|EI|EIRL|SA|SCOP|SCIC|SCI|SNC|SELARL|SCP|GIE|GIP|STE|SOCIETE|ENTREPRISE|'
            || 'ETS|ETABLISSEMENT|ASSOCIATION|ASSO|ASSOC|ASS|MONSIEUR|MADAME|MADEMOISELLE|MR|MME|MLLE|DE|DES|'
            || 'DU|D|LA|LE|LES|L|ET|A|AU|AUX|EN|POUR|PAR|SUR|UN|UNE|AND|THE|OF)\b',
            '', 'g'
        ) as distinctifs
    from sigles as s
    left join entier as e on s.nda = e.nda
)

select
    nda,
    coalesce(
        nullif(trim(regexp_replace(distinctifs, ' +', ' ', 'g')), ''),
        nullif(trim(regexp_replace(mots, ' +', ' ', 'g')), '')
    ) as cle,
    nullif(trim(regexp_replace(commune, ' +', ' ', 'g')), '') as ville_cle,
    code_departement
from mots
order by nda

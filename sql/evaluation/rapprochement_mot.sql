/*
Les mots des dénominations de la liste, et ce que chacun pèse : peu, s'il est courant.
grain: place, mot
colonnes:
  place: Ligne de portage.recherche.
  mot: Mot de la clé.
  nombre: Dans combien de dénominations il est.
  poids: De 100 (partout) à 1000 (une seule fois) ; un mot du métier, 370 au plus. Entier : une somme ne
    dépend pas de l'ordre.
*/
with
-- Words of the trade are common, however few organisations a register holds.
courant (mot) as (
    values
    ('AUTOECOLE'), ('ECOLE'), ('AUTO'), ('CONDUITE'), ('PERMIS'), ('FORMATION'), ('CONSEIL'), ('CONSULTING'),
    ('CENTRE'), ('INSTITUT'), ('ACADEMY'), ('ACADEMIE'), ('GROUPE'), ('CABINET'), ('COACHING'), ('FRANCE'),
    ('DEVELOPPEMENT'), ('SERVICE'), ('RH'), ('MFR'), ('CFA'), ('CCI'), ('MAISON'), ('FEDERATION'), ('UNION'),
    ('SAINT'), ('SECURITE'), ('PREVENTION'), ('SANTE'), ('TRAINING'), ('COMPETENCE'), ('MANAGEMENT'),
    ('PROFESSIONNEL'), ('REGIONAL'), ('DEPARTEMENTAL'), ('NATIONAL'), ('INTERNATIONAL'), ('FRANCAIS'),
    ('ATELIER'), ('SOLUTION'), ('COMITE'), ('LYCEE'), ('EMPLOI'), ('INSERTION'), ('EDUCATION'), ('CONSULTANT')
),

mot as (
    select
        rowid as place,
        unnest(list_distinct(string_split(cle, ' '))) as mot
    from portage.recherche
),

usage as (
    select
        mot,
        count(*) as nombre
    from mot
    group by mot
)

select
    m.place,
    m.mot,
    u.nombre::integer as nombre,
    (
        100 + 900 * if(c.mot is null, 1, 0.3)
        * (1 - ln(u.nombre) / ln(1 + (select count(*) from portage.recherche)))
    )::integer as poids
from mot as m
inner join usage as u on m.mot = u.mot
left join courant as c on m.mot = c.mot

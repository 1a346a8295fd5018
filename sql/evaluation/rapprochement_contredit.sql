/*
Les numéros trouvés que contredit le nom donné à côté, comme dans un tableau décalé d'une ligne. Le
numéro décide toujours ; la phrase demande de vérifier. Un nom commercial diffère de la dénomination :
seuls sont dits les noms sans un mot en commun, sans même initiales, et de lettres trop différentes.
Seuil choisi sur tests/portage/noms_etiquetes.csv : aucun nom juste n'y est dit, 95 % des décalés le
sont (les autres ont en commun un mot du métier).
grain: ligne
colonnes:
  ligne: Ligne de la demande.
  message: Message du rapprochement, cette phrase ajoutée.
*/
with
seuil as (
    -- Jaro-Winkler on the keys without blanks: organisations drawn at random have 0.52 of it.
    select 0.7 as lettres
),

nom as (
    select
        nda::bigint as ligne,
        cle,
        replace(cle, ' ', '') as serre,
        list_filter(string_split(cle, ' '), lambda mot: length(mot) > 2) as mots,
        list_aggregate(list_transform(string_split(cle, ' '), lambda mot: left(mot, 1)), 'string_agg', '')
            as initiales
    from evaluation.rapprochement_nomme_cle
    -- Two letters say nothing, and are often « N/A » or « NC ».
    where length(serre) > 2
),

-- A SIREN stands for several organisations: one that bears the name is enough.
trouve as (
    select
        r.ligne,
        unnest(r.ndas) as nda
    from evaluation.rapprochement as r
    inner join nom as n on r.ligne = n.ligne
    where r.role = 'sous_traitant'
),

denomination as (
    select
        t.ligne,
        l.cle,
        replace(l.cle, ' ', '') as serre,
        list_aggregate(list_transform(string_split(l.cle, ' '), lambda mot: left(mot, 1)), 'string_agg', '')
            as initiales
    from trouve as t
    inner join portage.recherche as l on t.nda = l.nda
    where l.cle is not null
),

contredit as (
    select n.ligne
    from nom as n
    inner join denomination as d on n.ligne = d.ligne
    cross join seuil as s
    group by n.ligne
    having
        not bool_or(
            list_has_any(n.mots, string_split(d.cle, ' '))
            or n.initiales = d.serre
            or d.initiales = n.serre
            -- Words run together, or a brand within the denomination.
            or length(n.serre) > 3 and contains(d.serre, n.serre)
            or length(d.serre) > 3 and contains(n.serre, d.serre)
            or jaro_winkler_similarity(n.serre, d.serre) >= s.lettres
        )
)

select
    d.ligne,
    coalesce(rtrim(r.message, '.') || ' ; le', 'Le')
    || ' nom donné (' || left(c.nom, 60) || ') ressemble peu à la dénomination trouvée : '
    || 'vérifiez qu''il s''agit du même organisme.' as message
from contredit as d
inner join evaluation.rapprochement as r on d.ligne = r.ligne and r.role = 'sous_traitant'
inner join demande.candidat as c on d.ligne = c.ligne

/*
La distribution des tailles, par puissances de deux : de quoi la tracer sur une échelle logarithmique,
où un marché de petits et de géants se voit en entier.
grain: perimetre, code, mesure, borne_basse
colonnes:
  date_instantane: Date de la liste.
  perimetre: NATION ou REGION.
  code: Code de la région ; vide pour la nation.
  mesure: STAGIAIRES ou FORMATEURS.
  borne_basse: Plus petite valeur de la classe (0, puis 1, 2, 4, 8…).
  borne_haute: Plus grande valeur de la classe (0, puis 1, 3, 7, 15…).
  nb_organismes: Organismes dont la valeur déclarée est dans la classe.
  nb_certifies: Ceux qui sont certifiés.
  petit_effectif: Vrai si nb_organismes est inférieur à 5.
*/
with
lieu as (
    select
        unnest(['NATION', 'REGION']) as perimetre,
        unnest([null, code_region]) as code,
        nb_stagiaires,
        effectif_formateurs,
        est_certifie
    from socle.activite
),

valeur as (
    select
        perimetre,
        code,
        est_certifie,
        unnest(['STAGIAIRES', 'FORMATEURS']) as mesure,
        unnest([nb_stagiaires, effectif_formateurs]) as nombre
    from lieu
    where perimetre = 'NATION' or code is not null
),

-- The number of binary digits: exact, where a logarithm of 2^k may fall just short of k.
classe as (
    select
        *,
        case when nombre = 0 then 0 else length(bin(nombre)) end as chiffres
    from valeur
    where nombre is not null
)

select
    any_value(e.date_contenu) as date_instantane,
    c.perimetre,
    c.code,
    c.mesure,
    case when c.chiffres = 0 then 0 else 2 ** (c.chiffres - 1) end::bigint as borne_basse,
    (2 ** c.chiffres - 1)::bigint as borne_haute,
    count(*) as nb_organismes,
    count(*) filter (where c.est_certifie) as nb_certifies,
    count(*) < 5 as petit_effectif
from classe as c
cross join execution.liste as e
group by c.perimetre, c.code, c.mesure, c.chiffres
order by c.perimetre, c.code, c.mesure, borne_basse

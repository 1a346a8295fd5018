/*
Les lignes à chercher par le nom, écrites comme socle.organisme pour que portage.recherche les
normalise : celles que rien d'autre ne désigne.
grain: nda
colonnes:
  nda: Ligne de la demande, en texte.
  denomination: Nom cherché.
  ville: Commune cherchée.
  code_postal: Code postal cherché, zéro de tête rendu ; vide s'il n'a pas cinq chiffres.
  code_departement: Département de ce code postal.
*/
with
ligne as (
    select
        ligne,
        nom,
        ville,
        regexp_replace(code_postal, '[^0-9]', '', 'g') as chiffres
    from demande.candidat
    anti join evaluation.rapprochement as r on candidat.ligne = r.ligne and r.role = 'sous_traitant'
    where nom is not null and role_juge is distinct from 'porteur'
)

select
    ligne::varchar as nda,
    nom as denomination,
    ville,
    if(length(chiffres) in (4, 5), lpad(chiffres, 5, '0'), null) as code_postal,
    case
        when code_postal >= '97' then left(code_postal, 3)
        when code_postal between '20000' and '20199' then '2A'
        when code_postal between '20200' and '20999' then '2B'
        else left(code_postal, 2)
    end as code_departement
from ligne

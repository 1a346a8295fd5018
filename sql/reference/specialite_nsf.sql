/*
Spécialités de formation (nomenclature NSF) rencontrées dans la liste, avec le libellé qu'elle leur
donne le plus souvent. Un libellé sans code n'en fait pas partie.
grain: code_nsf
colonnes:
  code_nsf: Code NSF tel que la liste l'écrit (texte).
  libelle_nsf: Libellé le plus fréquent dans la liste (le premier par ordre alphabétique à égalité) ;
    vide si la liste n'en donne aucun.
  nb_libelles: Nombre de libellés différents pour ce code ; plus d'un signale une hésitation.
  nb_organismes: Nombre d'organismes qui déclarent cette spécialité, à un rang quelconque.
*/
with
usage as (
    select
        code_nsf,
        libelle_nsf,
        count(*) as nb
    from socle.specialite
    where code_nsf is not null
    group by code_nsf, libelle_nsf
)

select
    u.code_nsf,
    first(u.libelle_nsf order by u.libelle_nsf is null asc, u.nb desc, u.libelle_nsf asc) as libelle_nsf,
    count(u.libelle_nsf)::integer as nb_libelles,
    (
        select count(distinct s.nda)
        from socle.specialite as s
        where s.code_nsf = u.code_nsf
    ) as nb_organismes
from usage as u
group by u.code_nsf
order by u.code_nsf

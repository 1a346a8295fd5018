/*
Tout ce qui est constaté, une ligne par question, rôle et constat.
grain: ligne, role, constat
colonnes:
  ligne: Question posée.
  role: sous_traitant, contrat, porteur, ou convention : le porteur au jour de la convention.
  constat: Constat (voir portage.motif).
  motif: Ce qui est constaté.
*/
from (
    unpivot evaluation.motif_partie
    on columns(* exclude (ligne, role, registre_qualiopi))
    into name constat value motif
)
union all by name
from (
    unpivot (select
        *,
        'sous_traitant' as role
    from evaluation.motif_sous_traitant)
    on columns(* exclude (ligne, role))
    into name constat value motif
)
union all by name
from (
    unpivot (
        select
            * exclude (illisibles, contradictions),
            'contrat' as role
        from evaluation.motif_contrat
    )
    on columns(* exclude (ligne, role))
    into name constat value motif
)
union all by name
from (
    unpivot (select
        *,
        'porteur' as role
    from evaluation.motif_porteur)
    on columns(* exclude (ligne, role))
    into name constat value motif
)

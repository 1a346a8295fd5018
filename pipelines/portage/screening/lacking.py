"""Which documents the questions lack, and what is said of each."""

from __future__ import annotations

from pipelines.portage.verdict import Verdict
from pipelines.warehouse.literals import literal

# Rows that are a help to somebody; of larger files, the first candidates.
MOST_ROWS = 20_000


def missing(room: int) -> str:
    """Write the query of the documents that the questions put lack, from ``evaluation``.

    It gives ``room`` rows at most, those of the first questions, each whole. Columns: ``ligne``,
    ``code`` (of the document, with « porteur- » before it when it is his), ``ordre``, ``regles``
    (those that ask for it, joined by blanks). Nothing is asked of who is refused.
    """
    return f"""
        with manque as (
            select d.*
            from evaluation.controle_dit as d
            inner join evaluation.conclusion as c on d.ligne = c.ligne
            where d.piece is not null and c.verdict <> {literal(Verdict.NON_ELIGIBLE)}
        )

        select
            d.ligne,
            if(d.role = 'porteur', 'porteur-', '') || d.piece as code,
            min(d.ordre) as ordre,
            string_agg(d.regle, ' ' order by d.ordre) as regles
        from manque as d
        semi join (
            select ligne
            from (
                select ligne, sum(count(*)) over (order by ligne) as n
                from manque
                group by ligne
            )
            where n <= {room}
        ) as tenue on d.ligne = tenue.ligne
        group by d.ligne, d.role, d.piece"""


def wording(lacking: str) -> str:
    """Write the query of what is said of each document and rules of ``lacking``, from ``portage``.

    Columns: ``code`` and ``regles``, as there; ``document``, ``pourquoi``, ``base_legale``.
    """
    return f"""
        select
            m.code,
            m.regles,
            if(starts_with(m.code, 'porteur-'), 'Porteur : ', '')
            || any_value(p.libelle) as document,
            any_value(p.pourquoi) || ' '
            || string_agg(r.exigence, ' ' order by r.ordre) as pourquoi,
            string_agg(r.base_legale, ' ; ' order by r.ordre) as base_legale
        from (
            select code, regles, unnest(string_split(regles, ' ')) as regle
            from (select distinct code, regles from {lacking})
        ) as m
        inner join portage.regle as r on m.regle = r.regle
        inner join portage.piece as p on regexp_replace(m.code, '^porteur-', '') = p.piece
        group by m.code, m.regles"""

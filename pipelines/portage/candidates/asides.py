"""Rows of a table that are nobody: totals, titles of groups, the header said again on each page.

They are left aside and told, with the number that each has in the file. Where a row may be someone,
it stays: a name alone is a candidate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.french import combien, some, verb
from pipelines.portage.candidates.headers import IDENTITY, fact_of
from pipelines.portage.candidates.table import TRIMMED, Candidates
from pipelines.portage.words import nothing_sql
from pipelines.warehouse.literals import file_literal, literal

if TYPE_CHECKING:
    import duckdb

_TOTAL = (
    r"(sous[- ]?)?tota(l|ux)( (general|generaux|partiel|ht|ttc))?|somme|moyenne|effectif total"
    r"|nombre (total|de lignes|d''organismes)"
)
# How such a cell begins, told at a glance.
_TOTALLING = r"^\s*(?i:sous|tot|som|moy|eff|nom)"
_FIGURES = "[-+]?[\\d\\s.,\u00a0\u202f]*([€%]|eur|euros?|h|jours?)?"
# A title of a group stands alone in a table that has columns to fill.
_WIDE = 3
# Rows by which it is known how many cells rows have.
_SAMPLE = 200
_NUMBER = r"\d{5}"
# What is written in the place of a number that is awaited, beside the marks of nothing: someone is
# meant.
_AWAITED = r"(a|en|non|sans|pas|aucun)\b.*|x+"
_ASIDE = {"total": "de total", "titre": "de titre de groupe", "en-tête": "d'en-tête répété"}


def set_aside(con: duckdb.DuckDBPyConnection, found: Candidates, chosen: Mapping[int, str]) -> None:
    """Take out of ``found`` the rows that are nobody, and say which.

    ``chosen`` is what the user says of columns, by rank.
    """
    source = f"read_parquet({file_literal(found.data)})"
    query = f"select *, {_kind(con, found, chosen, source)} as aside from {source}"
    told = con.execute(
        f"select aside, list(numero order by ligne) from ({query}) "
        "where aside is not null group by aside order by min(ligne)"
    ).fetchall()
    if not told:
        return
    kept = found.data.with_suffix(".gardees")
    con.execute(
        "copy (select row_number() over (order by ligne) as ligne, * exclude (ligne, aside) "
        f"from ({query}) where aside is null order by 1) to {literal(str(kept))} (format parquet)"
    )
    kept.replace(found.data)
    for kind, numbers in told:
        found.rows -= len(numbers)
        lines = some([str(number) for number in numbers])
        found.remarks.append(
            f"{combien(len(numbers), 'ligne')} {_ASIDE[kind]} "
            f"{verb(len(numbers), 'laissée', 'laissées')} de côté "
            f"(dans le fichier : {lines})."
        )


def _kind(
    con: duckdb.DuckDBPyConnection, found: Candidates, chosen: Mapping[int, str], source: str
) -> str:
    """Write the expression of what kind of nobody a row is, null when it may be someone."""
    texts = [f"c{rank}" for rank in range(1, len(found.names) + 1)]
    filled = _filled(found)
    names = [literal(" ".join(name.split())) for name in found.names]
    said = f"[{', '.join(names)}]"
    first = f"coalesce({', '.join(texts)})"
    plain = f"lower(strip_accents(rtrim(trim({first}, {TRIMMED}), ' :.')))"
    figures = (
        f"len(list_filter({filled}[2:], lambda cell: "
        f"not regexp_full_match(lower(cell), '{_FIGURES}'))) = 0"
    )
    again = (
        f"len({filled}) >= 2 and len(list_filter({filled}, "
        f"lambda cell: not list_contains({said}, regexp_replace(cell, '\\s+', ' ', 'g')))) = 0"
    )
    title = "false"
    if _may_be_titled(found, chosen) and _filled_enough(con, source, filled):
        title = (
            f"{texts[0]} is not null and coalesce({', '.join(texts[1:])}) is null "
            f"and not regexp_matches(c1, '{_NUMBER}') "
            f"and not regexp_full_match({plain}, '{_AWAITED}') "
            f"and not {nothing_sql('identifiant', 'c1')}"
        )
    # One case in another: what looks closer, or at every cell, is asked of few rows.
    return (
        f"case when decale then null when regexp_matches({first}, '{_TOTALLING}') "
        f"then case when regexp_full_match({plain}, '{_TOTAL}') and {figures} then 'total' end "
        f"when {first} in ({', '.join([*names, *map(literal, found.names)])}) "
        f"then case when {again} then 'en-tête' end "
        f"when {title} then 'titre' end"
    )


def _filled(found: Candidates) -> str:
    cells = ", ".join(f"trim(c{rank}, {TRIMMED})" for rank in range(1, len(found.names) + 1))
    return f"list_filter([{cells}], lambda cell: cell <> '')"


def _may_be_titled(found: Candidates, chosen: Mapping[int, str]) -> bool:
    """Tell whether a cell alone at the left may be a title: the table is wide, it is no name."""
    facts = [
        chosen.get(rank, fact_of(header or "")) for rank, header in enumerate(found.header, start=1)
    ]
    return len(facts) >= _WIDE and facts[0] != "nom" and not set(IDENTITY).isdisjoint(facts)


def _filled_enough(con: duckdb.DuckDBPyConnection, source: str, filled: str) -> bool:
    """Tell whether most rows hold more than one cell."""
    row = con.execute(
        f"select median(len({filled})) from (from {source} limit {_SAMPLE})"
    ).fetchone()
    return bool(row and row[0] and row[0] >= 2)

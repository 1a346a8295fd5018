"""Columns whose contents changed places since the last release, as when a header is shuffled.

Nothing else tells two columns of one kind apart: trainees and entrusted trainees are both plausible
in either place. The last release does, organisation by organisation.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.registers.contract import FLAGS
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    import duckdb

_KINDS = (
    ("nb_stagiaires", "nb_stagiaires_confies", "effectif_formateurs"),
    ("date_derniere_declaration", "debut_exercice", "fin_exercice"),
    FLAGS,
    ("denomination", "adresse_voie", "ville"),
)
PAIRS: tuple[tuple[str, str], ...] = tuple(
    pair for kind in _KINDS for pair in combinations(kind, 2)
)
# A pair is judged on the organisations whose two values differed; ordinary changes hardly ever
# exchange them, a shuffled header exchanges all.
MOST = 0.10
LEAST_ROWS = 20


class Swap(NamedTuple):
    """A pair of columns, the share of organisations whose two values changed places."""

    columns: tuple[str, str]
    share: float


def swapped(new: Path, old: Path) -> list[Swap]:
    """Give the pairs whose contents were exchanged between two databases."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"attach {literal(str(new))} as neuve (read_only)")
        con.execute(f"attach {literal(str(old))} as ancienne (read_only)")
        held = _columns(con, "neuve") & _columns(con, "ancienne")
        pairs = [pair for pair in PAIRS if held.issuperset(pair)]
        counts = ", ".join(_counts(*pair) for pair in pairs)
        row = con.execute(
            f"select {counts or 'null'} from neuve.socle.organisme as n "
            "join ancienne.socle.organisme as o on n.nda = o.nda"
        ).fetchone()
    figures = list(row or ()) if pairs else []
    shares = [
        Swap(pair, exchanged / told if told >= LEAST_ROWS else 0.0)
        for pair, told, exchanged in zip(pairs, figures[::2], figures[1::2], strict=True)
    ]
    return [swap for swap in shares if swap.share > MOST]


def _columns(con: duckdb.DuckDBPyConnection, catalog: str) -> set[str]:
    return {row[0] for row in con.execute(f"describe {catalog}.socle.organisme").fetchall()}


def _counts(a: str, b: str) -> str:
    """Count the organisations that told the two apart, and those that exchanged them."""
    differed = f"o.{a} is distinct from o.{b}"
    exchanged = f"n.{a} is not distinct from o.{b} and n.{b} is not distinct from o.{a}"
    return f"count(*) filter (where {differed}), count(*) filter (where {differed} and {exchanged})"

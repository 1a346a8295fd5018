"""A porteur's list of CPF invoices: which columns hold the date and the two amounts, and its lines.

Files are read as candidate files are (:func:`pipelines.portage.candidates.reading.read_table`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.portage.candidates.headers import Row, units_of
from pipelines.portage.candidates.mapping import Said
from pipelines.portage.candidates.reading import read_table
from pipelines.portage.candidates.table import Candidates, connect, with_unit
from pipelines.portage.cap.shares import Line
from pipelines.portage.qualifiers import Role, words
from pipelines.warehouse.literals import file_literal

# What a column is about, by the words of its header; the first of each kind that fits best counts.
WANTED = {"date": "Date", "montant": "Montant", "sous_traite": "Montant sous-traité"}
_AMOUNT = frozenset(("montant", "ca", "chiffre", "total", "prix", "somme"))
_SHARE = frozenset(("part", "taux", "pct", "pourcentage", "pourcent"))
_COST = frozenset(("cout", "honoraire", "achat"))
_SUBCONTRACTED = re.compile(r"sous?trait(?:e{1,2}|ance|ant)")
_ALONE = re.compile(r"(?:dont)?sous?trait(?:e{1,2}|ance)(?:ht|ttc)?")
_DECIMALS = re.compile(r"-?\d+\.\d+")
_CENT = Decimal("0.01")
_SHOWN = 12


@dataclass(frozen=True)
class Invoices:
    """The lines of a file, the header read for each column wanted, and how many lines repeat."""

    lines: tuple[Line, ...]
    columns: dict[str, str]
    repeated: int


def read_invoices(path: Path, folder: Path, sheet: str | None = None) -> Invoices:
    """Read a list of invoices (CSV, workbook or Parquet); ``folder`` is for what is made of it.

    Lines bear the number that their owner sees in the file.

    Raises:
        UsageError: the file cannot be read, or a column wanted is not found.
    """
    table = read_table(path, folder, said=Said(sheet), fitness=_shows_invoices)
    found = columns_of(table.names)
    if missing := [name for kind, name in WANTED.items() if kind not in found]:
        had = ", ".join(f"« {name} »" for name in table.names[:_SHOWN])
        wanted = " et ".join(f"« {name} »" for name in missing)
        raise UsageError(
            f"Aucune colonne de « {path} » ne se lit comme {wanted} (colonnes : {had}) : "
            "donnez ce nom à celle qui convient."
        )
    columns = {kind: table.names[found[kind]] for kind in WANTED}
    return Invoices(tuple(_lines(table, folder, found)), columns, _repeated(table, folder))


def _shows_invoices(first: Sequence[Row]) -> int:
    """Tell how many of the columns wanted a row of a sheet names."""
    return max((len(columns_of([cell or "" for cell in row])) for row in first), default=0)


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Tell which columns hold the date, the amount and the subcontracted amount, by position."""
    best: dict[str, tuple[int, int]] = {}
    for position, name in enumerate(header):
        if (meant := _meaning(name)) is not None:
            kind, rank = meant
            best[kind] = min(best.get(kind, (rank, position)), (rank, position))
    return {kind: position for kind, (_, position) in best.items()}


def _meaning(name: str) -> tuple[str, int] | None:
    """Give what a header means, and how far it is from the plainest way to say it."""
    found = words(name)
    joined, told = "".join(found), set(found)
    if "%" in name or told & _SHARE or "tva" in told:
        return None
    # Before tax rather than after, when a file has both.
    tax = 0 if "ht" in told else 2 if "ttc" in told else 1
    if _SUBCONTRACTED.search(joined):
        counts = "date" not in told and (told & (_AMOUNT | _COST) or _ALONE.fullmatch(joined))
        return ("sous_traite", tax) if counts else None
    if told & {"date", "jour"}:
        plain = joined in ("date", "datefacture", "datefacturation")
        return "date", 0 if plain else 1
    return ("montant", tax) if told & _AMOUNT else None


def _lines(table: Candidates, folder: Path, found: dict[str, int]) -> Iterator[Line]:
    columns = ", ".join(
        f"coalesce({_cell(table.names[found[kind]], found[kind] + 1, kind)}, '')" for kind in WANTED
    )
    read = str if table.delimiter else _rounded
    with connect(folder) as con:
        result = con.execute(
            f"select numero, coalesce(decale, false), {columns} "
            f"from read_parquet({file_literal(table.data)}) order by ligne"
        )
        while rows := result.fetchmany(10_000):
            for number, shifted, date, amount, part in rows:
                yield Line(number, date, read(amount), read(part), shifted)


def _cell(name: str, rank: int, kind: str) -> str:
    """Write the expression of a cell, with the unit that its header tells (« Montant (k€) »).

    Before tax or after is a choice among columns, made by their headers.
    """
    units = () if kind == "date" else units_of(name, "montant")
    told = " ".join(unit.word for unit in units if unit.role is not Role.TAX)
    return with_unit(f"c{rank}", told) if told else f"c{rank}"


def _rounded(text: str) -> str:
    """Round what a cell or a Parquet column worked out: its point can only be a decimal one."""
    if not _DECIMALS.fullmatch(text.strip()):
        return text
    return str(Decimal(text.strip()).quantize(_CENT, ROUND_HALF_UP))


def _repeated(table: Candidates, folder: Path) -> int:
    """Count the lines that are, in every column, one that came before."""
    columns = ", ".join(f"c{rank}" for rank in range(1, len(table.names) + 1))
    with connect(folder) as con:
        row = con.execute(
            f"select count(*) - (select count(*) from (select distinct {columns} "
            f"from read_parquet({file_literal(table.data)}))) "
            f"from read_parquet({file_literal(table.data)})"
        ).fetchone()
    return row[0] if row else 0

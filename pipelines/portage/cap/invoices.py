"""A porteur's list of CPF invoices: which columns hold the date and the two amounts, and its lines.

Files are read as candidate files are (:func:`pipelines.portage.candidates.reading.read_table`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.portage.candidates.headers import Row, sense_of, units_of
from pipelines.portage.candidates.mapping import Said
from pipelines.portage.candidates.reading import read_table
from pipelines.portage.candidates.table import Candidates, connect, with_unit
from pipelines.portage.cap.shares import Line
from pipelines.portage.qualifiers import Role, words
from pipelines.warehouse.literals import file_literal, literal

# What a column is about, by the words of its header; the first of each kind that fits best counts.
WANTED = {"date": "Date", "montant": "Montant", "sous_traite": "Montant sous-traité"}
_FUNDER = "financeur"
_AMOUNT = frozenset(("montant", "ca", "chiffre", "total", "prix", "somme"))
_SHARE = frozenset(("part", "taux", "pct", "pourcentage", "pourcent"))
_COST = frozenset(("cout", "honoraire", "achat"))
_SUBCONTRACTED = re.compile(r"sous?trait(?:e{1,2}|ance|ant)")
_ALONE = re.compile(r"(?:dont)?sous?trait(?:e{1,2}|ance)(?:ht|ttc)?")
# A cell that begins so, whatever the column (type, number, label).
_CREDIT = r"(?m)^\s*(?:avoirs?\b|notes? de cr[ée]dit|credit note)"
_TOTAL = r"(?m)^\s*(?:sous[- ]?)?(?:total|totaux|cumul)\b"
_DECIMALS = re.compile(r"-?\d+\.\d+")
_CENT = Decimal("0.01")
_SHOWN = 12


@dataclass(frozen=True)
class Invoices:
    """The lines of a file, the header read for each column wanted, and how many lines repeat.

    ``columns`` has « financeur » too where the file says who pays; ``taxes`` is what to know of
    amounts before and after tax, in French.
    """

    lines: tuple[Line, ...]
    columns: dict[str, str]
    repeated: int
    taxes: str | None


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
    columns = {kind: table.names[found[kind]] for kind in (*WANTED, _FUNDER) if kind in found}
    return Invoices(
        tuple(_lines(table, folder, found)),
        columns,
        _repeated(table, folder),
        _taxes(columns["montant"], columns["sous_traite"]),
    )


def _taxes(amount: str, part: str) -> str | None:
    """Say what to know of two amounts of which one is after tax.

    Raises:
        UsageError: the other is before tax; their share would be of nothing.
    """
    told = {name: {"ht", "ttc"} & set(words(name)) for name in (amount, part)}
    if {"ttc"} not in told.values():
        return None
    after = amount if told[amount] == {"ttc"} else part
    other = part if after == amount else amount
    if told[other] == {"ht"}:
        raise UsageError(
            f"« {after} » est toutes taxes comprises et « {other} » hors taxes : leur rapport ne "
            "dit rien ; donnez les deux hors taxes."
        )
    if told[other] == {"ttc"}:
        return "Les deux montants sont toutes taxes comprises : la limite porte sur le hors taxes."
    return f"« {after} » est toutes taxes comprises, « {other} » ne dit pas s'il l'est : vérifiez."


def _shows_invoices(first: Sequence[Row]) -> int:
    """Tell how many of the columns wanted a row of a sheet names."""
    return max((len(columns_of([cell or "" for cell in row])) for row in first), default=0)


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Tell which columns hold the date, the two amounts and the funder, by position."""
    found: dict[str, list[tuple[int, int]]] = {}
    for position, name in enumerate(header):
        if (meant := _meaning(name)) is not None:
            kind, rank = meant
            found.setdefault(kind, []).append((rank, position))
    best = {kind: min(places)[1] for kind, places in found.items()}
    if {"montant", "sous_traite"} <= found.keys():
        pairs = product(found["montant"], found["sous_traite"])
        # Two amounts after tax rather than one after and one before.
        amount, part = min(pairs, key=lambda pair: (abs(pair[0][0] - pair[1][0]) > 1, *pair))
        best |= {"montant": amount[1], "sous_traite": part[1]}
    return best


def _meaning(name: str) -> tuple[str, int] | None:
    """Give what a header means, and how far it is from the plainest way to say it."""
    found = words(name)
    joined, told = "".join(found), set(found)
    if "%" in name or told & _SHARE or "tva" in told:
        return None
    sense = sense_of(name)
    if sense is not None and sense.fact == "financement" and sense.plain:
        return _FUNDER, 0
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
    funder = f"coalesce(c{found[_FUNDER] + 1}, '')" if _FUNDER in found else "null::varchar"
    read = str if table.delimiter else _rounded
    with connect(folder) as con:
        result = con.execute(
            f"select numero, coalesce(decale, false), {_says(table, _CREDIT)}, "
            f"{_says(table, _TOTAL)}, {funder}, {columns} "
            f"from read_parquet({file_literal(table.data)}) order by ligne"
        )
        while rows := result.fetchmany(10_000):
            for number, shifted, credit, total, payer, date, amount, part in rows:
                yield Line(number, date, read(amount), read(part), shifted, payer, credit, total)


def _says(table: Candidates, pattern: str) -> str:
    """Write the expression of whether a cell of the line calls it so."""
    cells = ", ".join(f"c{rank}" for rank in range(1, len(table.names) + 1))
    return f"regexp_matches(lower(concat_ws(chr(10), {cells})), {literal(pattern)})"


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

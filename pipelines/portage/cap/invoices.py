"""A porteur's list of CPF invoices: which columns hold the date and the two amounts, and its lines.

Files are read as candidate files are (:func:`pipelines.portage.candidates.reading.read_table`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.portage.candidates.headers import Row
from pipelines.portage.candidates.mapping import Said, plain_header, ranks_of
from pipelines.portage.candidates.reading import read_table
from pipelines.portage.candidates.table import TRIMMED, Candidates, connect, with_unit
from pipelines.portage.cap.columns import Read, columns_of, decide, facts, unit_words
from pipelines.portage.cap.headers import AMOUNT, COST, DATE, FUNDER, NAME, NUMBER, PRICE
from pipelines.portage.cap.lines import Line
from pipelines.portage.qualifiers import words
from pipelines.warehouse.literals import file_literal, literal

# A cell that begins so, whatever the column (type, number, label).
_CREDIT = r"(?m)^\s*(?:avoirs?\b|notes? de cr[ée]dit|credit note)"
_TOTAL = r"(?m)^\s*(?:sous[- ]?)?(?:total|totaux|cumul)\b"
_DECIMALS = re.compile(r"-?\d+\.\d+")
_CENT = Decimal("0.01")
_SHOWN = 12
# Distinct values by which a column is known for what it is.
_LOOKED_AT = 500


@dataclass(frozen=True)
class Invoices:
    """The table of a file, how its columns are read, its lines, and how many of them repeat.

    ``taxes`` is what to know of amounts before and after tax, in French.
    """

    table: Candidates
    read: Read
    lines: tuple[Line, ...]
    repeated: int
    taxes: str | None

    @property
    def basis(self) -> str:
        """What the subcontracted amount is: the price under CPF (said, or supposed), or a bill."""
        if PRICE not in self.read.found:
            return "FACTURE_SOUS_TRAITANT"
        return "PRIX_CPF_SUPPOSE" if self.read.supposed else "PRIX_CPF"

    @property
    def headers(self) -> dict[str, str]:
        """The header of the column of each fact that is read."""
        found = self.read.found
        return {fact: self.table.names[found[fact]] for fact in facts() if fact in found}


def read_invoices(path: Path, folder: Path, said: Said | None = None) -> Invoices:
    """Read a list of invoices (CSV, workbook or Parquet); ``folder`` is for what is made of it.

    ``said`` is what the user says of the sheet and of the columns. Lines bear the number that their
    owner sees in the file.

    Raises:
        UsageError: the file cannot be read, or a column wanted is not found.
    """
    table, read = read_columns(path, folder, said)
    missing = [facts()[fact].libelle for fact in (DATE, AMOUNT) if fact not in read.found]
    if PRICE not in read.found and COST not in read.found:
        missing.append(facts()[PRICE].libelle)
    if missing:
        had = ", ".join(f"« {name} »" for name in table.names[:_SHOWN])
        wanted = " et ".join(f"« {name} »" for name in missing)
        raise UsageError(
            f"Aucune colonne de « {path} » ne se lit comme {wanted} (colonnes : {had}) : donnez ce "
            "nom à celle qui convient, ou dites laquelle avec --colonne « en-tête=montant »."
        )
    taxes = _taxes(
        table.names[read.found[AMOUNT]],
        table.names[read.found[PRICE if PRICE in read.found else COST]],
    )
    return Invoices(
        table, read, tuple(_lines(table, folder, read)), _repeated(table, folder), taxes
    )


def read_columns(path: Path, folder: Path, said: Said | None = None) -> tuple[Candidates, Read]:
    """Read the table of a list of invoices, and how its columns are read.

    Raises:
        UsageError: the file cannot be read, or what is said of its columns cannot be followed.
    """
    said = said or Said()
    table = read_table(
        path, folder, said=Said(said.sheet), fitness=lambda first: _shows_invoices(first, said)
    )
    read = decide(
        table.names,
        lambda position: _distinct(table, folder, position),
        ranks_of(table.names, said.columns),
    )
    samples = [column.samples for column in table.columns]
    table.columns = [
        replace(column, samples=shown) for column, shown in zip(read.columns, samples, strict=True)
    ]
    return table, read


def _distinct(table: Candidates, folder: Path, position: int) -> list[str]:
    text = f"trim(c{position + 1}, {TRIMMED})"
    with connect(folder) as con:
        rows = con.execute(
            f"select distinct {text} as v from read_parquet({file_literal(table.data)}) "
            f"where v <> '' and not decale limit {_LOOKED_AT}"
        ).fetchall()
    return [value for (value,) in rows]


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


def _shows_invoices(first: Sequence[Row], said: Said) -> int:
    """Tell how many of the columns wanted a row of a sheet names."""
    rows = ([cell or "" for cell in row] for row in first)
    return max((len(_named(row, said.columns)) for row in rows), default=0)


def _named(row: Sequence[str], said: Mapping[str, str]) -> set[str]:
    told = {fact for cell in row if (fact := said.get(plain_header(cell)))}
    return told | set(columns_of(row))


def _lines(table: Candidates, folder: Path, read: Read) -> Iterator[Line]:
    cells = ", ".join(
        f"coalesce({_cell(table.names[read.found[fact]], read.found[fact] + 1, fact)}, '')"
        if fact in read.found
        else "''"
        for fact in (DATE, NAME, NUMBER, AMOUNT, PRICE, COST)
    )
    funder = f"coalesce(c{read.found[FUNDER] + 1}, '')" if FUNDER in read.found else "null::varchar"
    cents = str if table.delimiter else _rounded
    with connect(folder) as con:
        result = con.execute(
            f"select numero, coalesce(decale, false), {_says(table, _CREDIT)}, "
            f"{_says(table, _TOTAL)}, {funder}, {cells} "
            f"from read_parquet({file_literal(table.data)}) order by ligne"
        )
        while rows := result.fetchmany(10_000):
            for number, shifted, credit, total, payer, date, who, whose, *money in rows:
                amount, price, cost = map(cents, money)
                yield Line(
                    *(number, date, amount, price, shifted, payer, credit, total),
                    cost=cost,
                    who=who,
                    whose=whose,
                    entrusted=read.named,
                )


def _says(table: Candidates, pattern: str) -> str:
    """Write the expression of whether a cell of the line calls it so."""
    cells = ", ".join(f"c{rank}" for rank in range(1, len(table.names) + 1))
    return f"regexp_matches(lower(concat_ws(chr(10), {cells})), {literal(pattern)})"


def _cell(name: str, rank: int, fact: str) -> str:
    """Write the expression of a cell, with the unit that its header tells (« Montant (k€) »)."""
    told = unit_words(name, fact)
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

"""The rows of a candidate file as one Parquet of texts, and what its first rows say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.portage.candidates.headers import (
    Columns,
    Row,
    column_letter,
    find_header,
    looks_like_identifier,
    recognise,
)
from pipelines.portage.candidates.tiers import joined_header
from pipelines.portage.facts import FAITS, PAR_NOM, Genre
from pipelines.warehouse.literals import MEMORY, file_literal, literal

if TYPE_CHECKING:
    import duckdb

# Excel writes a day as a number of days; these are the years 1982 to 2091.
SERIALS = (30_000, 70_000)
_SERIAL_START = "date '1899-12-30'"
TRIMMED = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239)"

Advance = Callable[[int], None]


@dataclass
class Candidates:
    """Rows of a candidate file.

    ``data`` is a Parquet file: ``ligne`` (from 1, the order of the file), ``numero`` (the row that
    a spreadsheet shows it in; of a Parquet file, its place from 1), ``decale`` (true: the row is
    longer than the header, its columns cannot be trusted) and ``c1``, ``c2``… as text, one for
    each of ``names``. ``facts`` gives the rank of the column (from 1) that holds each fact.
    """

    path: Path
    data: Path
    names: list[str]
    rows: int
    facts: dict[str, int]
    remarks: list[str] = field(default_factory=list)
    delimiter: str | None = None
    sheet: str | None = None
    other_sheets: list[str] = field(default_factory=list)

    @property
    def ignored(self) -> list[int]:
        """Ranks of the columns that are no fact."""
        read = set(self.facts.values())
        return [rank for rank in range(1, len(self.names) + 1) if rank not in read]

    def numbers(self) -> dict[int, int]:
        """Give the number that each row has in the file, as its owner sees it."""
        with connect(self.data.parent) as con:
            return dict(
                con.execute(
                    f"select ligne, numero from read_parquet({file_literal(self.data)})"
                ).fetchall()
            )

    def question(self, defaults: Mapping[str, str], first: int, last: int) -> str:
        """Write the query of the facts of rows ``first`` to ``last``: ``ligne``, and texts.

        What a row leaves empty is taken from ``defaults``. Of a row whose columns cannot be
        trusted, nothing is read.
        """
        asked = [fact.nom for fact in FAITS if fact.nom in self.facts or fact.nom in defaults]
        columns = [
            f"if(decale, null, {self.value(name, defaults.get(name))}) as {name}" for name in asked
        ]
        return (
            f"select {', '.join(['ligne', *columns])} from read_parquet({file_literal(self.data)}) "
            f"where ligne between {first} and {last}"
        )

    def value(self, fact: str, default: str | None = None) -> str:
        """Write the expression of one fact: trimmed, Excel's days made dates, the default."""
        if fact not in self.facts:
            return literal(default) + "::varchar"
        text = f"nullif(trim(c{self.facts[fact]}, {TRIMMED}), '')"
        if PAR_NOM[fact].genre is Genre.DATE:
            serial = f"try_cast(regexp_extract({text}, '^(\\d{{5}})([.,]\\d+)?$', 1) as integer)"
            text = (
                f"if({serial} between {SERIALS[0]} and {SERIALS[1]}, "
                f"({_SERIAL_START} + {serial})::varchar, "
                f"regexp_replace({text}, '[ T]00:00(:00(\\.0+)?)?$', ''))"
            )
        return text if default is None else f"coalesce({text}, {literal(default)})"


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that spills into ``folder``."""
    import duckdb

    return duckdb.connect(
        config={"threads": 2, "memory_limit": MEMORY, "temp_directory": str(folder / "debord")}
    )


def arrange(first: Sequence[Row]) -> tuple[int, list[str | None], Columns]:
    """Find what the first rows of a table say of it.

    Gives how many rows stand before its data, its header (as wide as it needs), and what its
    columns mean. Without any known header, the row above the first identifier is one, if it is not
    blank.
    """
    place = find_header(first)
    if place is None:
        start = next((n for n, row in enumerate(first) if _identifies(row)), None)
        if start is None:
            # Nobody is meant: the row with the most cells is shown to the user as the header.
            start = max(range(len(first)), key=lambda n: sum(map(bool, first[n])), default=0) + 1
        place = start - 1
        if place >= 0 and not any(first[place]):
            place = -1
        header = list(first[place]) if place >= 0 else []
        below = list(first[start:])
        header += [None] * (max((len(row) for row in below), default=0) - len(header))
        columns = recognise(header, below)
        if place < 0:
            return start, header, columns
    else:
        place, header = joined_header(first, place)
        columns = recognise(header, first[place + 1 :])
    return place + 1, header, columns


def _identifies(row: Row) -> bool:
    return any(cell and looks_like_identifier(cell) for cell in row)


def named(header: Sequence[str | None], guessed: int | None, left: int = 0) -> list[str]:
    """Give each column a name: its header, or the letter that spreadsheets call it by.

    ``left`` columns of the sheet, all blank, stand before them.
    """
    names = []
    for position, cell in enumerate(header):
        told = cell if cell and cell.strip() else None
        names.append(told or ("identifiant" if position == guessed else letter(position + left)))
    return names


def letter(position: int) -> str:
    """Name a column that has no header, by its position from 0."""
    return f"Colonne {column_letter(position)}"

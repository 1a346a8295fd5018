"""The rows of a candidate file as one Parquet of texts, and what is asked of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.portage.candidates.columns import Column
from pipelines.portage.candidates.headers import (
    Row,
    column_letter,
    find_header,
    looks_like_identifier,
)
from pipelines.portage.candidates.keys import named_cell, settled
from pipelines.portage.candidates.received import pieces
from pipelines.portage.candidates.tiers import joined_header
from pipelines.portage.facts import FAITS, PAR_NOM, Groupe
from pipelines.portage.words import nothing_sql
from pipelines.portage.written import BETWEEN, NAMED
from pipelines.warehouse.literals import MEMORY, file_literal, literal

if TYPE_CHECKING:
    import duckdb

TRIMMED = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239)"
Advance = Callable[[int], None]


@dataclass
class Candidates:
    """Rows of a candidate file.

    ``data`` is a Parquet file: ``ligne`` (from 1, the order of the file), ``numero`` (the row that
    a spreadsheet shows it in; of a Parquet file, its place from 1), ``decale`` (true: the row is
    longer than the header, its columns cannot be trusted) and ``c1``, ``c2``… as text, one for
    each of ``names``. ``header`` is what stands above each, if anything; ``columns`` says how each
    is read. ``received``: documents received, given back beside (see ``received.py``).
    """

    path: Path
    data: Path
    names: list[str]
    rows: int
    header: list[str | None] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    delimiter: str | None = None
    sheet: str | None = None
    other_sheets: list[str] = field(default_factory=list)
    mapping: Path | None = None
    received: Path | None = None

    @property
    def facts(self) -> dict[str, int]:
        """The rank of the first column of each fact that is read."""
        return {
            column.fact: column.rank
            for column in self.columns
            if column.fact is not None and not column.beside
        }

    @property
    def ignored(self) -> list[int]:
        """Ranks of the columns that are no fact."""
        return [column.rank for column in self.columns if column.fact is None]

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

        What a row leaves empty is taken from ``defaults``; what it says is put beside the documents
        received for it, and ``doute`` is what is doubtful of these. Of a row whose columns cannot
        be trusted, nothing is read.
        """
        given = [] if self.received is None else [one.fact for one in pieces().values() if one.told]
        known = {*self.facts, *defaults, *given}
        texts = {
            fact.nom: self._beside_received(fact.nom, defaults.get(fact.nom))
            if fact.nom in given
            else self.value(fact.nom, defaults.get(fact.nom))
            for fact in FAITS
            if fact.nom in known
        }
        if self.received is not None:
            texts["doute"] = "recues.doute"
        columns = [
            f"if({self.doubt} is not null, null, {text}) as {n}" for n, text in texts.items()
        ]
        source = f"read_parquet({file_literal(self.data)})"
        if self.received is not None:
            source += (
                f" left join ({self._received_facts(defaults, given)}) as recues using (ligne)"
            )
        return (
            f"select {', '.join(['ligne', *columns])} from {source} "
            f"where ligne between {first} and {last}"
        )

    def received_rows(self, defaults: Mapping[str, str]) -> str | None:
        """Write the query of the documents received, settled (see ``keys.py``); None without."""
        if self.received is None:
            return None
        asked = "|".join(f"{name}={defaults[name]}" for name in sorted(defaults))
        name = hashlib.sha256(asked.encode()).hexdigest()
        target = self.received.with_name(f"recues-{name}.parquet")
        if not target.exists():
            with connect(target.parent) as con:
                con.execute(
                    f"copy ({settled(self.data, self.value, defaults, self.received)}) "
                    f"to {literal(str(target))} (format parquet)"
                )
        return f"select * from read_parquet({file_literal(target)})"

    def _received_facts(self, defaults: Mapping[str, str], given: Sequence[str]) -> str:
        """Write the query of what is received for each row, and where it is told."""
        told = [
            f"max({text}) filter (where fait = {literal(fact)} and valeur is not null) as {name}"
            for fact in dict.fromkeys(given)
            for text, name in (("valeur", f"d_{fact}"), (named_cell("r"), f"ou_{fact}"))
        ]
        return (
            f"select de as ligne, {', '.join(told)}, "
            "string_agg(distinct question, ' ' order by question) as doute "
            f"from ({self.received_rows(defaults)}) as r where de is not null group by de"
        )

    def _beside_received(self, fact: str, default: str | None) -> str:
        """Write the expression of one fact and of the document received that declares it."""
        named = PAR_NOM[fact].option
        if fact in self.facts:
            column = literal(self.names[self.facts[fact] - 1])
            where = f"if({self.value(fact)} is null, {literal(named)}, {column})"
        else:
            where = literal(named)
        text, both = self.value(fact, default), literal(BETWEEN)
        received = f"recues.ou_{fact} || {literal(NAMED)} || recues.d_{fact}"
        return (
            f"case when recues.d_{fact} is null then {text} when {text} is null "
            f"then recues.d_{fact} when contains({text}, {both}) "
            f"then {text} || {both} || {received} "
            f"else {where} || {literal(NAMED)} || {text} || {both} || {received} end"
        )

    def value(self, fact: str, default: str | None = None) -> str:
        """Write the expression of one fact: trimmed, in the unit of its column, the default."""
        cells = [column for column in self.columns if column.fact == fact]
        if not cells:
            return literal(default) + "::varchar"
        cells.sort(key=lambda column: (column.beside, column.rank))
        text = _cell(cells[0])
        if len(cells) > 1 and PAR_NOM[fact].groupe is Groupe.CANDIDAT:
            text = f"coalesce({', '.join(map(_cell, cells))})"
        elif len(cells) > 1:
            told = ", ".join(
                f"{literal(column.name + NAMED)} || {_cell(column)}" for column in cells
            )
            filled = " + ".join(f"({_cell(column)} is not null)::integer" for column in cells)
            text = (
                f"if({filled} < 2, coalesce({', '.join(map(_cell, cells))}), "
                f"concat_ws({literal(BETWEEN)}, {told}))"
            )
        return text if default is None else f"coalesce({text}, {literal(default)})"

    @property
    def doubt(self) -> str:
        """Write the expression of why nothing of a row is read: null for those that are."""
        told = [f"when decale then {literal(SHIFTED)}"]
        for fact in FAITS:
            cells = [column for column in self.columns if column.fact == fact.nom]
            if len(cells) < 2 or not (fact.groupe is Groupe.CANDIDAT or fact.nom == "porteur"):
                continue
            plain = [
                f"nullif(regexp_replace(lower(strip_accents({_cell(column)})), "
                "'[^a-z0-9]', '', 'g'), '')"
                for column in cells
            ]
            names = " et ".join(f"« {column.name} »" for column in cells)
            said = ", ".join(f"'« ' || {_cell(column)} || ' »'" for column in cells)
            told.append(
                f"when len(list_distinct([{', '.join(plain)}])) > 1 then {literal(names)} || "
                f"{literal(f' ne disent pas la même chose de « {fact.libelle} » (')} || "
                f"concat_ws(', ', {said}) || ') : laquelle est juste ?'"
            )
        return f"(case {' '.join(told)} end)"


SHIFTED = (
    "La ligne a plus de colonnes que l'en-tête : ses valeurs sont décalées et n'ont pas été lues ; "
    "mettez entre guillemets celle qui contient le séparateur."
)


def _cell(column: Column) -> str:
    """Write the expression of what a cell says of its fact: null for nothing, its unit told."""
    fact = str(column.fact)
    text = f"nullif(trim(c{column.rank}, {TRIMMED}), '')"
    text = f"if({nothing_sql(fact, text)}, null, {text})"
    if column.turned is not None:
        cases = " ".join(
            f"when {literal(value)} then {literal(meant)}" for value, meant in column.turned.items()
        )
        other = f"{literal(column.name + ' : ')} || {text}" if column.contrary else text
        text = f"(case {text} {cases} else {other} end)" if cases else f"({other})"
    return with_unit(text, column.units) if column.units else text


def with_unit(text: str, units: str) -> str:
    """Write the expression of a cell read in the unit that its header tells.

    A cell that has another unit of its own gets both: it is for the reader to refuse.
    """
    same = f"contains(lower({text}), {literal(units.split(maxsplit=1)[0].lower())})"
    return f"if({same}, {text}, {text} || {literal(' ' + units)})"


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that spills into ``folder``."""
    import duckdb

    return duckdb.connect(
        config={"threads": 2, "memory_limit": MEMORY, "temp_directory": str(folder / "debord")}
    )


def arrange(first: Sequence[Row]) -> tuple[int, list[str | None]]:
    """Find what the first rows of a table say of it.

    Gives how many rows stand before its data, and its header (as wide as it needs). Without any
    known header, the row above the first identifier is one, if it is not blank.
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
        if place < 0:
            return start, header
    else:
        place, header = joined_header(first, place)
    return place + 1, header


def _identifies(row: Row) -> bool:
    return any(cell and looks_like_identifier(cell) for cell in row)


def named(header: Sequence[str | None], left: int = 0) -> list[str]:
    """Give each column a name: its header, or the letter that spreadsheets call it by.

    ``left`` columns of the sheet, all blank, stand before them.
    """
    return [
        cell if cell and cell.strip() else letter(position + left)
        for position, cell in enumerate(header)
    ]


def letter(position: int) -> str:
    """Name a column that has no header, by its position from 0."""
    return f"Colonne {column_letter(position)}"

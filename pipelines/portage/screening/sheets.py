"""Sheets of a workbook whose rows DuckDB writes.

xlsxwriter makes the workbook but for the rows of such a sheet. Cell by cell it takes 10 s for
100,000 rows; DuckDB writes the same XML in one query, put here in the place of a first row that
shows the styles. Texts that many rows repeat are written once, beside, as spreadsheets do. Heights
are written too: neither Excel nor LibreOffice works them out for rows that come so.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from pipelines.portage.candidates.headers import column_letter
from pipelines.warehouse.literals import literal

# What a cell holds.
XLSX_TEXT = 32_767
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_STYLE = re.compile(rb'<c r="[A-Z]+\d+" s="(\d+)"')
_STRINGS = "xl/sharedStrings.xml"
_COUNT = re.compile(rb'uniqueCount="\d+"')
_FETCHED = 2_000
# Characters that XML does not carry.
_FORBIDDEN = "".join(map(chr, (*range(1, 9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
# Points of a line, and how much wider a text is than its letters: a line breaks between words.
_LINE = 15
_LOOSE = 1.15
_MOST_LINES = 20


class Kind(StrEnum):
    """How a column is shown."""

    TEXT = "texte"
    WRAPPED = "à la ligne"
    DAY = "date"


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    ``cell`` is the expression of its text; ``day``, for a column of dates, that of the date, null
    where the text stands. ``width`` is in characters; ``lines`` how many it makes a row tall, at
    most. ``shared``: many rows have the same text. ``colours`` are the ink and the ground of some
    values.
    """

    title: str
    cell: str
    width: float
    kind: Kind = Kind.TEXT
    day: str = ""
    ours: bool = True
    hidden: bool = False
    lines: int = _MOST_LINES
    shared: bool = False
    colours: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Filled:
    """A sheet to be filled: its ``rank`` in the workbook, from 1, its columns, and its rows.

    ``source`` is an expression of DuckDB that gives ``rows`` rows; they are numbered by ``rang``,
    from 1. Its header stands in row ``header``.
    """

    rank: int
    columns: Sequence[Column]
    source: str
    rows: int
    header: int = 1

    @property
    def part(self) -> str:
        """The part of the archive that holds it."""
        return f"xl/worksheets/sheet{self.rank}.xml"

    @property
    def last(self) -> int:
        """Its last row."""
        return self.header + self.rows


def lay_out(book: Any, sheet: Any, filled: Filled) -> None:
    """Write the header of a sheet, and a row that shows how each column is styled."""
    styles = {
        Kind.TEXT: book.add_format({"num_format": "@", "valign": "top"}),
        Kind.WRAPPED: book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        Kind.DAY: book.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "align": "left"}),
    }
    head = {"bold": True, "text_wrap": True, "border": 1, "valign": "top"}
    theirs = book.add_format({**head, "bg_color": "#E7E6E6"})
    ours = book.add_format({**head, "bg_color": "#D9E1F2"})
    top, last = filled.header - 1, max(filled.last - 1, filled.header)
    for position, column in enumerate(filled.columns):
        style = styles[column.kind]
        hidden = {"hidden": True} if column.hidden else {}
        sheet.set_column(
            position, position, column.width, style if column.kind is Kind.DAY else None, hidden
        )
        title = column.title[:XLSX_TEXT]
        sheet.write_string(top, position, title, ours if column.ours else theirs)
        if filled.rows:
            sheet.write_blank(top + 1, position, None, style)
        for value, (ink, ground) in column.colours.items():
            sheet.conditional_format(
                *(top + 1, position, last, position),
                {
                    "type": "cell",
                    "criteria": "==",
                    "value": f'"{value}"',
                    "format": book.add_format({"bg_color": ground, "font_color": ink}),
                },
            )
    sheet.set_row(top, _LINE * max(_lines(column) for column in filled.columns))
    width = column_letter(len(filled.columns) - 1)
    sheet.autofilter(top, 0, last, len(filled.columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{width}{last + 1}"})
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


def _lines(column: Column) -> int:
    """Give how many lines a header takes."""
    return min(1 + int(len(column.title) * _LOOSE // column.width), 4)


def fill(shell: Path, target: Path, con: Any, sheets: Sequence[Filled]) -> None:
    """Write the workbook, with the rows of its sheets."""
    parts = {sheet.part: sheet for sheet in sheets if sheet.rows}
    with zipfile.ZipFile(shell) as made, zipfile.ZipFile(target, "w") as book:
        strings = made.read(_STRINGS)
        _share(con, list(parts.values()), strings)
        for entry in made.infolist():
            if entry.filename in parts:
                sheet = parts[entry.filename]
                _write_rows(sheet, con, made.read(entry), book)
            elif entry.filename == _STRINGS:
                _write_strings(con, strings, book)
            else:
                book.writestr(entry.filename, made.read(entry), zipfile.ZIP_DEFLATED)


def _share(con: Any, sheets: Sequence[Filled], strings: bytes) -> None:
    """Make the tables of the texts that are shared: ``texte``, its ``rang`` and ``haut``."""
    count = strings.count(b"<si>")
    for sheet in sheets:
        for position, column in enumerate(sheet.columns):
            if not column.shared:
                continue
            name = _table(sheet, position)
            con.execute(
                f"create temp table {name} as select cellule as texte, "
                f"{count} + row_number() over () - 1 as rang, "
                f"{_tall(column, 'cellule')}::integer as haut, "
                f"'<si><t xml:space=\"preserve\">' || {_xml_text('cellule')} || '</t></si>' as xml "
                f"from (select distinct {column.cell} as cellule from {sheet.source}) "
                "where cellule is not null"
            )
            count += int(con.execute(f"select count(*) from {name}").fetchone()[0])
    every = [
        f"select rang, xml from {_table(sheet, position)}"
        for sheet in sheets
        for position, column in enumerate(sheet.columns)
        if column.shared
    ]
    none = "select null::bigint as rang, null::varchar as xml limit 0"
    con.execute(f"create temp view textes as {' union all '.join(every) or none}")


def _table(sheet: Filled, position: int) -> str:
    return f"textes_{sheet.rank}_{position}"


def _write_strings(con: Any, strings: bytes, book: zipfile.ZipFile) -> None:
    """Write the shared texts after those that xlsxwriter wrote."""
    total = strings.count(b"<si>") + con.execute("select count(*) from textes").fetchone()[0]
    head = _COUNT.sub(f'uniqueCount="{total}"'.encode(), strings, count=1)
    with _entry(book, _STRINGS) as file:
        file.write(head.removesuffix(b"</sst>"))
        _write_texts(con, "select xml from textes order by rang", file)
        file.write(b"</sst>")


def _write_rows(sheet: Filled, con: Any, body: bytes, book: zipfile.ZipFile) -> None:
    """Write a sheet, its rows in the place of the one that shows their styles."""
    row = rf'<row r="{sheet.header + 1}".*?</row>'.encode()
    probe = re.search(row, body, re.DOTALL)
    assert probe is not None  # noqa: S101  # written by lay_out
    styles = [style.decode() for style in _STYLE.findall(probe.group())]
    extent = f'<dimension ref="A1:{column_letter(len(styles) - 1)}{sheet.last}"/>'
    with _entry(book, sheet.part) as file:
        file.write(_DIMENSION.sub(extent.encode(), body[: probe.start()], count=1))
        _write_texts(con, _rows_xml(sheet, styles), file)
        file.write(body[probe.end() :])


def _entry(book: zipfile.ZipFile, part: str) -> IO[bytes]:
    entry = zipfile.ZipInfo(part, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = 1  # type: ignore[attr-defined]
    return book.open(entry, "w", force_zip64=True)


def _write_texts(con: Any, query: str, file: IO[bytes]) -> None:
    con.execute(query)
    while rows := con.fetchmany(_FETCHED):
        file.write("".join(text for (text,) in rows).encode())


def _rows_xml(sheet: Filled, styles: Sequence[str]) -> str:
    """Write the query of the rows as XML: texts, so that nothing in it is run."""
    cells, heights, joins = [], [], []
    for position, (column, style) in enumerate(zip(sheet.columns, styles, strict=True)):
        start = f"'<c r=\"{column_letter(position)}' || numero || '\" s=\"{style}\"'"
        if column.shared:
            name = _table(sheet, position)
            joins.append(f"left join {name} on {name}.texte = cellule_{position}")
            cells.append(f"coalesce({start} || ' t=\"s\"><v>' || {name}.rang || '</v></c>', '')")
            heights.append(f"coalesce({name}.haut, 1)")
            continue
        text = (
            f'\' t="inlineStr"><is><t xml:space="preserve">\' || '
            f"{_xml_text(f'cellule_{position}')} || '</t></is></c>'"
        )
        written = f"when cellule_{position} is not null then {start} || {text}"
        if column.day:
            day = f"'><v>' || (jour_{position} - date '1899-12-30') || '</v></c>'"
            written = f"when jour_{position} is not null then {start} || {day} {written}"
        cells.append(f"case {written} else '' end")
        if column.kind is Kind.WRAPPED:
            heights.append(_tall(column, f"cellule_{position}"))
    height = f"({_LINE} * greatest(1, {', '.join(heights) or 1}))::integer"
    start = f"'<row r=\"' || numero || '\" ht=\"' || {height} || '\" customHeight=\"1\">'"
    given = ", ".join(
        f"{text} as {name}_{position}"
        for position, column in enumerate(sheet.columns)
        for name, text in (("cellule", column.cell), ("jour", column.day))
        if text
    )
    return (
        f"select {start} || {' || '.join(cells)} || '</row>' "
        f"from (select rang, rang + {sheet.header} as numero, {given} from {sheet.source}) "
        f"{' '.join(joins)} order by numero"
    )


def _tall(column: Column, text: str) -> str:
    """Write the expression of how many lines a text takes in a column."""
    if column.kind is not Kind.WRAPPED:
        return "1"
    lines = (
        f"ceil(length({text}) * {_LOOSE} / {column.width}) "
        f"+ length({text}) - length(replace({text}, chr(10), ''))"
    )
    return f"least({column.lines}, coalesce({lines}, 1))"


def _xml_text(text: str) -> str:
    text = f"if(length({text}) > {XLSX_TEXT}, left({text}, {XLSX_TEXT - 1}) || '…', {text})"
    # Excel reads _x0041_ as a character: the underscore itself is written so.
    for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("_x", "_x005F_x")):
        text = f"replace({text}, '{plain}', '{written}')"
    return f"translate({text}, {literal(_FORBIDDEN)}, '')"

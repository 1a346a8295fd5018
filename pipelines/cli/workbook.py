"""Workbooks for spreadsheets: a table on its sheet, or a schema with its dictionary.

Rows are written as they come (``constant_memory``): a sheet is finished before the next begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.relations import joined, rows_of, tables
from pipelines.errors import UsageError
from pipelines.settings import SQL
from pipelines.warehouse.literals import literal
from pipelines.warehouse.models import SCHEMAS, parse_model

if TYPE_CHECKING:
    import duckdb

# What a worksheet holds, its header aside, and what a cell and a name of sheet hold.
_ROWS = 1_048_575
_TEXT = 32_767
_NAME = 31
_DICTIONARY = "dictionnaire"
# Rows that are looked at to give a column its width, and the widest it gets; the arrow of the
# filter hides the end of a header that has no room beside it.
_LOOKED_AT = 500
_WIDEST = 60
_ARROW = 3
_WHOLE = frozenset(("tinyint", "smallint", "integer", "bigint", "hugeint"))
_FRACTIONS = frozenset(("float", "double", "decimal"))
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
_WRITERS = {
    "varchar": "write_string",
    "boolean": "write_boolean",
    "date": "write_datetime",
    "timestamp": "write_datetime",
    **dict.fromkeys(_WHOLE | _FRACTIONS, "write_number"),
}


def write_table(con: duckdb.DuckDBPyConnection, table: str, target: Path) -> None:
    """Write one table as a workbook of one sheet.

    Raises:
        UsageError: it has more rows than a sheet.
    """
    _check_length(con, table)
    with _workbook(target) as book:
        _Sheet(book, table[:_NAME]).fill(con.sql(f"from {table}"))


def write_schema(con: duckdb.DuckDBPyConnection, schema: str, target: Path) -> None:
    """Write every table of a schema as a sheet, after a sheet that describes them all.

    Raises:
        UsageError: one of them has more rows than a sheet.
    """
    names = [name for name in tables(con) if name.split(".")[0] == schema]
    for name in names:
        _check_length(con, name)
    sheets = dict(zip(names, sheet_names([name.split(".")[1] for name in names]), strict=True))
    origin = dict(_origin(con))
    with _workbook(target) as book:
        book.set_properties(
            {
                "title": f"Schéma « {schema} »",
                "comments": " ; ".join(f"{label} : {value}" for label, value in origin.items()),
            }
        )
        _write_dictionary(book, schema, origin, _columns(con, schema), sheets)
        for name, sheet in sheets.items():
            _Sheet(book, sheet).fill(con.sql(f"from {name}"))


def _check_length(con: duckdb.DuckDBPyConnection, table: str) -> None:
    count = con.sql(f"from {table}").count("*").fetchone()
    if count and count[0] > _ROWS:
        raise UsageError(
            f"{table} a {count[0]} lignes et une feuille Excel en contient {_ROWS} : exportez "
            "cette table en csv ou en parquet."
        )


def _workbook(target: Path) -> Any:
    import xlsxwriter

    # Cells are written by type: neither formulas nor links come out of a register.
    return xlsxwriter.Workbook(str(target), {"constant_memory": True})


def sheet_names(names: Iterable[str]) -> list[str]:
    """Give each table a name of sheet: short enough, and like no other, whatever the case."""
    found: list[str] = []
    for name in names:
        own, rank = name[:_NAME], 1
        while own.lower() in {_DICTIONARY, *(other.lower() for other in found)}:
            rank += 1
            own = f"{name[: _NAME - len(str(rank)) - 1]}~{rank}"
        found.append(own)
    return found


def cell_text(value: Any) -> str:
    """Give what a cell can hold: beyond its limit, Excel would get nothing at all."""
    text = str(joined(value))
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


class _Sheet:
    """A sheet under its header, which stays in sight and filters."""

    def __init__(self, book: Any, name: str) -> None:
        self._book = book
        self._sheet = book.add_worksheet(name)

    def fill(self, relation: duckdb.DuckDBPyRelation) -> None:
        """Write the rows of ``relation``."""
        kinds = [kind.id for kind in relation.types]
        rows = rows_of(relation)
        first = list(islice(rows, _LOOKED_AT))
        self._head(relation.columns, _widths(relation.columns, first))
        writers = [self._writer(*column) for column in zip(relation.columns, kinds, strict=True)]
        last = 0
        for last, row in enumerate(chain(first, rows), start=1):
            for column, value in enumerate(row):
                if value is not None:
                    writers[column](last, column, value)
        self._sheet.autofilter(0, 0, last, len(kinds) - 1)

    def _head(self, columns: Sequence[str], widths: Sequence[int]) -> None:
        _set_page(self._sheet, 0)
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)
        bold = self._book.add_format({"bold": True})
        for column, name in enumerate(columns):
            self._sheet.write_string(0, column, name, bold)

    def _writer(self, name: str, kind: str) -> Callable[[int, int, Any], object]:
        """Give what writes the cells of one column."""
        write = getattr(self._sheet, _WRITERS.get(kind, "write_string"))
        shown = number_format(name, kind)
        style = self._book.add_format({"num_format": shown}) if shown else None
        if write == self._sheet.write_string:
            return lambda row, column, value: write(row, column, cell_text(value), style)
        return lambda row, column, value: write(row, column, value, style)


def number_format(name: str, kind: str) -> str:
    """Give the format of Excel that shows a column as it is meant."""
    if kind in ("date", "timestamp"):
        return _DAY if kind == "date" else _MOMENT
    if name.endswith("_pct"):
        return '0.00" %"'  # a percentage already: Excel must not multiply it
    if kind in _FRACTIONS:
        return "#,##0.00##"
    return "#,##0" if kind in _WHOLE and not name.startswith("annee") else ""  # not « 2 025 »


def _widths(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[int]:
    longest = [
        max((len(str(joined(row[place]))) for row in rows if row[place] is not None), default=0)
        for place in range(len(columns))
    ]
    return [
        min(max(len(name) + _ARROW, found + 2), _WIDEST)
        for name, found in zip(columns, longest, strict=True)
    ]


def _set_page(sheet: Any, head: int) -> None:
    """Keep the header in sight; print one page wide and as many long as it takes."""
    sheet.freeze_panes(head + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)


def _origin(con: duckdb.DuckDBPyConnection) -> Iterable[tuple[str, Any]]:
    """Say which list the figures come from."""
    told = con.sql(
        "select date_contenu, sha256, version, licence, attribution from meta.publication"
    ).fetchone()
    labels = (
        *("Date de la liste", "SHA-256 de la liste", "Version publiée"),
        *("Licence", "Attribution"),
    )
    return [pair for pair in zip(labels, told or (), strict=True) if pair[1] is not None]


def _columns(con: duckdb.DuckDBPyConnection, schema: str) -> list[tuple[str, ...]]:
    """List the columns of a schema: table, its description, its grain, column, type, description.

    Descriptions are those stored in the release, which may be older than the models at hand.
    """
    found = con.sql(
        f"""
        with described as (
            select table_oid as oid, table_name as name, comment
            from duckdb_tables()
            where schema_name = {literal(schema)}
            union all
            select view_oid, view_name, comment
            from duckdb_views()
            where schema_name = {literal(schema)}
        )
        select
            t.name,
            coalesce(t.comment, ''),
            c.column_name,
            lower(c.data_type),
            coalesce(c.comment, '')
        from described as t
        inner join duckdb_columns() as c
            on t.oid = c.table_oid and c.schema_name = {literal(schema)}
        order by t.name, c.column_index
        """
    ).fetchall()
    grains = {name: _grain(schema, name, told) for name, told, *_ in found}
    return [(name, told, grains[name], *column) for name, told, *column in found]


def _grain(schema: str, table: str, description: str) -> str:
    """Give the grain of a table, which the release does not hold, if its model has not changed."""
    path = SQL / schema / f"{table}.sql"
    if not path.is_file():
        return ""
    model = parse_model(path)
    return model.grain if model.description == description else ""


_HEADINGS = (
    *("table", "description de la table", "grain"),
    *("colonne", "type", "description"),
)


def _write_dictionary(
    book: Any,
    schema: str,
    origin: dict[str, Any],
    columns: Sequence[tuple[str, ...]],
    sheets: dict[str, str],
) -> None:
    """Write what the tables and their columns mean; a table is described once, on its first row."""
    sheet = book.add_worksheet(_DICTIONARY)
    bold, top = book.add_format({"bold": True}), book.add_format({"valign": "top"})
    title = book.add_format({"bold": True, "font_size": 14})
    day = book.add_format({"num_format": _DAY, "align": "left"})
    wrapped = book.add_format({"valign": "top", "text_wrap": True})
    link = book.add_format({"valign": "top", "font_color": "#0563C1", "underline": 1})
    for column, width in enumerate((30, _WIDEST, 30, 34, 12, 90)):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, f"Schéma « {schema} » — {SCHEMAS.get(schema, '')}".strip(" —"), title)
    for row, (label, value) in enumerate(origin.items(), start=1):
        sheet.write_string(row, 0, label, bold)
        if isinstance(value, str):
            sheet.write_string(row, 1, value)
        else:
            sheet.write_datetime(row, 1, value, day)
    head = len(origin) + 2
    for column, name in enumerate(_HEADINGS):
        sheet.write_string(head, column, name, bold)
    described = ""
    for row, (table, told, grain, *column_told) in enumerate(columns, start=head + 1):
        if table != described:
            described = table
            target = f"internal:'{sheets[f'{schema}.{table}']}'!A1"
            sheet.write_url(row, 0, target, link, table)
            sheet.write_string(row, 1, told, wrapped)
            sheet.write_string(row, 2, grain, wrapped)
        else:
            sheet.write_string(row, 0, table, top)
        for column, text in enumerate(column_told, start=3):
            sheet.write_string(row, column, text, wrapped)
    sheet.autofilter(head, 0, head + len(columns), len(_HEADINGS) - 1)
    _set_page(sheet, head)

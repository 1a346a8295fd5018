"""Commands that read the release: a query, a table exported."""

from __future__ import annotations

import csv
import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.cli.common import (
    ERR,
    OUT,
    HomeOption,
    current_release,
    fitted,
    json_text,
    printable,
    settings_for,
)
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.warehouse.release import open_readonly

if TYPE_CHECKING:
    import duckdb

_SHOWN_ROWS = 50
# Where not all columns fit, a long text leaves room for others.
_CELL = 40
# What a worksheet holds, its header aside.
_XLSX_ROWS = 1_048_575
_XLSX_TEXT = 32_767


class QueryFormat(StrEnum):
    """How the answer of a query is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class ExportFormat(StrEnum):
    """How a table is exported."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("query")(query)
    app.command("export")(export)


def query(
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="Requête, par exemple « from marche.synthese ».")
    ],
    fmt: Annotated[
        QueryFormat,
        typer.Option("--format", metavar="|".join(QueryFormat), help="Forme de la réponse."),
    ] = QueryFormat.TABLE,
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="FICHIER",
            help="Fichier à écrire (csv, json) ; obligatoire pour parquet.",
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Interroger la base publiée, en lecture seule."""
    if fmt is QueryFormat.PARQUET and sortie is None:
        raise UsageError("Le format parquet est binaire : donnez un fichier avec --sortie.")
    if fmt is QueryFormat.TABLE and sortie is not None:
        raise UsageError("Dans un fichier, choisissez --format csv, json ou parquet.")
    release = current_release(settings_for(home))
    with open_readonly(release.path) as con, _told_in_french():
        relation = _relation(con, sql)
        if fmt is QueryFormat.TABLE:
            _show(relation)
        elif sortie is not None:
            with replacing(sortie) as part:
                _write(relation, fmt, part)
        elif fmt is QueryFormat.CSV:
            _csv_to(sys.stdout, relation)
        else:
            typer.echo(_json(relation))


def export(
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="Table, par exemple socle.organisme.")
    ],
    fmt: Annotated[
        ExportFormat,
        typer.Option("--format", metavar="|".join(ExportFormat), help="Format du fichier."),
    ] = ExportFormat.CSV,
    sortie: Annotated[
        Path | None,
        typer.Option("--sortie", metavar="FICHIER", help="Fichier ; sinon TABLE.FORMAT ici même."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Exporter une table de la base publiée (CSV, Parquet ou Excel)."""
    release = current_release(settings_for(home))
    target = sortie or Path(f"{table}.{fmt}")
    with open_readonly(release.path) as con:
        known = _tables(con)
        if table not in known:
            near = difflib.get_close_matches(table, known, n=3) or known
            raise UsageError(
                f"La table « {table} » n'existe pas : choisissez parmi {', '.join(near)}."
            )
        relation = con.sql(f"from {table}")
        with replacing(target) as part:
            if fmt is ExportFormat.XLSX:
                _write_xlsx(table, relation, part)
            else:
                _write(relation, fmt, part)
    ERR.print(f"[green]✓[/] {escape(str(target))}", soft_wrap=True, highlight=False)


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select table_schema, table_name from information_schema.tables order by all"
    ).fetchall()
    return [".".join(row) for row in rows]


@contextmanager
def _told_in_french() -> Iterator[None]:
    """Say what DuckDB refuses, in whatever part of the query it found it."""
    import duckdb

    known = '« opac query "show tables" » donne les tables, « opac dictionnaire » leurs colonnes'
    kinds: dict[type[Exception], str] = {
        duckdb.ParserException: "La requête n'est pas du SQL bien écrit : corrigez-la",
        duckdb.CatalogException: f"La requête cite ce qui n'existe pas : {known}",
        duckdb.BinderException: f"La requête ne va pas avec les colonnes : {known}",
    }
    try:
        yield
    except duckdb.Error as error:
        text = re.sub(r"^[A-Z][\w ]* Error: |\n(?=\s*\n)", "", str(error).strip())
        told = kinds.get(type(error), "La requête ne peut pas être exécutée : corrigez-la")
        if isinstance(error, duckdb.InvalidInputException) and "read-only mode" in text:
            told = "La requête veut écrire, et la base publiée se lit seulement : retirez-en cela"
        raise UsageError(f"{told} (DuckDB : {text}).") from error


def _relation(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """Give the rows of the one query of ``sql``; settings may come before it."""
    from duckdb import ExpectedResultType

    asking = [
        statement
        for statement in con.extract_statements(sql)
        if statement.expected_result_type == [ExpectedResultType.QUERY_RESULT]
    ]
    if len(asking) > 1:
        raise UsageError("Plusieurs requêtes à la fois : lancez-les une par une.")
    schemas = dict.fromkeys(name.split(".")[0] for name in _tables(con))
    # So that « show tables » shows them, and a table answers to its short name.
    con.execute(f"set search_path = '{','.join(schemas)}'")
    relation = con.sql(sql) if asking else None
    if relation is None:
        raise UsageError(
            "Cette demande ne rend pas de lignes : écrivez un select ou un from (la base publiée "
            "se lit seulement)."
        )
    return relation


def _rows(relation: duckdb.DuckDBPyRelation) -> Iterable[tuple[Any, ...]]:
    while chunk := relation.fetchmany(5_000):
        yield from chunk


def _write(relation: duckdb.DuckDBPyRelation, fmt: StrEnum, target: Path) -> None:
    if fmt == QueryFormat.PARQUET:
        relation.write_parquet(str(target))
    elif fmt == QueryFormat.JSON:
        target.write_text(_json(relation), encoding="utf-8")
    else:
        # With a mark, or spreadsheets read accents as something else.
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            _csv_to(file, relation)


def _csv_to(file: Any, relation: duckdb.DuckDBPyRelation) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(relation.columns)
    for row in _rows(relation):
        writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _joined(value)


def _joined(value: Any) -> Any:
    """Write a list in one cell."""
    if isinstance(value, list):
        return ", ".join("" if item is None else str(item) for item in value)
    return str(value) if isinstance(value, dict) else value


def _json(relation: duckdb.DuckDBPyRelation) -> str:
    columns: list[str] = []
    for name in relation.columns:
        own = name
        while own in columns:  # two tables joined may both have a « nda »
            own += "_1"
        columns.append(own)
    return json_text([dict(zip(columns, row, strict=True)) for row in _rows(relation)])


def _write_xlsx(table: str, relation: duckdb.DuckDBPyRelation, target: Path) -> None:
    import xlsxwriter

    count = relation.count("*").fetchone()
    if count and count[0] > _XLSX_ROWS:
        raise UsageError(
            f"{table} a {count[0]} lignes et une feuille Excel en contient {_XLSX_ROWS} : exportez "
            "en csv ou en parquet."
        )
    options = {
        "constant_memory": True,
        # Text stays text: neither formulas nor links come out of a register.
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(str(target), options) as book:
        sheet = book.add_worksheet(table[:31])
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, relation.columns, bold)
        last = 0
        for last, row in enumerate(_rows(relation), start=1):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(last, column, _xlsx_cell(value))
        sheet.autofilter(0, 0, last, len(relation.columns) - 1)


def _xlsx_cell(value: Any) -> Any:
    """Give what a cell can hold: beyond its limit, Excel would get nothing at all."""
    cell = _joined(value)
    if isinstance(cell, str) and len(cell) > _XLSX_TEXT:
        return cell[: _XLSX_TEXT - 1] + "…"
    return cell


def _show(relation: duckdb.DuckDBPyRelation) -> None:
    columns = relation.columns
    rows = relation.fetchmany(_SHOWN_ROWS + 1)
    if len(rows) == 1:
        _show_one(columns, rows[0])
        return
    cells = [[_cell(value) for value in row] for row in rows[:_SHOWN_ROWS]]
    cap = OUT.width
    shown = _fitting(columns, cells, cap)
    if shown < len(columns):
        cap = _CELL
        shown = _fitting(columns, cells, cap)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(columns[:shown]):
        table.add_column(
            escape(name),
            justify="right" if _numbers(row[position] for row in rows) else "left",
            no_wrap=True,
            max_width=cap,
            overflow="ellipsis",
        )
    for row in cells:
        table.add_row(*(escape(value) for value in row[:shown]))
    OUT.print(table)
    notes = []
    if len(rows) > _SHOWN_ROWS:
        notes.append(f"{_SHOWN_ROWS} premières lignes")
    if shown < len(columns):
        notes.append(f"colonnes non montrées : {', '.join(columns[shown:])}")
    if notes:
        told = fitted(ERR, f"({' ; '.join(notes)} — tout : --format csv)")
        ERR.print(escape(told), style="dim", soft_wrap=True, highlight=False)
    elif not rows:
        ERR.print("(aucune ligne)", style="dim")


def _fitting(columns: Sequence[str], cells: list[list[str]], cap: int) -> int:
    """Count the columns that fit the width whole: an identifier cut in two is not read."""
    left = OUT.width
    for position, name in enumerate(columns):
        widest = max([cell_len(name), *(cell_len(row[position]) for row in cells)])
        left -= min(widest, cap)
        if left < 0:
            return max(position, 1)
        left -= 2  # between two columns
    return len(columns)


def _numbers(values: Iterable[Any]) -> bool:
    found = [value for value in values if value is not None]
    return bool(found) and all(type(value) in (int, float, Decimal) for value in found)


def _show_one(columns: Sequence[str], row: tuple[Any, ...]) -> None:
    """Show a single row upright: twenty figures side by side are not read."""
    width = max(map(cell_len, columns))
    for name, value in zip(columns, row, strict=True):
        line = Text(f"{name:<{width}}  {_cell(value)}".rstrip())
        line.stylize("bold", 0, len(name))
        OUT.print(line, soft_wrap=True)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return printable(str(_joined(value)))

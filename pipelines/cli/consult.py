"""Commands that read the release: a query, a table exported."""

from __future__ import annotations

import csv
import difflib
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pipelines.cli.common import (
    ERR,
    OUT,
    HomeOption,
    current_release,
    print_json,
    settings_for,
)
from pipelines.errors import UsageError
from pipelines.warehouse.release import open_readonly

if TYPE_CHECKING:
    import duckdb

_SHOWN_ROWS = 50
_CELL = 40
# What a worksheet holds, its header aside.
_XLSX_ROWS = 1_048_575


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
    sql: Annotated[str, typer.Argument(help="Requête, par exemple « from marche.synthese ».")],
    fmt: Annotated[
        QueryFormat, typer.Option("--format", help="Forme de la réponse.")
    ] = QueryFormat.TABLE,
    sortie: Annotated[
        Path | None, typer.Option("--sortie", help="Fichier ; obligatoire pour parquet.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Interroger la base publiée, en lecture seule."""
    release = current_release(settings_for(home))
    if fmt is QueryFormat.PARQUET and sortie is None:
        raise UsageError("Le format parquet est binaire : donnez un fichier avec --sortie.")
    with open_readonly(release.path) as con:
        relation = _relation(con, sql)
        if relation is None:
            raise UsageError("Cette requête ne rend pas de lignes : écrivez un select ou un from.")
        if fmt is QueryFormat.PARQUET:
            relation.write_parquet(str(sortie))
        elif fmt is QueryFormat.CSV:
            _write_csv(relation.columns, _rows(relation), sortie)
        elif fmt is QueryFormat.JSON:
            _write_json(relation, sortie)
        else:
            _show(relation)


def export(
    table: Annotated[str, typer.Argument(help="Table, par exemple socle.organisme.")],
    fmt: Annotated[
        ExportFormat, typer.Option("--format", help="Format du fichier.")
    ] = ExportFormat.CSV,
    sortie: Annotated[
        Path | None, typer.Option("--sortie", help="Fichier ; sinon TABLE.FORMAT ici même.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Exporter une table de la base publiée (CSV, Parquet ou Excel)."""
    release = current_release(settings_for(home))
    target = sortie or Path(f"{table}.{fmt}")
    with open_readonly(release.path) as con:
        known = [
            ".".join(row)
            for row in con.execute(
                "select table_schema, table_name from information_schema.tables order by all"
            ).fetchall()
        ]
        if table not in known:
            near = difflib.get_close_matches(table, known, n=3) or known
            raise UsageError(
                f"La table « {table} » n'existe pas : choisissez parmi {', '.join(near)}."
            )
        relation = con.sql(f"from {table}")
        if fmt is ExportFormat.PARQUET:
            relation.write_parquet(str(target))
        elif fmt is ExportFormat.CSV:
            _write_csv(relation.columns, _rows(relation), target)
        else:
            _write_xlsx(table, relation, target)
    ERR.print(f"[green]✓[/] {escape(str(target))}", soft_wrap=True, highlight=False)


def _relation(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation | None:
    import duckdb

    try:
        return con.sql(sql)
    except duckdb.Error as error:
        text = str(error).strip()
        raise UsageError(f"La requête est refusée par DuckDB : {text}") from error


def _rows(relation: duckdb.DuckDBPyRelation) -> Iterable[tuple[Any, ...]]:
    while chunk := relation.fetchmany(5_000):
        yield from chunk


def _write_csv(
    columns: Sequence[str], rows: Iterable[tuple[Any, ...]], target: Path | None
) -> None:
    if target is None:
        _csv_to(sys.stdout, columns, rows)
        return
    # With a mark, or spreadsheets read accents as something else.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        _csv_to(file, columns, rows)


def _csv_to(file: Any, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _joined(value)


def _joined(value: Any) -> Any:
    """Write a list in one cell."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value) if isinstance(value, dict) else value


def _write_json(relation: duckdb.DuckDBPyRelation, target: Path | None) -> None:
    import json

    columns = relation.columns
    found = [dict(zip(columns, row, strict=True)) for row in _rows(relation)]
    if target is None:
        print_json(found)
    else:
        text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
        target.write_text(text, encoding="utf-8")


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
                    sheet.write(last, column, _joined(value))
        sheet.autofilter(0, 0, last, len(relation.columns) - 1)


def _show(relation: duckdb.DuckDBPyRelation) -> None:
    columns = relation.columns
    rows = relation.fetchmany(_SHOWN_ROWS + 1)
    if len(rows) == 1:
        _show_one(columns, rows[0])
        return
    cells = [[_cell(value) for value in row] for row in rows[:_SHOWN_ROWS]]
    shown = _fitting(columns, cells)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns[:shown]:
        table.add_column(escape(name), no_wrap=True, max_width=_CELL, overflow="ellipsis")
    for row in cells:
        table.add_row(*(escape(value) for value in row[:shown]))
    OUT.print(table)
    notes = []
    if len(rows) > _SHOWN_ROWS:
        notes.append(f"{_SHOWN_ROWS} premières lignes")
    if shown < len(columns):
        notes.append(f"colonnes non montrées : {', '.join(columns[shown:])}")
    if notes:
        ERR.print(f"({' ; '.join(notes)} — tout : --format csv)", style="dim", soft_wrap=True)
    elif not rows:
        ERR.print("(aucune ligne)", style="dim")


def _fitting(columns: Sequence[str], cells: list[list[str]]) -> int:
    """Count the columns that fit the width whole: an identifier cut in two is not read."""
    left = OUT.width
    for position, name in enumerate(columns):
        widest = max([len(name), *(len(row[position]) for row in cells)])
        left -= min(widest, _CELL) + 2
        if left < 0:
            return max(position, 1)
    return len(columns)


def _show_one(columns: Sequence[str], row: tuple[Any, ...]) -> None:
    """Show a single row upright: twenty figures side by side are not read."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in zip(columns, row, strict=True):
        table.add_row(escape(name), escape(_cell(value)))
    OUT.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return str(_joined(value))

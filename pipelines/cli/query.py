"""``opac query``: a query of the release, and how its answer is shown."""

from __future__ import annotations

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
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.cli.common import (
    ERR,
    OUT,
    HomeOption,
    current_release,
    fitted,
    settings_for,
)
from pipelines.cli.relations import as_json, joined, tables, write_csv, write_file
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.printable import printable
from pipelines.warehouse.release import open_readonly

if TYPE_CHECKING:
    import duckdb

_SHOWN_ROWS = 50
# Where not all columns fit, a long text leaves room for others.
_CELL = 40
# A figure that was rounded by whoever asked: a quotient left as it is gets no zeros.
_ROUNDED = re.compile(r"-?\d+\.\d{1,4}")


class QueryFormat(StrEnum):
    """How the answer of a query is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("query")(query)


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
    with answer(release.path, sql) as relation:
        if fmt is QueryFormat.TABLE:
            show(relation, OUT, ERR)
        elif sortie is not None:
            with replacing(sortie) as part:
                write_file(relation, fmt, part)
        elif fmt is QueryFormat.CSV:
            write_csv(sys.stdout, relation)
        else:
            typer.echo(as_json(relation))


@contextmanager
def answer(release: Path, sql: str) -> Iterator[duckdb.DuckDBPyRelation]:
    """Give the rows that a query finds in a release.

    Raises:
        UsageError: it is not one query that can be run on it.
    """
    with open_readonly(release) as con, _duckdb_errors_in_french():
        yield _relation(con, sql)


@contextmanager
def _duckdb_errors_in_french() -> Iterator[None]:
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
    schemas = dict.fromkeys(name.split(".")[0] for name in tables(con))
    # So that « show tables » shows them, and a table answers to its short name.
    con.execute(f"set search_path = '{','.join(schemas)}'")
    relation = con.sql(sql) if asking else None
    if relation is None:
        raise UsageError(
            "Cette demande ne rend pas de lignes : écrivez un select ou un from (la base publiée "
            "se lit seulement)."
        )
    return relation


def show(relation: duckdb.DuckDBPyRelation, out: Console, err: Console) -> None:
    """Print the rows on ``out``, as wide as it is; on ``err``, what of them is not shown."""
    columns = relation.columns
    rows = relation.fetchmany(_SHOWN_ROWS + 1)
    if len(rows) == 1:
        _show_one(columns, rows[0], out)
        return
    cells = _cells(rows[:_SHOWN_ROWS])
    cap = out.width
    shown = _fitting(columns, cells, cap, out.width)
    if shown < len(columns):
        cap = _CELL
        shown = _fitting(columns, cells, cap, out.width)
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
    out.print(table)
    notes = []
    if len(rows) > _SHOWN_ROWS:
        notes.append(f"{_SHOWN_ROWS} premières lignes")
    if shown < len(columns):
        notes.append(f"colonnes non montrées : {', '.join(columns[shown:])}")
    if notes:
        told = fitted(err, f"({' ; '.join(notes)} — tout : --format csv)")
        err.print(escape(told), style="dim", soft_wrap=True, highlight=False)
    elif not rows:
        err.print("(aucune ligne)", style="dim")


def _fitting(columns: Sequence[str], cells: list[list[str]], cap: int, left: int) -> int:
    """Count the columns that fit the width whole: an identifier cut in two is not read."""
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


def _show_one(columns: Sequence[str], row: tuple[Any, ...], out: Console) -> None:
    """Show a single row upright: twenty figures side by side are not read."""
    width = max(map(cell_len, columns))
    for name, value in zip(columns, row, strict=True):
        line = Text(f"{name:<{width}}  {_cell(value)}".rstrip())
        line.stylize("bold", 0, len(name))
        out.print(line, soft_wrap=True)


def _cells(rows: Sequence[tuple[Any, ...]]) -> list[list[str]]:
    """Write the values; the figures of a column with as many decimals, so that they compare."""
    columns = [[_cell(value) for value in column] for column in zip(*rows, strict=True)]
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        decimals = {
            place: len(cell.partition(".")[2])
            for place, (cell, value) in enumerate(zip(column, values, strict=True))
            if isinstance(value, float) and _ROUNDED.fullmatch(cell)
        }
        for place, own in decimals.items():
            column[place] += "0" * (max(decimals.values()) - own)
    return [list(row) for row in zip(*columns, strict=True)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return printable(str(joined(value)))

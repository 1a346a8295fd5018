"""``opac export``: a table as a file, a schema as a workbook."""

from __future__ import annotations

import difflib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from pipelines.cli.common import ERR, HomeOption, current_release, settings_for
from pipelines.cli.relations import tables, write_file
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.warehouse.release import open_readonly

if TYPE_CHECKING:
    import duckdb


class ExportFormat(StrEnum):
    """How a table is exported."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("export")(export)


def export(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="Table, par exemple socle.organisme ; ou schéma entier, par exemple marche "
            "(format xlsx : une feuille par table, précédées de leur dictionnaire).",
        ),
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
    """Exporter une table (CSV, Parquet ou Excel) ou un schéma (Excel) de la base publiée."""
    release = current_release(settings_for(home))
    target = sortie or Path(f"{table}.{fmt}")
    with open_readonly(release.path) as con:
        if _is_schema(con, table) and fmt is not ExportFormat.XLSX:
            raise UsageError(
                f"« {table} » est un schéma, et un schéma s'exporte en un seul classeur : "
                "demandez --format xlsx, ou une table à la fois."
            )
        with replacing(target) as part:
            _write(con, table, fmt, part)
    ERR.print(f"[green]✓[/] {escape(str(target))}", soft_wrap=True, highlight=False)


def _is_schema(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Tell a schema from a table.

    Raises:
        UsageError: it is neither.
    """
    known = tables(con)
    schemas = list(dict.fromkeys(table.split(".")[0] for table in known))
    if name not in known and name not in schemas:
        near = difflib.get_close_matches(name, [*known, *schemas], n=3) or schemas
        raise UsageError(
            f"La table ou le schéma « {name} » n'existe pas : choisissez parmi {', '.join(near)} "
            '(« opac query "show tables" » donne les tables).'
        )
    return name in schemas


def _write(con: duckdb.DuckDBPyConnection, name: str, fmt: ExportFormat, target: Path) -> None:
    if fmt is not ExportFormat.XLSX:
        write_file(con.sql(f"from {name}"), fmt, target)
        return
    from pipelines.cli.workbook import write_schema, write_table

    if "." in name:
        write_table(con, name, target)
    else:
        write_schema(con, name, target)

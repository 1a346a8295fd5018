"""How the columns of a file are read: what the user says of them, and the table that shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipelines.cli.common import OUT, say
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.printable import printable

if TYPE_CHECKING:
    from pipelines.portage.candidates.table import Candidates

ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--colonne",
        metavar="EN-TÊTE=FAIT",
        help="Dire comment lire une colonne (« CA 2025=ca ») ; sans fait, la laisser de côté "
        "(« N°= »). Se répète.",
    ),
]
ColumnsOption = Annotated[
    Path | None,
    typer.Option(
        "--colonnes",
        metavar="FICHIER",
        readable=False,
        help="Lire les colonnes comme le dit ce fichier, écrit par --ecrire-colonnes.",
    ),
]

WriteColumnsOption = Annotated[
    Path | None,
    typer.Option(
        "--ecrire-colonnes",
        metavar="FICHIER",
        help="Écrire comment les colonnes sont lues, en CSV à corriger pour --colonnes.",
    ),
]
PreviewOption = Annotated[
    bool,
    typer.Option(
        "--apercu", metavar="", help="Montrer seulement comment chaque colonne serait lue."
    ),
]


def check_reading(target: Path | None) -> None:
    """See that the reading of columns takes the place of no file.

    Raises:
        UsageError: it would.
    """
    if target is not None and target.exists():
        raise UsageError(f"« {target} » existe déjà : donnez un autre nom avec --ecrire-colonnes.")


def write_reading(candidates: Candidates, target: Path, console: Console = OUT) -> None:
    """Write how the columns are read, to be corrected and given again; say where."""
    from rich.markup import escape

    from pipelines.portage.candidates.mapping import write

    with replacing(target) as part:
        write(candidates.columns, part)
    console.print(f"Lecture des colonnes : {escape(str(target))}", soft_wrap=True, highlight=False)


def tell_columns(candidates: Candidates, every: bool = False, kept: bool = True) -> None:
    """Show how each column is read, and why; those that nobody knows in one line, or ``every``.

    ``kept``: the result has them as they came.
    """
    from pipelines.portage.candidates.addresses import hidden
    from pipelines.portage.candidates.columns import TITLES, shown

    OUT.print("[bold]Colonnes lues[/]")
    if candidates.mapping is not None:
        say(f"  Selon « {candidates.mapping} ».", indent=4)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for title in (f"  {TITLES[0]}", *TITLES[1:]):
        table.add_column(title, overflow="fold", max_width=60 if OUT.is_terminal else None)
    unknown = []
    for column in candidates.columns:
        if column.answer and not every:
            continue
        name, *rest = (hidden(printable(text)) for text in shown(column))
        if column.fact is None and not column.refused and not every:
            unknown.append(f"« {name} »")
        else:
            table.add_row(*(_plain(text) for text in (f"  {name}", *rest)))
    OUT.print(table)
    if unknown:
        told = "Non comprises, reprises telles quelles" if kept else "Non comprises"
        say(f"  {told} : {', '.join(unknown)}", indent=4)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)

"""How the columns of a file are read: what the user says of them, and the table that shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipelines.cli.common import OUT, say
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


def tell_columns(candidates: Candidates, every: bool = False) -> None:
    """Show how each column is read, and why; those that nobody knows in one line, or ``every``."""
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
        name, *rest = map(printable, shown(column))
        if column.fact is None and not column.refused and not every:
            unknown.append(f"« {name} »")
        else:
            table.add_row(*(_plain(text) for text in (f"  {name}", *rest)))
    OUT.print(table)
    if unknown:
        say(f"  Non comprises, reprises telles quelles : {', '.join(unknown)}", indent=4)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)

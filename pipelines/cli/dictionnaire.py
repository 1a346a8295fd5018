"""``opac dictionnaire``: the tables and their columns, from the headers of the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.files import replacing


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("dictionnaire")(dictionary)


def dictionary(
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie", metavar="FICHIER", help="Fichier Markdown ; sinon la sortie standard."
        ),
    ] = None,
) -> None:
    """Donner le dictionnaire des tables et des colonnes."""
    from pipelines.warehouse.dictionary import dictionary_text

    text = dictionary_text()
    if sortie is None:
        typer.echo(text, nl=False)
    else:
        with replacing(sortie) as part:
            part.write_text(text, encoding="utf-8")

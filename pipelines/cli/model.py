"""Templates to fill: an empty workbook that explains its columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.cli.common import OUT
from pipelines.errors import UsageError
from pipelines.files import replacing

ModelOption = Annotated[
    bool,
    typer.Option("--modele", metavar="", help="Écrire un modèle vide qui explique chaque colonne."),
]


def write_model(target: Path, write: Callable[[Path], None]) -> int:
    """Write a template with ``write``, and say where.

    Raises:
        UsageError: it is not called a workbook, or would take the place of a file.
    """
    if target.suffix.lower() != ".xlsx":
        raise UsageError(f"Le modèle est un classeur : donnez un nom en .xlsx, pas « {target} ».")
    if target.exists():
        raise UsageError(f"« {target} » existe déjà : donnez un autre nom au modèle.")
    with replacing(target) as part:
        write(part)
    OUT.print(f"Modèle à remplir : {escape(str(target))}", soft_wrap=True, highlight=False)
    return 0

"""``opac generer-registre``: lists that are obviously fictitious, in the format of the source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.cli.common import OUT, JsonOption, parse_date, print_json
from pipelines.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("generer-registre")(generate_register)


def generate_register(
    lignes: Annotated[
        int, typer.Option("--lignes", metavar="N", min=1, help="Nombre d'organismes.")
    ] = 2000,
    graine: Annotated[
        int, typer.Option("--graine", metavar="N", help="Même graine, mêmes octets.")
    ] = 1,
    date: Annotated[
        str, typer.Option("--date", metavar="AAAA-MM-JJ", help="Date de la (première) liste.")
    ] = "2025-10-15",
    pieges: Annotated[
        bool,
        typer.Option(
            "--pieges", metavar="", help="Ajouter tous les pièges connus, en nombre connu."
        ),
    ] = False,
    sequence: Annotated[
        int,
        typer.Option("--sequence", metavar="N", min=0, help="Nombre de listes datées à la suite."),
    ] = 0,
    pas: Annotated[
        int, typer.Option("--pas", metavar="N", min=1, help="Jours entre deux listes.")
    ] = 1,
    sortie: Annotated[
        Path | None,
        typer.Option("--sortie", metavar="CHEMIN", help="Fichier, ou dossier d'une séquence."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Écrire une liste fictive au format exact de la source."""
    from pipelines.registers.generator import generate, generate_sequence

    day = parse_date(date)
    assert day is not None  # noqa: S101  # there is a default
    if sequence:
        if pieges:
            raise UsageError("--pieges ne vaut que pour une liste seule, sans --sequence.")
        folder = sortie or Path(f"registre-{graine}")
        paths = generate_sequence(folder, lignes, graine, day, sequence, pas)
        if as_json:
            print_json(
                {"listes": [str(path) for path in paths], "verite": str(folder / "verite.json")}
            )
        else:
            OUT.print(
                f"{len(paths)} listes dans {folder}, et leur vérité : verite.json", soft_wrap=True
            )
        return
    path = sortie or Path(f"registre-{lignes}-{graine}.csv")
    summary = generate(path, lignes, graine, day, pieges)
    if as_json:
        print_json(vars(summary))
        return
    OUT.print(
        f"{summary.lignes} lignes, {summary.octets / 1e6:.1f} Mo : {escape(str(path))}",
        soft_wrap=True,
        highlight=False,
    )
    for name, count in sorted(summary.pieges.items()):
        OUT.print(f"  {name} : {count}", highlight=False)

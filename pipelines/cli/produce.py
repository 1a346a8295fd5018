"""Commands that make something: a refresh, a generated register, the dictionary."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.cli.common import (
    OUT,
    HomeOption,
    JsonOption,
    done,
    print_error,
    print_json,
    settings_for,
)
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.home import Home


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("refresh")(refresh)
    app.command("generer-registre")(generate_register)
    app.command("dictionnaire")(dictionary)


def refresh(
    source: Annotated[
        Path | None,
        typer.Option(
            "--source",
            metavar="CHEMIN",
            readable=False,
            help="Liste locale (.csv, .csv.gz, .zip, .parquet) ou dossier de listes datées ; "
            "sinon la liste officielle.",
        ),
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="AAAA-MM-JJ", help="Date du contenu.")
    ] = None,
    accepter: Annotated[
        list[str] | None,
        typer.Option(
            "--accepter", metavar="RÈGLE", help="Écart de comparaison accepté pour cette liste."
        ),
    ] = None,
    motif: Annotated[
        str,
        typer.Option(
            "--motif", metavar="TEXTE", help="Pourquoi l'écart est accepté (gardé dans la base)."
        ),
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recevoir la liste, bâtir la base, la contrôler et la publier."""
    settings = settings_for(home)
    if bool(accepter) != bool(motif.strip()):
        raise UsageError(
            "--accepter et --motif vont ensemble : dites quel écart est accepté, et pourquoi."
        )
    from pipelines.refresh import refresh as run

    outcome = run(
        settings,
        source,
        parse_date(date),
        {regle: motif.strip() for regle in accepter or []},
        progress=sys.stderr.isatty() and not as_json,
    )
    found = outcome.release
    report = Home(settings.home).root / found.meta["rapport"] / "rapport.html"
    if as_json:
        print_json(
            {
                **found.meta,
                "message": outcome.message,
                "avis_non_transmis": outcome.non_avises,
                "publie": outcome.changed,
                "version": found.version,
                "base": str(Home(settings.home).database),
                "rapport": str(report),
            }
        )
        return
    for failure in outcome.non_avises:
        print_error("Avis non transmis :", failure)
    done(outcome.message)
    OUT.print(f"  base    : {escape(str(Home(settings.home).database))}", soft_wrap=True)
    OUT.print(f"  rapport : {escape(str(report))}", soft_wrap=True)
    for rule in found.meta["avertissements"] if outcome.changed else []:
        OUT.print(f"  [yellow]avertissement :[/] {escape(rule)} (voir le rapport)", soft_wrap=True)


def parse_date(text: str | None) -> dt.date | None:
    """Read an ISO date.

    Raises:
        UsageError: it is not one.
    """
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"« {text} » n'est pas une date : écrivez-la AAAA-MM-JJ, par exemple 2026-11-22."
        ) from error


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

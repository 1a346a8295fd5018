"""``opac refresh``: from the list to the release."""

from __future__ import annotations

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
    parse_date,
    print_error,
    print_json,
    settings_for,
)
from pipelines.errors import UsageError
from pipelines.home import Home


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("refresh")(refresh)


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
                "reserves": outcome.reserves,
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
    for told in outcome.reserves:
        OUT.print(f"  [yellow]avertissement :[/] {escape(told)}", soft_wrap=True)
    for rule in found.meta["avertissements"] if outcome.changed else []:
        OUT.print(f"  [yellow]avertissement :[/] {escape(rule)} (voir le rapport)", soft_wrap=True)

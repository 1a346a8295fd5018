"""What the commands share: the home option, the consoles, French figures."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.settings import Settings
from pipelines.warehouse.release import Release, current

# Written to a file or a pipe, tables are not bound by the width of a screen.
OUT = Console(width=None if sys.stdout.isatty() else 200)
ERR = Console(stderr=True)

HomeOption = Annotated[
    Path | None,
    # readable: said by us, in French, with what to do.
    typer.Option(
        "--home", readable=False, help="Dossier de travail (sinon OPAC_HOME, sinon data/home)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Répondre en JSON.")]


def settings_for(home: Path | None) -> Settings:
    """Settings of the home asked for."""
    return Settings.load(home)


def current_release(settings: Settings) -> Release:
    """Give the current release.

    Raises:
        UsageError: nothing was released yet.
    """
    found = current(Home(settings.home))
    if found is None:
        raise UsageError(
            f"Aucune version n'est publiée dans « {settings.home} » : lancez d'abord "
            "« opac refresh »."
        )
    return found


def print_json(value: Any) -> None:
    """Print a value as JSON, dates in ISO form."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def ago(moment: dt.datetime) -> str:
    """Say how long ago a moment was."""
    hours = (dt.datetime.now(dt.UTC) - moment).total_seconds() / 3600
    if hours < 1:
        return "il y a moins d'une heure"
    if hours < 48:
        return f"il y a {hours:.0f} h"
    return f"il y a {hours / 24:.0f} jours"

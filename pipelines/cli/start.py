"""The command that has nights run by themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.common import HomeOption, say, settings_for


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("demarrer")(start)


def start(
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=1, max=65535, help="Port local de la page web."),
    ] = 3000,
    home: HomeOption = None,
) -> None:
    """Faire tourner les nuits : la page web de Dagster et son démon, jusqu'à Ctrl-C."""
    from pipelines.orchestration.start import start as run

    run(settings_for(home), port, say)

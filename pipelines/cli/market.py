"""The command that writes the market report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.cli.common import ERR, HomeOption, current_release, settings_for
from pipelines.home import Home


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("rapport")(rapport)


def rapport(
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="CODE", help="Région, par exemple 93 ou PACA."),
    ] = None,
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="FICHIER",
            help="Page à écrire ; sinon rapport.html, ou rapport-CODE.html, ici même.",
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            "--images", metavar="DOSSIER", help="Écrire aussi chaque figure en PNG dans ce dossier."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Écrire le rapport du marché : cartes, graphiques et tableaux, en une page HTML autonome."""
    from pipelines.market.page import check_folder, write_images, write_page
    from pipelines.market.report import gather

    settings = settings_for(home)
    release = current_release(settings)
    report = gather(Home(settings.home), release, region)
    name = f"rapport-{report.region_code}.html" if report.region_code else "rapport.html"
    target = sortie or Path(name)
    if images is not None:  # before the page: a refusal leaves nothing half done
        check_folder(images)
    write_page(report, target)
    # A code is easily taken for another's: 75 is no longer Paris.
    _done(f"{target} ({report.scope_name})" if report.region_code else str(target))
    if images is not None:
        count = write_images(report, images)
        _done(f"{images} ({count} images)")


def _done(text: str) -> None:
    ERR.print(f"[green]✓[/] {escape(text)}", soft_wrap=True, highlight=False)

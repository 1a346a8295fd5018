"""The page of the report: one HTML file that asks for nothing else."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.market import french
from pipelines.market.report import Report

_TEMPLATES = Path(__file__).parent / "templates"


def rendered(report: Report) -> str:
    """Write the page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "typo": french.typo,
        "jour": french.jour,
        "entier": french.entier,
    }
    return environment.get_template("rapport.html.j2").render(
        rapport=report,
        publication=report.publication,
        bornes=report.bounds,
        # Drawn by vl-convert from the release: no text in it that was not escaped there.
        dessins={slug: Markup(svg) for slug, svg in report.drawings.items()},  # noqa: S704
    )

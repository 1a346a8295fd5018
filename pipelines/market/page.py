"""The page of the report: one HTML file that asks for nothing else."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines import french
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.french import jour, liste, typo
from pipelines.home import unusable
from pipelines.market.drawing.svg import captioned, png
from pipelines.market.figure import Figure
from pipelines.market.report import Report

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(report: Report, target: Path) -> None:
    """Write the page.

    Raises:
        UsageError: ``target`` cannot be written.
    """
    text = rendered(report)
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")


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


def check_folder(folder: Path) -> None:
    """See that images can be written in a folder, which is made if need be.

    Raises:
        UsageError: they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError):
        reason = "un fichier a ce nom"
    except PermissionError:
        reason = "l'écriture y est refusée"
    except OSError as error:
        if (told := unusable(folder, error)) is not None:
            raise told from error
        raise
    else:
        return
    raise UsageError(
        f"Les images ne peuvent pas être écrites dans « {folder} » ({reason}) : choisissez un "
        "autre dossier avec --images."
    )


def write_images(report: Report, folder: Path) -> int:
    """Write each drawing as an image named after its figure; give how many there are.

    Raises:
        UsageError: an image cannot be written there.
    """
    for figure in report.figures():
        if figure.slug not in report.drawings:
            continue
        image = png(_captioned(report, figure))
        with replacing(folder / f"{figure.slug}.png") as part:
            part.write_bytes(image)
    return len(report.drawings)


def _captioned(report: Report, figure: Figure) -> str:
    """Give a drawing with its title and its sources, for whoever meets it away from the page."""
    day = jour(report.publication["date_contenu"])
    feet = [figure.note] if figure.note else []
    feet.append(f"Source : {liste(figure.sources)}. {report.publication['attribution'] or ''}")
    if figure.slug.startswith("carte-"):
        feet.append("Contours : Natural Earth.")
    return captioned(
        report.drawings[figure.slug],
        typo(figure.title),
        typo(f"{report.scope_name} – liste des organismes de formation du {day}"),
        [typo(foot) for foot in feet],
    )

"""The report of one release: its figures gathered, drawn, and written as a page and as images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from pipelines.errors import OpacError, UsageError
from pipelines.files import replacing
from pipelines.home import Home, unusable
from pipelines.market import (
    carrying,
    certification,
    changes,
    concentration,
    reliability,
    sizes,
    territory,
)
from pipelines.market.figure import Figure, Row, Section
from pipelines.market.french import jour, liste, typo
from pipelines.market.overview import KeyFigure, address, key_figures, missing
from pipelines.market.scope import Scope
from pipelines.market.svg import captioned, drawn, png
from pipelines.settings import SQL
from pipelines.warehouse.models import parse_model
from pipelines.warehouse.places import find_region
from pipelines.warehouse.release import Release, open_beside, require_table

if TYPE_CHECKING:
    import duckdb

# What the report reads besides ``marche``.
_ALSO = ("socle/activite.sql", "socle/bornage.sql")


@dataclass(frozen=True)
class Report:
    """All that the page tells."""

    scope_name: str
    region_code: str | None
    publication: Row
    bounds: dict[str, Row]
    key_figures: list[KeyFigure]
    missing: list[str]
    address: str
    sections: list[Section]
    drawings: dict[str, str]

    @property
    def title(self) -> str:
        """The title of the page."""
        place = f" : {self.scope_name}" if self.region_code else " en France"
        return f"Le marché des organismes de formation{place}"

    def figures(self) -> Iterator[Figure]:
        """Give every figure, in order."""
        for section in self.sections:
            yield from section.figures


def gather(home: Home, release: Release, region: str | None = None) -> Report:
    """Read the release, and draw its figures, for the nation or a region (a code or a name).

    Raises:
        UsageError: the region is unknown.
        OpacError: the release was made by earlier code, whose tables were others.
    """
    with closing(open_beside(release.path)) as con:
        require_table(con, "marche.territoire", "les tables du marché")
        _require_columns(con)
        scope = Scope(con, find_region(con, region) if region is not None else None)
        publication = scope.one("from meta.publication")
        sections = [
            territory.section(scope),
            certification.section(scope),
            sizes.section(scope),
            concentration.section(scope),
            carrying.subcontracting(scope),
            carrying.carrying(scope),
            _changes(home, release, scope, publication),
            reliability.section(scope),
        ]
        figures = [figure for section in sections for figure in section.figures]
        return Report(
            scope.name,
            scope.region.code if scope.region else None,
            publication,
            {row["mesure"]: row for row in scope.rows("from socle.bornage")},
            key_figures(scope),
            missing(scope),
            address(scope),
            sections,
            {
                figure.slug: drawn(figure.chart, figure.slug, typo(figure.title))
                for figure in figures
                if figure.chart is not None
            },
        )


def _require_columns(con: duckdb.DuckDBPyConnection) -> None:
    """See that the tables of the market are those of this code, whatever code made the release."""
    held = set(
        con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where database_name = 'opac'"
        ).fetchall()
    )
    models = [
        parse_model(path) for path in [*(SQL / "marche").glob("*.sql"), *map(SQL.joinpath, _ALSO)]
    ]
    if any((model.full_name, name) not in held for model in models for name in model.columns):
        raise OpacError(
            "La version publiée vient d'un code antérieur, dont les tables du marché étaient "
            "autres : relancez « opac refresh »."
        )


def _changes(home: Home, release: Release, scope: Scope, publication: Row) -> Section:
    today = publication["date_contenu"]
    before = changes.previous(home, release)
    if before is None:
        return changes.absent(today)
    with changes.attached(scope.con, before) as earlier:
        if earlier is None:
            return changes.unreadable(before)
        return changes.section(scope, earlier, today)


def write_page(report: Report, target: Path) -> None:
    """Write the page.

    Raises:
        UsageError: ``target`` cannot be written.
    """
    from pipelines.market.page import rendered

    text = rendered(report)
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")


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

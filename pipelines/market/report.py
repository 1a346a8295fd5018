"""The report of one release: its figures gathered, drawn, and written as a page and as images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipelines.files import replacing
from pipelines.home import Home
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
from pipelines.market.french import typo
from pipelines.market.overview import KeyFigure, address, key_figures, missing
from pipelines.market.scope import Scope
from pipelines.market.svg import drawn, png
from pipelines.warehouse.places import find_region
from pipelines.warehouse.release import Release, open_beside, require_table


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
    """
    with closing(open_beside(release.path)) as con:
        require_table(con, "marche.territoire", "les tables du marché")
        scope = Scope(con, find_region(con, region) if region else None)
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
                figure.slug: drawn(
                    figure.chart, figure.slug, typo(figure.title), typo(figure.summary)
                )
                for figure in figures
                if figure.chart is not None
            },
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


def write_images(report: Report, folder: Path) -> int:
    """Write each drawing as an image named after its figure; give how many there are.

    Raises:
        UsageError: an image cannot be written there.
    """
    for slug, svg in report.drawings.items():
        with replacing(folder / f"{slug}.png") as part:
            part.write_bytes(png(svg))
    return len(report.drawings)

"""The report of one release: its figures gathered, drawn, and written as a page and as images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import OpacError
from pipelines.french import typo
from pipelines.home import Home
from pipelines.market.chapters import (
    carrying,
    certification,
    changes,
    concentration,
    reliability,
    sizes,
    territory,
)
from pipelines.market.chapters.overview import KeyFigure, address, key_figures, missing
from pipelines.market.drawing.svg import drawn, unchecked
from pipelines.market.figure import Figure, Row, Section
from pipelines.market.scope import Scope
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
    with closing(open_beside(release.path)) as con, unchecked():
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

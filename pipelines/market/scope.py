"""What the report is about: the nation or one region, in one release."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.market.figure import Row
from pipelines.warehouse.literals import literal
from pipelines.warehouse.places import Place

if TYPE_CHECKING:
    import duckdb

NATION = "France"
# Where more than this share of a region has no département, its départements are not compared.
BLURRED_PCT = 5


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """Give the rows of a query, by column name; decimals as plain numbers."""
    found = con.execute(query)
    names = [column[0] for column in found.description]
    return [
        {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in found.fetchall()
    ]


@dataclass(frozen=True)
class Scope:
    """The release that is read, and the region it is read for, if one was asked for."""

    con: duckdb.DuckDBPyConnection
    region: Place | None = None

    @property
    def name(self) -> str:
        """The place, as a label."""
        return self.region.name if self.region else NATION

    @property
    def here(self) -> str:
        """The place, within a sentence."""
        return f"dans la région {self.region.name}" if self.region else "en France"

    @property
    def in_region(self) -> str:
        """Keep the rows of the region, in a table that has ``code_region``."""
        return f"code_region = {literal(self.region.code)}" if self.region else "true"

    @property
    def perimeter(self) -> str:
        """Keep the rows of this place, in a table that has ``perimetre`` and ``code``."""
        if self.region:
            return f"perimetre = 'REGION' and code = {literal(self.region.code)}"
        return "perimetre = 'NATION'"

    @property
    def block(self) -> str:
        """The table and the row where the figures of this place are."""
        if self.region:
            return f"marche.par_region where {self.in_region}"
        return "marche.synthese"

    @property
    def block_table(self) -> str:
        """The table where the figures of this place are."""
        return "marche.par_region" if self.region else "marche.synthese"

    def unplaced(self) -> list[Row]:
        """Give the regions where organisations have no département, those that lack most first."""
        return self.rows(
            "select code_region, region, nb_organismes, nb_organismes_region, part_pct "
            "from marche.anomalies_declarees where regle = 'DEPARTEMENT_INDETERMINE' "
            f"and {self.in_region} order by nb_organismes desc, code_region"
        )

    def rows(self, query: str) -> list[Row]:
        """Give the rows of a query."""
        return rows(self.con, query)

    def one(self, query: str) -> Row:
        """Give the one row of a query."""
        (row,) = self.rows(query)
        return row

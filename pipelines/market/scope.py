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
_UNPLACED = "from marche.anomalies_declarees where regle = 'DEPARTEMENT_INDETERMINE'"


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

    def unplaced(self) -> int:
        """Count the organisations that have no département, by the region that they declare."""
        row = self.one(
            f"select coalesce(sum(nb_organismes), 0)::bigint as nb {_UNPLACED} and {self.in_region}"
        )
        return int(row["nb"])

    def blurred(self) -> list[Row]:
        """Give the regions whose départements lack too many organisations to be compared.

        Only those that have départements: the list has regions of its own, which have none.
        """
        return self.rows(
            f"select code_region, region, nb_organismes, nb_organismes_region {_UNPLACED} "
            f"and {self.in_region} and part_pct >= {BLURRED_PCT} "
            "and code_region in (select code_region from reference.departement) "
            "order by nb_organismes desc, code_region"
        )

    def silence(self, known: str, noun: str) -> str:
        """Say why there is no ``noun`` here: nobody declares one, or nobody tells how many.

        ``known`` is the column that counts the organisations that tell it.
        """
        here = self.one(f"select {known} as nb, nb_organismes as tous from {self.block}")
        if here["nb"]:
            return f"Aucun {noun} déclaré {self.here}"
        if here["tous"]:
            return f"Le nombre de {noun}s n'est connu pour aucun organisme {self.here}"
        return f"La liste n'a aucun organisme {self.here}"

    def uncertified(self) -> str:
        """Say why nobody is certified here: nobody is, or the list does not tell."""
        here = self.one(
            f"select nb_certification_connue as nb, nb_organismes as tous from {self.block}"
        )
        if here["nb"]:
            return f"Aucun organisme certifié {self.here}"
        if here["tous"]:
            return f"La certification n'est connue pour aucun organisme {self.here}"
        return f"La liste n'a aucun organisme {self.here}"

    def rows(self, query: str) -> list[Row]:
        """Give the rows of a query."""
        return rows(self.con, query)

    def one(self, query: str) -> Row:
        """Give the one row of a query."""
        (row,) = self.rows(query)
        return row

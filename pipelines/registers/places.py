"""Places: the reference tables that reading needs, and a department from a postcode."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from pipelines.settings import REFERENCE


@dataclass(frozen=True)
class Places:
    """Codes of regions and departments, NDA prefixes, postcodes that cross a border."""

    regions: frozenset[str]
    region_of: dict[str, str]
    prefixes: frozenset[str]
    overseas_prefix: dict[str, str]
    exclusive: dict[str, str]
    shared: dict[str, str]


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=1)
def places() -> Places:
    """Load the tables of ``data/reference``."""
    prefixes = _rows("prefixe_nda")
    postcodes = _rows("code_postal_exception")
    return Places(
        regions=frozenset(
            row["code_region"] for row in _rows("region") if row["officielle"] == "true"
        ),
        region_of={row["code_departement"]: row["code_region"] for row in _rows("departement")},
        prefixes=frozenset(row["prefixe"] for row in prefixes),
        overseas_prefix={
            row["prefixe"]: row["code_departement"] for row in prefixes if row["code_departement"]
        },
        exclusive={
            row["code_postal"]: row["code_departement"]
            for row in postcodes
            if row["exclusif"] == "true"
        },
        shared={
            row["code_postal"]: row["code_departement"]
            for row in postcodes
            if row["exclusif"] == "false"
        },
    )


def region_of(department: pl.Expr) -> pl.Expr:
    """Give the region of a department code, null when unknown."""
    return department.replace_strict(places().region_of, default=None, return_dtype=pl.String)


def postcode_department(postcode: pl.Expr, region: pl.Expr) -> pl.Expr:
    """Work out the department of a postcode.

    Some postcodes serve communes of two departments: the one in the stated region is taken.
    """
    table = places()
    first = (
        pl.when(postcode.str.contains(r"^20[01]"))
        .then(pl.lit("2A"))
        .when(postcode.str.contains(r"^20"))
        .then(pl.lit("2B"))
        .when(postcode.str.contains(r"^9[78]"))
        .then(postcode.str.slice(0, 3))
        .otherwise(postcode.str.slice(0, 2))
    )
    first = pl.coalesce(
        postcode.replace_strict(table.exclusive, default=None, return_dtype=pl.String), first
    )
    other = postcode.replace_strict(table.shared, default=None, return_dtype=pl.String)
    crossed = other.is_not_null() & (region_of(first) != region) & (region_of(other) == region)
    found = pl.when(crossed).then(other).otherwise(first)
    return pl.when(found.is_in(list(table.region_of))).then(found)

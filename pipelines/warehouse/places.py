"""Regions and départements of the release, found by what a user types."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import UsageError

if TYPE_CHECKING:
    import duckdb

_NEAR = 3
# What people call regions; no official list of these exists.
_SHORT = {
    **{"idf": "11", "cvl": "24", "bfc": "27", "hdf": "32", "pdl": "52", "naq": "75"},
    **{"ara": "84", "aura": "84", "paca": "93"},
}


@dataclass(frozen=True)
class Place:
    """A region or a département: ``code`` and ``name`` as in the reference tables."""

    code: str
    name: str
    region: str


def find_region(con: duckdb.DuckDBPyConnection, asked: str) -> Place:
    """Find a region by its code, its leading zero lost or not, its name or a usual short form.

    Raises:
        UsageError: there is no such region; the near ones are named.
    """
    known = con.execute("select code_region, region from reference.region").fetchall()
    code = _SHORT.get(_plain(asked), asked)
    return _find(code, [Place(code, name, code) for code, name in known], "La région", "region")


def find_departement(con: duckdb.DuckDBPyConnection, asked: str) -> Place:
    """Find a département by its code, its leading zero lost or not, or by its name.

    Raises:
        UsageError: there is no such département; the near ones are named.
    """
    known = con.execute(
        "select code_departement, departement, code_region from reference.departement"
    ).fetchall()
    return _find(asked, [Place(*row) for row in known], "Le département", "departement")


def _find(asked: str, places: list[Place], kind: str, table: str) -> Place:
    text = _plain(asked)
    for place in places:
        if text in (_plain(place.code), _plain(place.code).lstrip("0"), _plain(place.name)):
            return place
    by_text = {_plain(written): place for place in places for written in (place.code, place.name)}
    close = difflib.get_close_matches(text, by_text, n=_NEAR, cutoff=0.4)
    near = dict.fromkeys(by_text[found] for found in close)
    told = ", ".join(f"{place.code} ({place.name})" for place in near)
    told = f"parmi {told}" if told else f"un code de « opac export reference.{table} »"
    raise UsageError(f"{kind} « {asked} » n'existe pas : choisissez {told}.")


def _plain(text: str) -> str:
    """Write a code or a name without accents, case nor punctuation."""
    flat = unicodedata.normalize("NFKD", text).casefold()
    return "".join(mark for mark in flat if mark.isalnum())

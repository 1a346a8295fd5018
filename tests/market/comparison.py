"""Each table of the market beside what the oracle computes, row by row and figure by figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import duckdb

from tests.market.oracle import Near, Register, Said, activite, bornage, read_register
from tests.market.oracle_flows import (
    anciennete_declaration,
    sous_traitance,
    sous_traitants_principaux,
)
from tests.market.oracle_kinds import (
    combinaison_certifications,
    couple_specialites,
    micro_structures,
    par_categorie,
    par_specialite,
    par_taille,
    par_volume,
)
from tests.market.oracle_places import (
    anomalies_declarees,
    besoin_portage,
    par_departement,
    par_region,
    synthese,
    territoire,
)
from tests.market.oracle_shares import concentration, distribution, lorenz
from tests.market.registers import DAY, market, market_models
from tests.warehouse.frames import Row, dicts

Oracle = Callable[[Register], list[Row]]
ORACLES: dict[str, Oracle] = {
    "socle.activite": activite,
    "socle.bornage": bornage,
    "marche.synthese": synthese,
    "marche.territoire": territoire,
    "marche.par_region": par_region,
    "marche.par_departement": par_departement,
    "marche.par_categorie": par_categorie,
    "marche.combinaison_certifications": combinaison_certifications,
    "marche.par_specialite": par_specialite,
    "marche.couple_specialites": couple_specialites,
    "marche.par_taille": par_taille,
    "marche.par_volume": par_volume,
    "marche.micro_structures": micro_structures,
    "marche.concentration": concentration,
    "marche.lorenz": lorenz,
    "marche.distribution": distribution,
    "marche.sous_traitance": sous_traitance,
    "marche.sous_traitants_principaux": sous_traitants_principaux,
    "marche.besoin_portage": besoin_portage,
    "marche.anciennete_declaration": anciennete_declaration,
    "marche.anomalies_declarees": anomalies_declarees,
}
# Held against the published figures, by test_october.
PUBLISHED = "marche.chiffre_publie"
_SHOWN = 3


def grain(table: str) -> list[str]:
    """The columns that tell one row of a table from another."""
    [model] = [model for model in market_models() if model.full_name == table]
    return [] if model.grain == "une ligne" else [word.strip() for word in model.grain.split(",")]


def differences(
    con: duckdb.DuckDBPyConnection, rows: Sequence[Row], anomalies: Sequence[Row] = ()
) -> list[str]:
    """Make the tables over these rows; say in what they are not what the oracle computes."""
    market(con, rows, anomalies)
    register = read_register(con, rows, anomalies, DAY)
    return [
        f"{table} {told}"
        for table, oracle in ORACLES.items()
        for told in _compared(grain(table), dicts(con, f"from {table}"), oracle(register))
    ]


def _compared(keys: list[str], found: list[Row], expected: list[Row]) -> list[str]:
    """A few differences between two tables of the same grain."""
    left, right = _by_key(keys, found), _by_key(keys, expected)
    if len(left) < len(found):
        return [f"has several rows for one of {keys}"]
    told = [f"lacks {key}" for key in sorted(right.keys() - left.keys(), key=str)]
    told += [f"should not have {key}" for key in sorted(left.keys() - right.keys(), key=str)]
    for key in sorted(left.keys() & right.keys(), key=str):
        row, wanted = left[key], right[key]
        if row.keys() != wanted.keys():
            return [f"has columns that differ: {sorted(row.keys() ^ wanted.keys())}"]
        wrong = [name for name in row if not agrees(row[name], wanted[name])]
        told += [f"{key} {name}: {row[name]!r}, expected {wanted[name]!r}" for name in wrong]
    return told[:_SHOWN]


def _by_key(keys: list[str], rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[key] for key in keys): row for row in rows}


def agrees(found: object, expected: object) -> bool:
    """Whether a figure is the one expected, its rounding and the last bits of a float apart."""
    if isinstance(expected, Said):
        return isinstance(found, str) and bool(found.strip())
    if isinstance(expected, Near):
        return isinstance(found, float) and math.isfinite(found) and _rounded(found, expected)
    if isinstance(found, float) and not math.isfinite(found):
        return False
    # True is 1 for Python: kinds are compared too, but an exact half and a float are the same.
    both = {type(found), type(expected)}
    return found == expected and (len(both) == 1 or both == {int, float})


def _rounded(found: float, expected: Near) -> bool:
    """Whether ``found`` is the figure rounded to its digits, to either side when just between."""
    unit = Fraction(1, 10**expected.digits)
    slack = abs(expected.value) / 10**9 + Fraction(1, 10**9)
    whole = Fraction(found) / unit
    is_rounded = abs(whole - round(whole)) * unit <= slack
    return is_rounded and abs(Fraction(found) - expected.value) <= unit / 2 + slack

"""How trainees are shared out, computed again: tops, Gini, HHI, Lorenz, powers of two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import polars as pl

from tests.market.oracle import (
    ACTIVE,
    CATEGORIES,
    CERTIFIED,
    FEW,
    FLAG,
    SAID,
    Near,
    Register,
    at,
    count,
    met,
    ratio,
)
from tests.market.oracle_kinds import declaring, speciality_codes
from tests.warehouse.frames import Row

Perimeter = tuple[str, str | None, object, pl.DataFrame]


def _by_region(register: Register, frame: pl.DataFrame) -> Iterator[Perimeter]:
    """The nation, and the regions where ``frame`` has organisations; an unknown one is none."""
    if frame.height:
        yield "NATION", None, SAID, frame
    for code in sorted(met(frame, "code_region") - {None}):
        yield "REGION", code, register.region(code), at(frame, "code_region", code)


def _perimeters(register: Register) -> Iterator[Perimeter]:
    active = register.organisations.filter(ACTIVE)
    yield from _by_region(register, active)
    for category in CATEGORIES:
        own = active.filter(pl.col(FLAG[category]))
        if own.height:
            yield "CATEGORIE", category, SAID, own
    for code in speciality_codes(register):
        own = declaring(register, code).filter(ACTIVE)
        if own.height:
            yield "SPECIALITE", code, register.labels[code] or f"Code inconnu ({code})", own


def concentration(register: Register) -> list[Row]:
    rows = []
    for perimeter, code, label, own in _perimeters(register):
        declared = own["nb_stagiaires"].to_list()
        bounded = own["nb_stagiaires_bornes"].to_list()
        tops = {
            "top_1pct": -(-len(declared) // 100),
            "top_10pct": -(-len(declared) // 10),
            "top_100": min(100, len(declared)),
        }
        shares: Row = {}
        for name, size in tops.items():
            shares[f"nb_{name}"] = size
            shares[f"stagiaires_{name}"] = _top(declared, size)
            shares[f"stagiaires_{name}_bornes"] = _top(bounded, size)
            shares[f"part_{name}_pct"] = ratio(_top(declared, size), sum(declared))
            shares[f"part_{name}_bornee_pct"] = ratio(_top(bounded, size), sum(bounded))
        rows.append(
            {
                "date_instantane": register.day,
                "perimetre": perimeter,
                "code": code,
                "libelle": label,
                "nb_organismes": own.height,
                "nb_stagiaires": sum(declared),
                "nb_stagiaires_bornes": sum(bounded),
                **shares,
                "gini": _gini(declared),
                "gini_borne": _gini(bounded),
                "hhi": _hhi(declared),
                "hhi_borne": _hhi(bounded),
                "petit_effectif": own.height < FEW,
            }
        )
    return rows


def _top(values: Sequence[int], size: int) -> int:
    return sum(sorted(values, reverse=True)[:size])


def _gini(values: Sequence[int]) -> Near:
    """Twice the area between the diagonal and the curve; each pair of organisations compared."""
    n = len(values)
    ordered = sorted(values)
    weighted = sum(rank * value for rank, value in enumerate(ordered, start=1))
    return Near(Fraction(2 * weighted, n * sum(values)) - Fraction(n + 1, n), 4)


def _hhi(values: Sequence[int]) -> Near:
    return Near(Fraction(10_000 * sum(value**2 for value in values), sum(values) ** 2), 1)


def lorenz(register: Register) -> list[Row]:
    rows = []
    active = register.organisations.filter(ACTIVE)
    for perimeter, code, _, own in _by_region(register, active):
        declared = sorted(own["nb_stagiaires"])
        bounded = sorted(own["nb_stagiaires_bornes"])
        for centile in range(101):
            smallest = own.height * centile // 100
            rows.append(
                {
                    "date_instantane": register.day,
                    "perimetre": perimeter,
                    "code": code,
                    "centile": centile,
                    "nb_organismes": smallest,
                    "nb_stagiaires": sum(declared[:smallest]),
                    "nb_stagiaires_total": sum(declared),
                    "part_stagiaires_pct": ratio(sum(declared[:smallest]), sum(declared)),
                    "nb_stagiaires_bornes": sum(bounded[:smallest]),
                    "nb_stagiaires_total_bornes": sum(bounded),
                    "part_stagiaires_bornee_pct": ratio(sum(bounded[:smallest]), sum(bounded)),
                    "petit_effectif": own.height < FEW,
                }
            )
    return rows


def distribution(register: Register) -> list[Row]:
    rows = []
    for perimeter, code, _, own in _by_region(register, register.organisations):
        for measure, column in (
            ("STAGIAIRES", "nb_stagiaires"),
            ("FORMATEURS", "effectif_formateurs"),
        ):
            values = own[column].drop_nulls()
            for low in sorted({_power(value) for value in values}):
                high = 2 * low - 1 if low else 0
                inside = own.filter(pl.col(column).is_between(low, high))
                rows.append(
                    {
                        "date_instantane": register.day,
                        "perimetre": perimeter,
                        "code": code,
                        "mesure": measure,
                        "borne_basse": low,
                        "borne_haute": high,
                        "nb_organismes": inside.height,
                        "nb_certifies": count(inside, CERTIFIED),
                        "petit_effectif": inside.height < FEW,
                    }
                )
    return rows


def _power(value: int) -> int:
    """The power of two at or below a number, 0 for 0."""
    power = 1
    while power * 2 <= value:
        power *= 2
    return power if value else 0

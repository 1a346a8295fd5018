"""Between which shares a year lies, given what the lines left out could add to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Weight:
    """What a line left out would add if it counted: its year and amounts, None when not known."""

    year: int | None
    amount: Decimal | None
    part: Decimal | None


def bounds(
    turnover: Decimal, part: Decimal, weights: Sequence[Weight]
) -> tuple[Fraction, Fraction] | None:
    """Give the least and the greatest share, of one, when any of the lines may count.

    None when nothing bounds it: an amount is not known, or no turnover may be left.
    """
    known = [
        (Fraction(one.amount), Fraction(one.part))
        for one in weights
        if one.amount is not None and one.part is not None
    ]
    least = turnover + sum(min(one.amount or Decimal(0), Decimal(0)) for one in weights)
    if len(known) < len(weights) or least <= 0:
        return None
    start = (Fraction(turnover), Fraction(part))
    return _extreme(start, known, -1), _extreme(start, known, 1)


def _extreme(
    start: tuple[Fraction, Fraction], lines: Sequence[tuple[Fraction, Fraction]], sign: int
) -> Fraction:
    """Give the greatest share (sign 1) or the least (sign -1) over all sets of lines.

    A line moves the share towards its own: those that move it the right way are counted, until
    none is left to add or to take away (Dinkelbach).
    """
    best = start[1] / start[0]
    while True:
        counted = [(a, p) for a, p in lines if sign * (p - best * a) > 0]
        found = (start[1] + sum(p for _, p in counted)) / (start[0] + sum(a for a, _ in counted))
        if sign * (found - best) <= 0:
            return best
        best = found

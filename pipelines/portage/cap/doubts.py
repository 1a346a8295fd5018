"""Between which shares a year lies, given what is not known of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Weight:
    """What a line left out would add if it counted: its year and amounts, None when not known.

    ``part`` is the least that it may add to what is subcontracted, ``most`` the most (the same when
    None).
    """

    year: int | None
    amount: Decimal | None
    part: Decimal | None
    most: Decimal | None = None

    @property
    def greatest(self) -> Decimal | None:
        """The most that the line may add to what is subcontracted."""
        return self.part if self.most is None else self.most


def bounds(
    turnover: Decimal,
    least: Decimal,
    most: Decimal,
    weights: Sequence[Weight],
) -> tuple[Fraction, Fraction] | None:
    """Give the least and the greatest share, of one, when any of the lines may count.

    ``least`` and ``most`` are what may be subcontracted by the lines that do count. None when
    nothing bounds the share: an amount is not known, or no turnover may be left.
    """
    known = [
        (Fraction(one.amount), Fraction(one.part), Fraction(one.greatest))
        for one in weights
        if one.amount is not None and one.part is not None and one.greatest is not None
    ]
    lowest = turnover + sum(min(one.amount or Decimal(0), Decimal(0)) for one in weights)
    if len(known) < len(weights) or lowest <= 0:
        return None
    low = _extreme((Fraction(turnover), Fraction(least)), [(a, p) for a, p, _ in known], -1)
    return low, _extreme((Fraction(turnover), Fraction(most)), [(a, m) for a, _, m in known], 1)


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

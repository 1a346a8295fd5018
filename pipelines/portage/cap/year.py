"""A calendar year against the cap: its share, what is left, and whether that can be concluded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from pipelines.portage.cap.doubts import Weight, bounds

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Cap:
    """A cap in per cent, with the days on which it holds (open when None) and its legal basis."""

    value: Decimal
    start: dt.date | None
    end: dt.date | None
    basis: str


@dataclass(frozen=True)
class Year:
    """A calendar year, or the part of it in which the cap holds; amounts in euros.

    ``below`` and ``above``: how much less or more than ``subcontracted`` the price under CPF of
    what is subcontracted may be. That price is not known of ``billed`` lines, told by what the
    sub-contractor bills, and of ``unpriced`` ones, that name a sub-contractor and no amount.
    ``weights`` are those of the lines left out that may be of this year.
    """

    year: int
    start: dt.date
    end: dt.date
    invoices: int
    turnover: Decimal
    subcontracted: Decimal
    cap: Cap
    weights: tuple[Weight, ...] = ()
    below: Decimal = _NOTHING
    above: Decimal = _NOTHING
    billed: int = 0
    unpriced: int = 0

    @property
    def exceeded(self) -> bool:
        """Tell whether the share is above the cap; just the cap is not."""
        return self.subcontracted * _HUNDRED > self.cap.value * self.turnover

    @property
    def bounds(self) -> tuple[Decimal, Decimal] | None:
        """Give the least and the greatest share that doubts allow; None if any is."""
        found = self._bounds()
        if found is None:
            return None
        low, high = (Decimal(one.numerator) * _HUNDRED / one.denominator for one in found)
        return low.quantize(_CENT, ROUND_FLOOR), high.quantize(_CENT, ROUND_CEILING)

    @property
    def settled(self) -> bool:
        """Tell whether no doubt (a line left out, a price not known) could turn the conclusion."""
        if not (self.weights or self.below or self.above):
            return True
        found = self._bounds()
        if found is None:
            return False
        low, high = (one * 100 for one in found)
        return low > Fraction(self.cap.value) if self.exceeded else high <= Fraction(self.cap.value)

    def _bounds(self) -> tuple[Fraction, Fraction] | None:
        least, most = self.subcontracted - self.below, self.subcontracted + self.above
        return bounds(self.turnover, least, most, self.weights)

    @property
    def share(self) -> Decimal | None:
        """Give the share subcontracted, in per cent, never rounded across the cap."""
        if self.turnover <= 0:
            return None
        share = self.subcontracted * _HUNDRED / self.turnover
        return share.quantize(_CENT, ROUND_CEILING if self.exceeded else ROUND_FLOOR)

    @property
    def free(self) -> Decimal:
        """Give what may still be subcontracted at constant turnover; zero beyond the cap.

        Whatever the doubts come to: at least that.
        """
        return max(self._room(), _NOTHING).quantize(_CENT, ROUND_FLOOR)

    @property
    def largest(self) -> Decimal | None:
        """Give the price of the largest new action, wholly subcontracted, that the cap allows.

        Its price adds to the turnover as well, whatever the doubts come to. None: any price.
        """
        own = _HUNDRED - self.cap.value
        if own <= 0:
            return None
        return (max(self._room(), _NOTHING) * _HUNDRED / own).quantize(_CENT, ROUND_FLOOR)

    @property
    def missing(self) -> Decimal:
        """Give the turnover without subcontracting that brings the share back to the cap.

        Whatever the doubts come to: that is enough.
        """
        more = -self._room() * _HUNDRED / self.cap.value
        return max(more, _NOTHING).quantize(_CENT, ROUND_CEILING)

    def _room(self) -> Decimal:
        """Give the room under the cap, at worst: what doubts could take of it is taken."""
        taken = [
            one.greatest - self.cap.value * one.amount / _HUNDRED
            for one in self.weights
            if one.amount is not None and one.greatest is not None
        ]
        against = sum((max(one, _NOTHING) for one in taken), self.above)
        return self.cap.value * self.turnover / _HUNDRED - self.subcontracted - against

    def plus(self, price: Decimal) -> Year:
        """Give the year with one more action under CPF, wholly subcontracted, of that price."""
        return replace(
            self, turnover=self.turnover + price, subcontracted=self.subcontracted + price
        )

    def told(self) -> dict[str, Any]:
        """Give the year as users and files get it: what is not settled is not concluded."""
        low, high = self.bounds or (None, None)
        sure = self.settled
        return {
            "annee": self.year,
            "du": self.start,
            "au": self.end,
            "factures": self.invoices,
            "chiffre_affaires": self.turnover,
            "sous_traite": self.subcontracted,
            "part_pct": self.share,
            "plafond_pct": self.cap.value,
            "a_verifier": not sure,
            "lignes_en_doute": len(self.weights),
            "factures_prix_inconnu": self.billed + self.unpriced,
            "part_min_pct": low,
            "part_max_pct": high,
            "depasse": self.exceeded if sure else None,
            "reste_a_sous_traiter": self.free if sure else None,
            "chiffre_affaires_manquant": self.missing if sure else None,
            "base_legale": self.cap.basis,
        }

"""Chance that gives the same draws on every Python.

Only ``Random.random()`` is promised to keep its sequence from one Python to the next, so nothing
else of the standard generator is used; nor a set's order, nor a transcendental function.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, MutableSequence, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")
Uniform = Callable[[], float]


def shuffle(items: MutableSequence[T], uniform: Uniform) -> None:
    """Shuffle in place (Fisher and Yates)."""
    for last in range(len(items) - 1, 0, -1):
        chosen = int(uniform() * (last + 1))
        items[last], items[chosen] = items[chosen], items[last]


def share_out(total: int, weights: Sequence[float]) -> list[int]:
    """Share ``total`` in proportion to ``weights``, by largest remainder; the sum is exact."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    shares = [int(value) for value in exact]
    rest = total - sum(shares)
    by_remainder = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[:rest]:
        shares[place] += 1
    return shares


class Weighted(Generic[T]):
    """Values drawn in proportion to their weights."""

    def __init__(self, values: Sequence[T], weights: Sequence[float]) -> None:
        self.values = values
        self._cumulated = list(accumulate(weights))
        self._total = self._cumulated[-1]
        self._last = len(values) - 1

    def draw(self, chance: float) -> T:
        """Give the value that ``chance`` (from 0 to 1) falls on."""
        return self.values[bisect_right(self._cumulated, chance * self._total, 0, self._last)]


class Quota:
    """Exactly ``wanted`` among ``total`` that come one by one, each as likely as the others."""

    __slots__ = ("left", "wanted")

    def __init__(self, wanted: int, total: int) -> None:
        self.wanted = wanted
        self.left = total

    def draw(self, chance: float) -> bool:
        """Tell whether the next one is among the wanted."""
        chosen = chance * self.left < self.wanted
        self.left -= 1
        self.wanted -= chosen
        return chosen

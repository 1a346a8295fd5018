"""Which places come first and last, said so that it stays true: alone, at par, at nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines import french
from pipelines.market.figure import Row

# At par, this many are named; more are counted.
_NAMED = 3


@dataclass(frozen=True)
class Compared:
    """What is compared: where the name and the value of a place are, and how they are told."""

    name: str
    column: str
    write: Callable[[float], str]
    place: str
    first: str = "Le plus haut"
    last: str = "le plus bas"

    def told(self, shown: Sequence[Row]) -> str:
        """Name the first and the last of places that all have a value; one alone is neither."""
        values = [row[self.column] for row in shown]
        high, low = max(values), min(values)
        if len(shown) == 1:
            return f"{shown[0][self.name]} : {self.write(high)}"
        if high == low:
            return f"{french.compte(len(shown), self.place)} à égalité : {self.write(high)}"
        told = f"{self.first} : {self._at(shown, high)} ({self.write(high)})"
        if not low:
            return f"{told} ; à zéro : {self._at(shown, low)}"
        return f"{told} ; {self.last} : {self._at(shown, low)} ({self.write(low)})"

    def _at(self, shown: Sequence[Row], value: float) -> str:
        names = [str(row[self.name]) for row in shown if row[self.column] == value]
        if len(names) <= _NAMED:
            return french.liste(names)
        return french.compte(len(names), self.place)

"""Traps spread over a list in known numbers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from pipelines.errors import UsageError
from pipelines.registers.generator.chance import shuffle
from pipelines.registers.generator.damage import NATURAL, TRAPS, Context, natural, plain
from pipelines.registers.generator.population import Population
from pipelines.registers.generator.wire import DENOMINATION, Row, render

MIN_ROWS = 1_000
# One row in so many holds a given trap; lines that cannot be read are rarer, so that reading
# does not refuse the whole list (0.1 %).
_ONE_IN, _ONE_REJECTED_IN = 2_000, 5_000
_LA_POSTE = 2
# Traps start early enough for each to meet a row that suits it.
_SPREAD = 0.8

ERRANT, UNCLOSED = "GUILLEMET_ERRANT", "REJET_GUILLEMET_NON_FERME"
FIELDS, REPEAT = "REJET_COLONNES", "DOUBLON_EXACT"
_REJECTED = (UNCLOSED, FIELDS, REPEAT)


def planned(lignes: int) -> dict[str, int]:
    """Say how many of each trap are put into a list of ``lignes`` rows."""
    number = max(2, lignes // _ONE_IN)
    rejected = max(1, lignes // _ONE_REJECTED_IN)
    return {
        **dict.fromkeys((*TRAPS, ERRANT), number),
        "SIRET_LA_POSTE": _LA_POSTE,
        **dict.fromkeys(_REJECTED, rejected),
    }


class Trapped:
    """The lines of a list with traps; ``counts`` is complete once they were all given.

    Counts are those of the rows that can be read: what a line set aside shows is not counted.
    """

    def __init__(self, lignes: int, graine: int, date: dt.date) -> None:
        if lignes < MIN_ROWS:
            raise UsageError(
                f"Une liste de {lignes} lignes est trop courte pour tous les pièges : "
                f"demandez-en au moins {MIN_ROWS}."
            )
        self.counts: Counter[str] = Counter(dict.fromkeys((*TRAPS, *NATURAL), 0))
        plan = planned(lignes)
        self._date = date
        self._made: Counter[str] = Counter()
        self._rows = lignes - plan[REPEAT]
        self._population = Population(self._rows, graine, date)
        self._pending = [name for name, number in plan.items() for _ in range(number)]
        self._pace = len(self._pending) / (self._rows * _SPREAD)
        shuffle(self._pending, self._population.uniform)

    def lines(self) -> Iterator[str]:
        """Give the lines in order; no trap is next to another, so that none hides one."""
        total, done, free = len(self._pending), 0, True
        repeatable = ""
        for place, row in enumerate(self._population.rows()):
            suits = plain(row)
            name = ""
            if suits and free and done < min(total, place * self._pace):
                name = self._choose(row, bool(repeatable))
            free = not name
            if name:
                done += 1
                yield self._lay(name, row)
            else:
                self.counts.update(natural(row))
                yield render(row)
            if name == REPEAT:
                yield repeatable
                repeatable = ""
            elif suits and free:
                repeatable = render(row)
        if self._pending:
            raise UsageError(
                "La liste est trop courte pour les pièges "
                f"{', '.join(sorted(set(self._pending)))} : demandez plus de lignes."
            )

    def _choose(self, row: Row, repeatable: bool) -> str:
        """Take the first pending trap that suits the row."""
        for place, name in enumerate(self._pending):
            trap = TRAPS.get(name)
            if trap.fits(row) if trap else name != REPEAT or repeatable:
                return self._pending.pop(place)
        return ""

    def _lay(self, name: str, row: Row) -> str:
        """Put a trap into a row, count all it raises, and give its line."""
        turn = self._made[name]
        self._made[name] += 1
        if name not in NATURAL:
            self.counts[name] += 1
        if name in TRAPS:
            raised = TRAPS[name].damage(row, Context(self._population, self._date, turn))
            self.counts.update(raised)
        if name in (UNCLOSED, FIELDS):
            return _unreadable(name, row, turn)
        self.counts.update(natural(row))
        return _errant(row, turn) if name == ERRANT else render(row)


def _errant(row: Row, turn: int) -> str:
    """Leave quotes inside a denomination as they are: one, or two."""
    name = row[DENOMINATION]
    first, _, rest = name.partition(" ")
    stray = f'"{first} "{rest}" bis"' if turn % 2 else f'"{first} "{rest}"'
    return render(row).replace(f'"{name}"', stray, 1)


def _unreadable(name: str, row: Row, turn: int) -> str:
    """Make a line whose fields cannot be told apart without guessing."""
    line, who = render(row), f'"{row[DENOMINATION]}"'
    if name == UNCLOSED:
        return line.replace(who, f"{who[:-1]}; ANNEXE", 1)
    if turn % 2:
        return line.replace(who, f'{who};"en trop"', 1)
    return "".join(f"{field};" for field in line.split(";")[:-3])

"""Dated lists that follow one another, with the truth about what happened between them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.registers.generator import changes, wire
from pipelines.registers.generator.changes import Event
from pipelines.registers.generator.population import Population
from pipelines.registers.generator.wire import Row, render

TRUTH = "verite.json"
_LAST_DAY = dt.date(2099, 12, 31)
# Beyond a month, a longer step changes no more of the list.
_MAX_DAYS = 30
# Rows looked at before giving up on finding one that a change suits.
_TRIES = 2_000


class Night(NamedTuple):
    """A dated list, its header line left out, and what happened since the one before."""

    date: dt.date
    lines: list[str]
    events: list[Event]


def nights(
    lignes: int, graine: int, debut: dt.date, nombre: int, pas_jours: int
) -> Iterator[Night]:
    """Yield ``nombre`` lists, ``pas_jours`` days apart; the first tells of no event."""
    register = _Register(lignes, graine, debut, nombre, pas_jours)
    for rank in range(nombre):
        date = debut + dt.timedelta(days=pas_jours * rank)
        events = sorted(register.step(date)) if rank else []
        yield Night(date, register.lines, events)


def generate_sequence(  # noqa: PLR0913, PLR0917 -- the interface agreed with the command
    folder: Path, lignes: int, graine: int, debut: dt.date, nombre: int, pas_jours: int = 1
) -> list[Path]:
    """Write ``nombre`` lists, ``pas_jours`` days apart, and ``verite.json``.

    The first list has ``lignes`` rows; the same arguments give the same bytes.

    Raises:
        UsageError: no list asked for, dates or rows out of bounds, or ``folder`` cannot be written.
        HomeUnusable: no space is left for it.
    """
    if nombre < 1 or pas_jours < 1:
        raise UsageError("Une suite a au moins une liste et un pas d'au moins un jour.")
    if (_LAST_DAY - debut).days < (nombre - 1) * pas_jours:
        raise UsageError("La suite irait au-delà de 2099 : demandez moins de listes.")
    paths: list[Path] = []
    pairs: list[dict[str, object]] = []
    before: dt.date | None = None
    for night in nights(lignes, graine, debut, nombre, pas_jours):
        if before is not None:
            pairs.append(
                {
                    "avant": before.isoformat(),
                    "apres": night.date.isoformat(),
                    "evenements": [event._asdict() for event in night.events],
                }
            )
        before = night.date
        paths.append(folder / f"of_{night.date.isoformat()}.csv")
        with replacing(paths[-1]) as part:
            wire.write(part, night.lines)
    truth = {"listes": [path.name for path in paths], "paires": pairs}
    with replacing(folder / TRUTH) as part:
        part.write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return paths


class _Register:
    """The organisations listed today, those that left, and those yet to come."""

    def __init__(
        self, lignes: int, graine: int, debut: dt.date, nombre: int, pas_jours: int
    ) -> None:
        self._scale = lignes * min(pas_jours, _MAX_DAYS) / 10_000
        arrivals = self._number(changes.ARRIVALS) * (nombre - 1)
        self._population = Population(lignes + arrivals, graine, debut)
        self._coming = self._population.rows()
        self._rows = list(islice(self._coming, lignes))
        self._away: list[Row] = []
        self._touched: set[int] = set()
        self._turn = 0
        self.lines = [render(row) for row in self._rows]

    def _number(self, per_ten_thousand: float) -> int:
        return max(1, round(self._scale * per_ten_thousand))

    def step(self, date: dt.date) -> list[Event]:
        """Bring the list to ``date`` and say what happened. A row changes once a step at most."""
        self._touched.clear()
        events: list[Event] = []
        leaving: list[int] = []
        for _ in range(self._number(changes.DEPARTURES)):
            place = self._find(lambda row: True)
            if place is not None:
                leaving.append(place)
                events.append(Event(self._rows[place][wire.NDA], changes.DISPARITION))
        for change in changes.CHANGES:
            for _ in range(self._number(change.per_ten_thousand)):
                place = self._find(change.fits)
                if place is not None:
                    events += self._change(place, change, date)
        back = self._back(date, events)
        arrived = list(islice(self._coming, self._number(changes.ARRIVALS)))
        events += [Event(row[wire.NDA], changes.APPARITION) for row in arrived]
        self._remove(leaving)
        self._rows += back + arrived
        self.lines += [render(row) for row in back + arrived]
        return events

    def _find(self, fits: Callable[[Row], bool]) -> int | None:
        """Draw a row not yet touched in this step."""
        for _ in range(_TRIES):
            place = int(self._population.uniform() * len(self._rows))
            if place not in self._touched and fits(self._rows[place]):
                self._touched.add(place)
                return place
        return None

    def _change(self, place: int, change: changes.Change, date: dt.date) -> list[Event]:
        row = self._rows[place]
        self._turn += 1
        events = change.apply(row, self._population, date, self._turn)
        self.lines[place] = render(row)
        return events

    def _back(self, date: dt.date, events: list[Event]) -> list[Row]:
        """Bring some of the departed back, some of them with other facts than they left with."""
        back: list[Row] = []
        for _ in range(min(self._number(changes.RETURNS), len(self._away))):
            row = self._away.pop(int(self._population.uniform() * len(self._away)))
            self._turn += 1
            events.append(Event(row[wire.NDA], changes.RETOUR))
            if self._turn % 3 == 1:
                events += changes.declare(row, self._population, date, self._turn)
            elif self._turn % 3 == 2 and row[wire.ACTION]:
                events += changes.lose(row, self._population, date, self._turn)
            back.append(row)
        return back

    def _remove(self, places: list[int]) -> None:
        gone = set(places)
        self._away += [self._rows[place] for place in places]
        kept = [place for place in range(len(self._rows)) if place not in gone]
        self._rows = [self._rows[place] for place in kept]
        self.lines = [self.lines[place] for place in kept]

"""What happens to organisations between two lists, and the events that history must find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from pipelines.registers.contract import CATEGORIES
from pipelines.registers.generator import wire
from pipelines.registers.generator.damage import is_person
from pipelines.registers.generator.declarations import exercise, french
from pipelines.registers.generator.geography import address
from pipelines.registers.generator.identifiers import siret_from
from pipelines.registers.generator.population import Population
from pipelines.registers.generator.wire import Row

APPARITION, DISPARITION, RETOUR = "APPARITION", "DISPARITION", "RETOUR"
OBTENUE, PERDUE = "CERTIFICATION_OBTENUE", "CERTIFICATION_PERDUE"
_MAX_TRAINERS = 4_999


class Event(NamedTuple):
    """One thing that happened, as history names it."""

    nda: str
    type: str
    categorie: str = ""
    avant: str = ""
    apres: str = ""


class Change(NamedTuple):
    """A change: rows of ten thousand it touches in a day, which, and what it does to them."""

    per_ten_thousand: float
    fits: Callable[[Row], bool]
    apply: Callable[[Row, Population, dt.date, int], list[Event]]


def _true_flags(row: Row) -> list[int]:
    return [place for place in wire.FLAGS if row[place] == "true"]


def _flag_events(kind: str, before: Row, after: Row) -> list[Event]:
    """Give one event for each category whose being certified changed."""
    return [
        Event(after[wire.NDA], kind, category, before[place], after[place])
        for place, category in zip(wire.FLAGS, CATEGORIES, strict=True)
        if (before[place] == "true") != (after[place] == "true")
    ]


def _gain(row: Row, population: Population, date: dt.date, turn: int) -> list[Event]:
    """A first certification, for one or two categories, or one more category."""
    before = row.copy()
    if row[wire.ACTION] == "":
        for place in wire.FLAGS:
            row[place] = "false"
        row[wire.ACTION] = "true"
        row[wire.BILAN] = "true" if turn % 3 == 2 else "false"
    else:
        missing = [place for place in wire.FLAGS if row[place] == "false"]
        row[missing[turn % len(missing)]] = "true"
    return _flag_events(OBTENUE, before, row)


def lose(row: Row, population: Population, date: dt.date, turn: int) -> list[Event]:
    """One category among several lost, or all of them."""
    before = row.copy()
    held = _true_flags(row)
    if len(held) > 1 and turn % 2:
        row[held[-1]] = "false"
    else:
        for place in wire.FLAGS:
            row[place] = ""
    return _flag_events(PERDUE, before, row)


def _renumber(row: Row, population: Population, date: dt.date, turn: int) -> list[Event]:
    """Give a new NDA, with a move to another region for some of those that have an address."""
    old, region = row[wire.NDA], row[wire.REGION]
    events: list[Event] = []
    if row[wire.VOIE] and turn % 2:
        place = population.geography.anywhere(population.uniform, outside=region)
        before = _address(row)
        row[wire.VOIE], row[wire.CODE_POSTAL], row[wire.VILLE] = address(place, population.uniform)
        row[wire.REGION] = place.region
        new = population.nda(place)
        events.append(Event(new, "CHANGEMENT_ADRESSE", "", before, _address(row)))
    else:
        new = population.nda(population.geography.draw(region, population.uniform))
    older = [number for number in row[wire.PRECEDENTS].split(",") if number not in ("", old)]
    row[wire.NDA], row[wire.PRECEDENTS] = new, ",".join([*older, old])
    return [Event(new, "CHANGEMENT_NDA", "", old, new), *events]


def _rename(row: Row, population: Population, date: dt.date, turn: int) -> list[Event]:
    before = row[wire.DENOMINATION]
    row[wire.DENOMINATION] = population.new_name()
    return [Event(row[wire.NDA], "CHANGEMENT_DENOMINATION", "", before, row[wire.DENOMINATION])]


def _take_over(row: Row, population: Population, date: dt.date, turn: int) -> list[Event]:
    before = row[wire.SIREN]
    row[wire.SIREN] = population.numbers.siren()
    row[wire.SIRET] = siret_from(row[wire.SIREN], 1)
    return [Event(row[wire.NDA], "CHANGEMENT_SIREN", "", before, row[wire.SIREN])]


def _address(row: Row) -> str:
    return f"{row[wire.VOIE]}, {row[wire.CODE_POSTAL]} {row[wire.VILLE]}"


def _move(row: Row, population: Population, date: dt.date, turn: int) -> list[Event]:
    """Move within the region, so that the NDA stays."""
    before = _address(row)
    while _address(row) == before:
        place = population.geography.draw(row[wire.REGION], population.uniform)
        row[wire.VOIE], row[wire.CODE_POSTAL], row[wire.VILLE] = address(place, population.uniform)
    return [Event(row[wire.NDA], "CHANGEMENT_ADRESSE", "", before, _address(row))]


def declare(row: Row, population: Population, date: dt.date, turn: int) -> list[Event]:
    """Declare the exercise of last year, with other trainees and sometimes more trainers."""
    before = _declared(row)
    row[wire.DECLARATION] = french(date)
    row[wire.DEBUT], row[wire.FIN] = exercise(date.year)
    trainers = int(row[wire.FORMATEURS])
    if turn % 2 and trainers < _MAX_TRAINERS:
        trainers += 1
    trainees = int(row[wire.STAGIAIRES]) + 1 + int(population.uniform() * 50)
    row[wire.STAGIAIRES] = str(trainees + (trainees == trainers))
    row[wire.FORMATEURS] = str(trainers)
    return [Event(row[wire.NDA], "CHANGEMENT_DECLARATION", "", before, _declared(row))]


def _declared(row: Row) -> str:
    return ";".join(
        row[place] for place in (wire.DEBUT, wire.FIN, wire.STAGIAIRES, wire.FORMATEURS)
    )


# Together with departures, returns and arrivals, half a per cent of the list in a day.
CHANGES: tuple[Change, ...] = (
    Change(4, lambda row: row[wire.ACTION] == "", _gain),
    Change(2, lambda row: 0 < len(_true_flags(row)) < 4, _gain),
    Change(2, lambda row: len(_true_flags(row)) == 1, lose),
    Change(2, lambda row: len(_true_flags(row)) > 1, lose),
    Change(2, lambda row: True, _renumber),
    Change(3, lambda row: not is_person(row), _rename),
    Change(1, lambda row: True, _take_over),
    Change(6, lambda row: row[wire.VOIE] != "", _move),
    Change(12, lambda row: True, declare),
)
ARRIVALS, DEPARTURES, RETURNS = 8, 6, 2

"""Who a porteur subcontracts to, by year: an organisation is known by its number, not its name.

SIREN, SIRET and NDA of one organisation are one number where the list of the release says so.
Without a number, a name is itself, accents, case and signs apart; what makes it doubtful that two
rows are two organisations is said on both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from pipelines.french import liste
from pipelines.portage.cap.shares import Counted
from pipelines.portage.cap.year import Year
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.numbers import numbers_in
from pipelines.portage.words import is_nothing, key
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    import duckdb

_CENT = Decimal("0.01")
_SIREN = 9


@dataclass(frozen=True)
class Who:
    """The sub-contractor that a line names: its numbers, or its name; neither when it is not said.

    ``unread``: what stands for a number and is none.
    """

    numbers: tuple[str, ...] = ()
    name: str = ""
    unread: str = ""

    @property
    def named(self) -> bool:
        """Whether it is anybody."""
        return bool(self.numbers or self.name or self.unread)


@dataclass(frozen=True)
class Entrusted:
    """What was subcontracted to one organisation in a year, in euros.

    ``number`` and ``names`` are blank when no line says who. ``share`` is of the year's turnover
    under CPF, in per cent, None without any. ``doubt`` is told to the user, blank if none.
    """

    year: int
    number: str
    names: tuple[str, ...]
    invoices: int
    amount: Decimal
    share: Decimal | None
    doubt: str


def by_subcontractor(
    counted: Iterable[Counted], years: Sequence[Year], sirens: Mapping[str, str]
) -> list[Entrusted]:
    """Add up what is subcontracted by year and organisation, the most first.

    A year's rows add up to what it subcontracts. ``sirens`` gives the SIREN of a NDA.
    """
    told = [(one, who_of(one.who, one.whose, sirens)) for one in counted if _entrusts(one)]
    doubts = _doubts([(who, one.who) for one, who in told])
    groups: dict[tuple[int, Who], list[Counted]] = defaultdict(list)
    for one, who in told:
        groups[one.year, who].append(one)
    turnovers = {year.year: year.turnover for year in years}
    found = [
        _entrusted(year, who, lines, turnovers[year], doubts.get(who, ""))
        for (year, who), lines in groups.items()
    ]
    return sorted(found, key=lambda one: (one.year, -one.amount, one.number, one.names))


def _entrusts(one: Counted) -> bool:
    return bool(one.amounts.part) or one.amounts.unpriced


def _entrusted(
    year: int, who: Who, lines: Sequence[Counted], turnover: Decimal, doubt: str
) -> Entrusted:
    amount = sum((one.amounts.part for one in lines), Decimal(0))
    share = (amount * 100 / turnover).quantize(_CENT, ROUND_HALF_UP) if turnover > 0 else None
    # As they are written, the most often first.
    written = Counter(_written(one.who) for one in lines if who.named and _written(one.who))
    names = tuple(name for name, _ in written.most_common())
    number = " + ".join(who.numbers) or who.unread
    return Entrusted(year, number, names, len(lines), amount, share, doubt)


def _written(name: str) -> str:
    return "" if is_nothing(PAR_NOM["nom"], name) else " ".join(name.split())


def who_of(name: str, number: str, sirens: Mapping[str, str]) -> Who:
    """Tell whom a name and a number, as written, are of; ``sirens`` gives the SIREN of a NDA."""
    name, number = _written(name), " ".join(number.split())
    if is_nothing(PAR_NOM["nda"], number):
        number = ""
    found = [*numbers_in(number), *numbers_in(name)]
    numbers = {sirens.get(told, told) if kind == "NDA" else told[:_SIREN] for kind, told in found}
    if numbers:
        return Who(numbers=tuple(sorted(numbers)))
    return Who(name=key(name), unread=number)


def _doubts(written: Sequence[tuple[Who, str]]) -> dict[Who, str]:
    """Say of each organisation what makes it doubtful that it is one, and not another's."""
    by_name: dict[str, set[Who]] = defaultdict(set)
    for who, name in written:
        if plain := key(_written(name)):
            by_name[plain].add(who)
    found: dict[Who, list[str]] = defaultdict(list)
    for who in {who for who, _ in written}:
        if len(who.numbers) > 1:
            found[who].append("une ligne donne plusieurs numéros")
        if who.unread:
            found[who].append(f"« {who.unread} » n'est ni un SIREN, ni un SIRET, ni un NDA")
    for same in by_name.values():
        for who in same if len(same) > 1 else ():
            found[who] += _shared_name(who, same)
    return {who: " ; ".join(dict.fromkeys(told)) for who, told in found.items()}


def _shared_name(who: Who, same: Iterable[Who]) -> list[str]:
    """Say of an organisation that another, of ``same``, bears its name."""
    numbers = sorted({number for one in same for number in one.numbers})
    if who.numbers and len(numbers) > len(who.numbers):
        return [f"ce nom a plusieurs numéros ({liste(numbers)})"]
    if who.numbers:
        return ["ce nom figure aussi sans numéro"]
    return [f"ce nom a ailleurs un numéro ({liste(numbers)})"] if numbers else []


def sirens_of(con: duckdb.DuckDBPyConnection, counted: Iterable[Counted]) -> dict[str, str]:
    """Give the SIREN that the release has for each NDA that the lines name."""
    texts = {f"{one.who}\n{one.whose}" for one in counted}
    ndas = {number for text in texts for kind, number in numbers_in(text) if kind == "NDA"}
    if not ndas:
        return {}
    asked = ", ".join(map(literal, sorted(ndas)))
    rows = con.execute(
        f"select nda, siren from socle.organisme where nda in ({asked}) and siren_valide"
    ).fetchall()
    return dict(rows)

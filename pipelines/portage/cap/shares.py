"""How much of its CPF turnover a porteur subcontracts, by calendar year, against the cap.

Money is ``Decimal`` throughout and compared exactly: a share of just the cap is within it. Credit
notes are netted. A line that cannot be counted is given back with its number and the reason; what
it could weigh bounds the share, and so does a price under CPF that is not known: a conclusion that
they could turn is not given.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.portage.cap.doubts import Weight
from pipelines.portage.cap.lines import Amounts, Line, holds, of_the_cpf, read_line, weight_of
from pipelines.portage.cap.year import Cap, Year
from pipelines.warehouse.release import require_table

if TYPE_CHECKING:
    import duckdb

PARAMETER = "PART_SOUS_TRAITEE_MAX"


@dataclass(frozen=True)
class Refused:
    """A line left out, and why, in French; ``weight`` is None for one that surely counts not."""

    number: int
    reason: str
    weight: Weight | None


@dataclass(frozen=True)
class Counted:
    """A line that counts: its year, its amounts, and who it names as sub-contractor."""

    year: int
    amounts: Amounts
    who: str
    whose: str


@dataclass(frozen=True)
class Shares:
    """The years, the lines that make them, the lines left out, and those of other funders.

    ``elsewhere``: how many are paid by another funder than the CPF, so not counted.
    """

    years: tuple[Year, ...]
    counted: tuple[Counted, ...]
    refused: tuple[Refused, ...]
    elsewhere: int


def caps(con: duckdb.DuckDBPyConnection) -> list[Cap]:
    """Read the caps of the release, the oldest first.

    Raises:
        OpacError: it was made before the rules of portage were part of it.
    """
    require_table(con, "portage.parametre", "les règles du portage")
    rows = con.execute(
        "select valeur, valide_du, valide_au, base_legale from portage.parametre "
        f"where parametre = '{PARAMETER}' order by valide_du nulls first"
    ).fetchall()
    return [Cap(Decimal(row[0]), *row[1:]) for row in rows]


def shares(lines: Iterable[Line], known: Sequence[Cap], today: dt.date) -> Shares:
    """Add the invoices up by year; ``known`` are the caps, and no invoice is later than today."""
    counted: list[Counted] = []
    refused: list[Refused] = []
    elsewhere = 0
    for line in lines:
        try:
            if not line.sums_others and not of_the_cpf(line):
                elsewhere += 1
                continue
            day, amounts = read_line(line, known, today)
        except ValueError as error:
            refused.append(Refused(line.number, str(error), weight_of(line, known, today)))
            continue
        counted.append(Counted(day.year, amounts, line.who, line.whose))
    weights = [one.weight for one in refused if one.weight is not None]
    by_year: dict[int, list[Amounts]] = defaultdict(list)
    for one in counted:
        by_year[one.year].append(one.amounts)
    own = {weight.year for weight in weights if weight.year is not None}
    years = tuple(
        year_of(year, by_year.get(year, ()), weights, known) for year in sorted({*by_year, *own})
    )
    return Shares(years, tuple(counted), tuple(refused), elsewhere)


def year_of(
    year: int, lines: Sequence[Amounts], weights: Iterable[Weight], known: Sequence[Cap]
) -> Year:
    """Add the lines of a year up; of ``weights``, those that may be of another are not its own."""
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    # The latest cap of the year; the days without any are not counted.
    holding = [cap for cap in known if holds(cap, first, last)]
    part = sum((one.part for one in lines), Decimal(0))
    return Year(
        year,
        start=min(max(cap.start or first, first) for cap in holding),
        end=max(min(cap.end or last, last) for cap in holding),
        invoices=len(lines),
        turnover=sum((one.amount for one in lines), Decimal(0)),
        subcontracted=part,
        cap=holding[-1],
        weights=tuple(weight for weight in weights if weight.year in (None, year)),
        below=part - sum((one.least for one in lines), Decimal(0)),
        above=sum((one.most for one in lines), Decimal(0)) - part,
        billed=sum(one.billed for one in lines),
        unpriced=sum(one.unpriced for one in lines),
    )

"""How much of its CPF turnover a porteur subcontracts, by calendar year, against the cap.

Money is ``Decimal`` throughout and compared exactly: a share of just the cap is within it. A line
that cannot be counted is given back with its number and the reason.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from pipelines.french import date_courte
from pipelines.portage.amounts import read_amount
from pipelines.portage.dates import Unread, read_date
from pipelines.warehouse.release import require_table

if TYPE_CHECKING:
    import duckdb

PARAMETER = "PART_SOUS_TRAITEE_MAX"
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_SHOWN = 40


@dataclass(frozen=True)
class Line:
    """A line of the file as text: its ``number``, the three cells, and whether they are shifted."""

    number: int
    date: str
    amount: str
    subcontracted: str
    shifted: bool = False


@dataclass(frozen=True)
class Cap:
    """A cap in per cent, with the days on which it holds (open when None) and its legal basis."""

    value: Decimal
    start: dt.date | None
    end: dt.date | None
    basis: str


@dataclass(frozen=True)
class Refused:
    """A line left out, and why, in French."""

    number: int
    reason: str


@dataclass(frozen=True)
class Year:
    """A calendar year, or the part of it in which the cap holds; amounts in euros."""

    year: int
    start: dt.date
    end: dt.date
    invoices: int
    turnover: Decimal
    subcontracted: Decimal
    cap: Cap

    @property
    def exceeded(self) -> bool:
        """Tell whether the share is above the cap; just the cap is not."""
        return self.subcontracted * _HUNDRED > self.cap.value * self.turnover

    @property
    def share(self) -> Decimal | None:
        """Give the share subcontracted, in per cent, never rounded across the cap."""
        if not self.turnover:
            return None
        share = self.subcontracted * _HUNDRED / self.turnover
        return share.quantize(_CENT, ROUND_CEILING if self.exceeded else ROUND_FLOOR)

    @property
    def free(self) -> Decimal:
        """Give what may still be subcontracted at constant turnover; zero beyond the cap."""
        left = self.cap.value * self.turnover / _HUNDRED - self.subcontracted
        return max(left, Decimal(0)).quantize(_CENT, ROUND_FLOOR)

    @property
    def missing(self) -> Decimal:
        """Give the turnover without subcontracting that brings the share back to the cap."""
        more = self.subcontracted * _HUNDRED / self.cap.value - self.turnover
        return max(more, Decimal(0)).quantize(_CENT, ROUND_CEILING)

    def told(self) -> dict[str, Any]:
        """Give the year as users and files get it."""
        return {
            "annee": self.year,
            "du": self.start,
            "au": self.end,
            "factures": self.invoices,
            "chiffre_affaires": self.turnover,
            "sous_traite": self.subcontracted,
            "part_pct": self.share,
            "plafond_pct": self.cap.value,
            "depasse": self.exceeded,
            "reste_a_sous_traiter": self.free,
            "chiffre_affaires_manquant": self.missing,
            "base_legale": self.cap.basis,
        }


@dataclass(frozen=True)
class Shares:
    """The years, the lines left out, and how many lines gave no subcontracted amount."""

    years: tuple[Year, ...]
    refused: tuple[Refused, ...]
    without: int


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
    refused: list[Refused] = []
    sums: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    counts: dict[int, int] = defaultdict(int)
    without = 0
    for line in lines:
        try:
            if line.shifted:
                raise ValueError("elle a plus de cellules que l'en-tête")
            day = _day(line.date, known, today)
            amount = _euros(line.amount, "le montant")
            given = bool(line.subcontracted.strip())
            part = _euros(line.subcontracted, "le montant sous-traité") if given else Decimal(0)
            _check(amount, part)
        except ValueError as error:
            refused.append(Refused(line.number, str(error)))
            continue
        without += not given
        turnover, subcontracted = sums[day.year]
        sums[day.year] = (turnover + amount, subcontracted + part)
        counts[day.year] += 1
    years = tuple(_year(year, counts[year], *sums[year], known) for year in sorted(sums))
    return Shares(years, tuple(refused), without)


def _year(year: int, count: int, turnover: Decimal, part: Decimal, known: Sequence[Cap]) -> Year:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    # The latest cap of the year; the days without any are not counted.
    holding = [cap for cap in known if _holds(cap, first, last)]
    start = min(max(cap.start or first, first) for cap in holding)
    end = max(min(cap.end or last, last) for cap in holding)
    return Year(year, start, end, count, turnover, part, holding[-1])


def _holds(cap: Cap, first: dt.date, last: dt.date) -> bool:
    return (cap.start or first) <= last and (cap.end or last) >= first


def _day(text: str, known: Sequence[Cap], today: dt.date) -> dt.date:
    day = _date(text.strip())
    if day > today:
        raise ValueError(f"la date « {text.strip()} » est à venir")
    if not any(_holds(cap, day, day) for cap in known):
        starts = [cap.start for cap in known if cap.start]
        since = f" (elle commence le {date_courte(min(starts))})" if starts else ""
        raise ValueError(f"aucune limite ne vaut le {date_courte(day)}{since}")
    return day


def _date(text: str) -> dt.date:
    if not text:
        raise ValueError("la date manque")
    try:
        return read_date(text)
    except Unread as error:
        raise ValueError(f"la date « {_cut(text)} » ne se lit pas : {error}") from None


def _euros(text: str, what: str) -> Decimal:
    if not text.strip():
        raise ValueError(f"{what} manque")
    try:
        return read_amount(text).quantize(_CENT, ROUND_HALF_UP)
    except Unread as error:
        raise ValueError(f"{what} « {_cut(text)} » ne se lit pas : {error}") from None


def _check(amount: Decimal, part: Decimal) -> None:
    if amount < 0 or part < 0:
        what = "le montant" if amount < 0 else "le montant sous-traité"
        raise ValueError(f"{what} est négatif : retranchez l'avoir de sa facture")
    if part > amount:
        raise ValueError("le montant sous-traité dépasse celui de la facture")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

"""How much of its CPF turnover a porteur subcontracts, by calendar year, against the cap.

Money is ``Decimal`` throughout and compared exactly: a share of just the cap is within it. Credit
notes are netted. A line that cannot be counted is given back with its number and the reason; what
it could weigh bounds the share, and a conclusion that it could turn is not given.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pipelines.french import date_courte
from pipelines.portage.amounts import read_amount
from pipelines.portage.cap.doubts import Weight, bounds
from pipelines.portage.dates import Unread, read_date
from pipelines.portage.written import understand
from pipelines.warehouse.release import require_table

if TYPE_CHECKING:
    import duckdb

PARAMETER = "PART_SOUS_TRAITEE_MAX"
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_SHOWN = 40


@dataclass(frozen=True)
class Line:
    """A line of the file as text: its ``number``, its cells, and whether they are shifted.

    ``funder`` is None without a column of funders; ``credit`` and ``total``: a cell calls it so.
    """

    number: int
    date: str
    amount: str
    subcontracted: str
    shifted: bool = False
    funder: str | None = None
    credit: bool = False
    total: bool = False

    @property
    def sums_others(self) -> bool:
        """Whether it is a total: with a date, it is an invoice whose label begins so."""
        return self.total and not self.date.strip()


@dataclass(frozen=True)
class Cap:
    """A cap in per cent, with the days on which it holds (open when None) and its legal basis."""

    value: Decimal
    start: dt.date | None
    end: dt.date | None
    basis: str


@dataclass(frozen=True)
class Refused:
    """A line left out, and why, in French; ``weight`` is None for one that surely counts not."""

    number: int
    reason: str
    weight: Weight | None


@dataclass(frozen=True)
class Year:
    """A calendar year, or the part of it in which the cap holds; amounts in euros.

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

    @property
    def exceeded(self) -> bool:
        """Tell whether the share is above the cap; just the cap is not."""
        return self.subcontracted * _HUNDRED > self.cap.value * self.turnover

    @property
    def bounds(self) -> tuple[Decimal, Decimal] | None:
        """Give the least and the greatest share that lines left out allow; None if any is."""
        found = self._bounds()
        if found is None:
            return None
        low, high = (Decimal(one.numerator) * _HUNDRED / one.denominator for one in found)
        return low.quantize(_CENT, ROUND_FLOOR), high.quantize(_CENT, ROUND_CEILING)

    @property
    def settled(self) -> bool:
        """Tell whether no line left out could turn the conclusion."""
        if not self.weights:
            return True
        found = self._bounds()
        if found is None:
            return False
        low, high = (one * 100 for one in found)
        return low > Fraction(self.cap.value) if self.exceeded else high <= Fraction(self.cap.value)

    def _bounds(self) -> tuple[Fraction, Fraction] | None:
        return bounds(self.turnover, self.subcontracted, self.weights)

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

        Whatever the lines left out are: at least that.
        """
        left = self.cap.value * self.turnover / _HUNDRED - self.subcontracted - self._against()
        return max(left, Decimal(0)).quantize(_CENT, ROUND_FLOOR)

    @property
    def missing(self) -> Decimal:
        """Give the turnover without subcontracting that brings the share back to the cap.

        Whatever the lines left out are: that is enough.
        """
        beyond = (self.subcontracted + self._against()) * _HUNDRED
        more = beyond / self.cap.value - self.turnover
        return max(more, Decimal(0)).quantize(_CENT, ROUND_CEILING)

    def _against(self) -> Decimal:
        """Give what the lines left out would take of the room under the cap, at worst."""
        taken = [
            one.part - self.cap.value * one.amount / _HUNDRED
            for one in self.weights
            if one.amount is not None and one.part is not None
        ]
        return sum((max(one, Decimal(0)) for one in taken), Decimal(0))

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
            "part_min_pct": low,
            "part_max_pct": high,
            "depasse": self.exceeded if sure else None,
            "reste_a_sous_traiter": self.free if sure else None,
            "chiffre_affaires_manquant": self.missing if sure else None,
            "base_legale": self.cap.basis,
        }


@dataclass(frozen=True)
class Shares:
    """The years, the lines left out, and how many of some kinds were counted or not.

    ``without``: counted, without a subcontracted amount; ``credits``: credit notes counted;
    ``elsewhere``: paid by another funder than the CPF, so not counted.
    """

    years: tuple[Year, ...]
    refused: tuple[Refused, ...]
    without: int
    credits: int
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
    refused: list[Refused] = []
    sums: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    counts: dict[int, int] = defaultdict(int)
    without = credits = elsewhere = 0
    for line in lines:
        try:
            if not line.sums_others and not _of_the_cpf(line):
                elsewhere += 1
                continue
            day, amount, part = _read(line, known, today)
        except ValueError as error:
            refused.append(Refused(line.number, str(error), _weight(line, known, today)))
            continue
        without += not line.subcontracted.strip()
        credits += amount < 0 or part < 0
        turnover, subcontracted = sums[day.year]
        sums[day.year] = (turnover + amount, subcontracted + part)
        counts[day.year] += 1
    weights = [one.weight for one in refused if one.weight is not None]
    own = {weight.year for weight in weights if weight.year is not None}
    years = tuple(
        replace(
            _year(year, counts[year], sums[year], known),
            weights=tuple(weight for weight in weights if weight.year in (None, year)),
        )
        for year in sorted({*sums, *own})
    )
    return Shares(years, tuple(refused), without, credits, elsewhere)


def _read(line: Line, known: Sequence[Cap], today: dt.date) -> tuple[dt.date, Decimal, Decimal]:
    """Read a line.

    Raises:
        ValueError: it cannot be counted; the message says why, in French.
    """
    if line.shifted:
        raise ValueError("elle a plus de cellules que l'en-tête")
    if line.sums_others:
        raise _NotCounted("c'est un total, non une facture")
    day = _day(line.date, known, today)
    return day, *_amounts(line)


def _amounts(line: Line) -> tuple[Decimal, Decimal]:
    amount = _euros(line.amount, "le montant")
    given = bool(line.subcontracted.strip())
    part = _euros(line.subcontracted, "le montant sous-traité") if given else Decimal(0)
    _check(amount, part, line.credit)
    return amount, part


def _of_the_cpf(line: Line) -> bool:
    """Tell whether the CPF pays a line; without a column of funders, all are taken for so.

    Raises:
        ValueError: its funder is not said, not read, or not alone.
    """
    if line.funder is None or line.shifted:
        return True
    found = understand("financement", line.funder)
    if found.fault is not None:
        raise ValueError(f"le financeur « {_cut(line.funder)} » ne se lit pas")
    if found.value is None:
        raise ValueError("le financeur n'est pas dit")
    funders = found.value.split("+")
    if "CPF" in funders and len(funders) > 1:
        raise ValueError(f"plusieurs financeurs (« {_cut(line.funder)} ») : la part du CPF manque")
    return "CPF" in funders


def _weight(line: Line, known: Sequence[Cap], today: dt.date) -> Weight | None:
    """Tell what a line left out may add to a year; None when it surely counts for none."""
    if line.shifted:
        return Weight(None, None, None)
    if line.sums_others:
        return None
    year: int | None = None
    try:
        year = _day(line.date, known, today).year
    except _NotCounted:
        return None
    except ValueError:
        pass
    try:
        amount, part = _amounts(line)
        # Of what several funders pay, any part may be the CPF's.
        if line.funder is not None and "+" in (understand("financement", line.funder).value or ""):
            return Weight(year, None, None)
    except ValueError:
        return Weight(year, None, None)
    return Weight(year, amount, part)


def _year(year: int, count: int, sums: tuple[Decimal, Decimal], known: Sequence[Cap]) -> Year:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    # The latest cap of the year; the days without any are not counted.
    holding = [cap for cap in known if _holds(cap, first, last)]
    start = min(max(cap.start or first, first) for cap in holding)
    end = max(min(cap.end or last, last) for cap in holding)
    return Year(year, start, end, count, *sums, holding[-1])


def _holds(cap: Cap, first: dt.date, last: dt.date) -> bool:
    return (cap.start or first) <= last and (cap.end or last) >= first


class _NotCounted(ValueError):
    """A line surely counts for no year: no cap holds on its day, or it is a total."""


def _day(text: str, known: Sequence[Cap], today: dt.date) -> dt.date:
    day = _date(text.strip())
    if day > today:
        raise ValueError(f"la date « {text.strip()} » est à venir")
    if not any(_holds(cap, day, day) for cap in known):
        starts = [cap.start for cap in known if cap.start]
        since = f" (elle commence le {date_courte(min(starts))})" if starts else ""
        raise _NotCounted(f"aucune limite ne vaut le {date_courte(day)}{since}")
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


def _check(amount: Decimal, part: Decimal, credit: bool) -> None:
    """See that the amounts of an invoice, or of a credit note, go together."""
    if credit and (amount > 0 or part > 0):
        raise ValueError("elle dit « avoir » et son montant est positif : mettez-le en négatif")
    if amount * part < 0 or (not amount and part > 0):
        raise ValueError(
            "le montant sous-traité n'a pas le signe de celui de la facture"
            if amount
            else "le montant sous-traité dépasse celui de la facture"
        )
    if amount and abs(part) > abs(amount):
        what = "de la facture" if amount > 0 else "de l'avoir"
        raise ValueError(f"le montant sous-traité dépasse celui {what}")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

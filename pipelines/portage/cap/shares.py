"""How much of its CPF turnover a porteur subcontracts, by calendar year, against the cap.

Money is ``Decimal`` throughout and compared exactly: a share of just the cap is within it. A line
that cannot be counted is given back with its number and the reason.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from pipelines.french import date_courte
from pipelines.warehouse.release import require_table

if TYPE_CHECKING:
    import duckdb

PARAMETER = "PART_SOUS_TRAITEE_MAX"
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_SHOWN = 40
_BLANKS = re.compile(r"[\s\u00a0\u202f]")
_CURRENCY = re.compile(r"(?i)€|eur(?:os?)?|ht$")
_FRENCH = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?")
_ENGLISH = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)\.\d+")
# « 1,234 » or « 1.234 »: a thousand, or one euro and a share worked out to the tenth of a cent?
_EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
_ABSURD = Decimal(10) ** 12
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_FRENCH_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?: .*)?")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_EPOCH = dt.date(1899, 12, 30)


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
        if found := _ISO.fullmatch(text):
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
        if found := _FRENCH_DATE.fullmatch(text):
            year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
            return dt.date(year, int(found[2]), int(found[1]))
    except ValueError:
        raise ValueError(f"la date « {_cut(text)} » n'existe pas") from None
    if found := _SERIAL.fullmatch(text):
        return _EPOCH + dt.timedelta(days=int(found[1]))
    raise ValueError(f"la date « {_cut(text)} » ne se lit pas (AAAA-MM-JJ ou JJ/MM/AAAA)")


def _euros(text: str, what: str) -> Decimal:
    small = _CURRENCY.sub("", _BLANKS.sub("", text)).strip("'")
    if not small:
        raise ValueError(f"{what} manque")
    if _EITHER.fullmatch(small):
        raise ValueError(f"{what} « {_cut(text)} » a deux lectures : écrivez deux décimales")
    if _FRENCH.fullmatch(small):
        small = small.replace(".", "").replace(",", ".")
    elif _ENGLISH.fullmatch(small):
        small = small.replace(",", "")
    else:
        raise ValueError(f"{what} « {_cut(text)} » ne se lit pas")
    if abs(euros := Decimal(small)) >= _ABSURD:
        raise ValueError(f"{what} « {_cut(text)} » est invraisemblable")
    return euros.quantize(_CENT, ROUND_HALF_UP)


def _check(amount: Decimal, part: Decimal) -> None:
    if amount < 0 or part < 0:
        what = "le montant" if amount < 0 else "le montant sous-traité"
        raise ValueError(f"{what} est négatif : retranchez l'avoir de sa facture")
    if part > amount:
        raise ValueError("le montant sous-traité dépasse celui de la facture")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

"""A line of a list of invoices, read: whether it counts, of which year, and for how much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipelines.french import date_courte
from pipelines.portage.amounts import read_amount
from pipelines.portage.cap.doubts import Weight
from pipelines.portage.cap.year import Cap
from pipelines.portage.dates import Unread, read_date
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.words import is_nothing
from pipelines.portage.written import understand

_CENT = Decimal("0.01")
_NOTHING = Decimal(0)
_SHOWN = 40


@dataclass(frozen=True)
class Line:
    """A line of the file as text: its ``number``, its cells, and whether they are shifted.

    ``subcontracted`` is the price under CPF of what is subcontracted, ``cost`` what the
    sub-contractor bills. ``funder`` is None without a column of funders; ``credit`` and ``total``:
    a cell calls it so. ``who`` and ``whose`` are the name and the number of the sub-contractor;
    ``entrusted``: one of them is sure to tell of one.
    """

    number: int
    date: str
    amount: str
    subcontracted: str
    shifted: bool = False
    funder: str | None = None
    credit: bool = False
    total: bool = False
    cost: str = ""
    who: str = ""
    whose: str = ""
    entrusted: bool = False

    @property
    def sums_others(self) -> bool:
        """Whether it is a total: with a date, it is an invoice whose label begins so."""
        return self.total and not self.date.strip()


@dataclass(frozen=True)
class Amounts:
    """What a line adds: to the turnover, and to what is subcontracted, at ``least`` and ``most``.

    ``billed``: the part is what the sub-contractor bills, not the whole price. ``unpriced``: a
    sub-contractor is named, no amount. ``unsaid``: nothing tells of subcontracting. ``loss``: the
    sub-contractor bills more than the price of its part.
    """

    amount: Decimal
    part: Decimal
    least: Decimal
    most: Decimal
    billed: bool = False
    unpriced: bool = False
    unsaid: bool = False
    loss: bool = False


class NotCounted(ValueError):
    """A line surely counts for no year: no cap holds on its day, or it is a total."""


def read_line(line: Line, known: Sequence[Cap], today: dt.date) -> tuple[dt.date, Amounts]:
    """Read a line.

    Raises:
        ValueError: it cannot be counted; the message says why, in French.
    """
    if line.shifted:
        raise ValueError("elle a plus de cellules que l'en-tête")
    if line.sums_others:
        raise NotCounted("c'est un total, non une facture")
    day = _day(line.date, known, today)
    return day, _amounts(line)


def of_the_cpf(line: Line) -> bool:
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


def weight_of(line: Line, known: Sequence[Cap], today: dt.date) -> Weight | None:
    """Tell what a line left out may add to a year; None when it surely counts for none."""
    if line.shifted:
        return Weight(None, None, None)
    if line.sums_others:
        return None
    year: int | None = None
    try:
        year = _day(line.date, known, today).year
    except NotCounted:
        return None
    except ValueError:
        pass
    try:
        found = _amounts(line)
        # Of what several funders pay, any part may be the CPF's.
        if line.funder is not None and "+" in (understand("financement", line.funder).value or ""):
            return Weight(year, None, None)
    except ValueError:
        return Weight(year, None, None)
    return Weight(year, found.amount, found.least, found.most)


def _amounts(line: Line) -> Amounts:
    """Read the amounts: the price under CPF counts, else what the sub-contractor bills."""
    amount = _euros(line.amount, "le montant")
    price = None if _blank(line.subcontracted) else _euros(line.subcontracted, _PRICE)
    cost = None if _blank(line.cost) else _cost(line, price)
    # A price of nothing for what is billed is no price.
    if price is not None and (price or not cost):
        _check(amount, price, _PRICE, line.credit)
        return Amounts(amount, price, price, price, loss=cost is not None and cost > price > 0)
    if cost is not None:
        _check(amount, cost, _COST, line.credit)
        # Nothing billed is nothing subcontracted; else its price may be all that the CPF pays.
        whole = amount if cost else cost
        return Amounts(amount, cost, min(cost, whole), max(cost, whole), billed=whole != cost)
    _check(amount, _NOTHING, _PRICE, line.credit)
    if line.entrusted and _named(line):
        least, most = min(amount, _NOTHING), max(amount, _NOTHING)
        return Amounts(amount, _NOTHING, least, most, unpriced=True)
    return Amounts(amount, _NOTHING, _NOTHING, _NOTHING, unsaid=True)


_PRICE = "le montant sous-traité"
_COST = "le montant que le sous-traitant facture"


def _cost(line: Line, price: Decimal | None) -> Decimal | None:
    """Read what the sub-contractor bills; where the price is said, it may be unreadable."""
    try:
        return _euros(line.cost, _COST)
    except ValueError:
        if price:
            return None
        raise


def _named(line: Line) -> bool:
    return not is_nothing(PAR_NOM["nom"], line.who) or not is_nothing(PAR_NOM["nda"], line.whose)


def _blank(text: str) -> bool:
    """Tell whether a cell of an amount says nothing (« - », « NC »)."""
    return is_nothing(PAR_NOM["montant"], text)


def holds(cap: Cap, first: dt.date, last: dt.date) -> bool:
    """Tell whether a cap holds on some day of a period."""
    return (cap.start or first) <= last and (cap.end or last) >= first


def _day(text: str, known: Sequence[Cap], today: dt.date) -> dt.date:
    day = _date(text.strip())
    if day > today:
        raise ValueError(f"la date « {text.strip()} » est à venir")
    if not any(holds(cap, day, day) for cap in known):
        starts = [cap.start for cap in known if cap.start]
        since = f" (elle commence le {date_courte(min(starts))})" if starts else ""
        raise NotCounted(f"aucune limite ne vaut le {date_courte(day)}{since}")
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


def _check(amount: Decimal, part: Decimal, what: str, credit: bool) -> None:
    """See that the amounts of an invoice, or of a credit note, go together."""
    if credit and (amount > 0 or part > 0):
        raise ValueError("elle dit « avoir » et son montant est positif : mettez-le en négatif")
    if amount * part < 0 or (not amount and part > 0):
        raise ValueError(
            f"{what} n'a pas le signe de celui de la facture"
            if amount
            else f"{what} dépasse celui de la facture"
        )
    if amount and abs(part) > abs(amount):
        whose = "de la facture" if amount > 0 else "de l'avoir"
        raise ValueError(f"{what} dépasse celui {whose}")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

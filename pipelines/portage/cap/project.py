"""What one more subcontracted action would make of the year's share.

The action is under CPF and wholly subcontracted: its price adds to the turnover of the year, which
the cap is a share of (R.6333-6-2), and to what is subcontracted. Of an action subcontracted in
part, the price of that part gives a share that is not exceeded: the rest of its price only adds to
the turnover.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipelines.errors import UsageError
from pipelines.portage.amounts import read_figure
from pipelines.portage.cap.shares import Shares, year_of
from pipelines.portage.cap.year import Cap, Year
from pipelines.portage.dates import Unread

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Project:
    """The year of an action thought of, without it and with it; ``price`` in euros."""

    price: Decimal
    before: Year
    after: Year


def read_price(text: str) -> Decimal:
    """Read the price of a project, as amounts are read in files.

    Raises:
        UsageError: it is no price.
    """
    try:
        price = read_figure("montant", text).quantize(_CENT, ROUND_HALF_UP)
        if not price:
            raise Unread("donnez un montant supérieur à zéro")
    except Unread as error:
        raise UsageError(
            f"--projet « {text} » ne se lit pas ({error}) : écrivez par exemple « 12 000 € »."
        ) from error
    return price


def project(found: Shares, price: Decimal, known: Sequence[Cap], today: dt.date) -> Project:
    """Add an action of that price to the year of ``today``, which may have no invoice yet."""
    weights = [one.weight for one in found.refused if one.weight is not None]
    before = next(
        (year for year in found.years if year.year == today.year),
        year_of(today.year, (), weights, known),
    )
    return Project(price, before, before.plus(price))

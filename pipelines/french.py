"""Figures, dates, plurals and sentences as they are written in French: nowhere else.

In pages, what belongs together is bound by spaces that do not break (:func:`compte`, :func:`jour`);
what goes to a terminal, a mail or JSON keeps plain ones (:func:`combien`, :func:`date_longue`).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

_THIN, _SPACE = "\u202f", "\u00a0"
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
# What is shown where there is no figure: said once on the page.
ABSENT = "–"
# The same in a terminal, where nothing explains a dash.
UNKNOWN = "?"
MINUS = "−"
_UNITS = ("octets", "ko", "Mo", "Go", "To")


def nombre(value: float | Decimal, decimals: int | None = None) -> str:
    """Write a number the French way; decimals (two at most by default) only when needed."""
    if decimals is None:
        decimals = 0 if float(value).is_integer() else 2
    return f"{value:,.{decimals}f}".replace(",", _THIN).replace(".", ",")


def _rounded(value: float, decimals: int) -> float:
    """Round as a hand does, from the digits that the tables show: 46,15 is 46,2, not 46,1."""
    unit = Decimal(1).scaleb(-decimals)
    return float(Decimal(str(value)).quantize(unit, ROUND_HALF_UP))


def decimal(value: float | None, decimals: int = 1) -> str:
    """Write a figure with its decimals (a small one keeps two), or a dash when there is none."""
    if value is None:
        return ABSENT
    if 0 < abs(value) < 1:
        decimals = max(decimals, 2)
    rounded = _rounded(value, decimals)
    if value > 0 and not rounded:  # next to nothing is not nothing
        return f"<{_SPACE}{nombre(10**-decimals, decimals)}"
    return nombre(rounded, decimals)


def entier(value: float | None, absent: str = ABSENT) -> str:
    """Write a count (a mean keeps a decimal), or ``absent`` when there is none."""
    if value is None:
        return absent
    decimals = 0 if float(value).is_integer() else 1
    return nombre(_rounded(value, decimals), decimals)


def signed(value: float | None, decimals: int = 0) -> str:
    """Write a difference with its sign."""
    if value is None:
        return ABSENT
    rounded = _rounded(value, decimals)
    sign = "" if not rounded else "+" if rounded > 0 else MINUS
    return f"{sign}{nombre(abs(rounded), decimals)}"


def signed_percent(value: float | None, decimals: int = 1) -> str:
    """Write a difference in percent with its sign."""
    return ABSENT if value is None else f"{signed(value, decimals)}{_SPACE}%"


def pourcent(value: float | None, decimals: int = 1) -> str:
    """Write a percentage given from 0 to 100; a small one keeps a second decimal."""
    if value is None:
        return ABSENT
    if 0 < abs(value) < 1:
        decimals = max(decimals, 2)
    return f"{decimal(value, decimals)}{_SPACE}%"


def compte(count: float, singular: str, plural: str = "") -> str:
    """Write a count and what is counted: « 1 organisme », « 2 345 organismes »."""
    word = singular if abs(count) < 2 else plural or f"{singular}s"
    return f"{nombre(count, 0)}{_SPACE}{word}"


def combien(count: int, singular: str, plural: str = "") -> str:
    """Write how many there are, in plain text: « 1 ligne », « 2 lignes »."""
    return f"{count} {singular if count < 2 else plural or singular + 's'}"


def taux(share: float) -> str:
    """Write a share given from 0 to 1 as a percentage, decimals only when needed."""
    return f"{nombre(share * 100, 2)}{_SPACE}%"


def taux_exact(percent: Decimal) -> str:
    """Write a percentage given from 0 to 100 with just the decimals that it has: « 33,3 % »."""
    return f"{percent.normalize():f}".replace(".", ",") + f"{_SPACE}%"


def euros(amount: Decimal) -> str:
    """Write an amount to the cent, with its unit: « 1 234,50 € »."""
    return f"{nombre(amount, 2)}{_SPACE}€"


def taille(octets: int) -> str:
    """Write the size of a file: « 38,0 Mo »."""
    power = min(int(math.log10(max(octets, 1)) // 3), len(_UNITS) - 1)
    number = f"{octets / 1000**power:.1f}".replace(".", ",") if power else str(octets)
    return f"{number} {_UNITS[power]}"


def part(
    numerator: float | None, denominator: float | None, percent: float | None, whole: str = ""
) -> str:
    """Write a share with what it is made of: « 28,4 % des organismes (43 834 sur 154 107) »."""
    told = f"{pourcent(percent)} {whole}".strip()
    return f"{told} ({entier(numerator)} sur {entier(denominator)})"


def date_courte(day: dt.date | str) -> str:
    """Write a date in figures, from a date or its ISO text: « 01/10/2025 »."""
    return f"{_date(day):%d/%m/%Y}"


def date_longue(day: dt.date | str) -> str:
    """Write a date in words, from a date or its ISO text: « 1er octobre 2025 »."""
    date = _date(day)
    return f"{date.day}{'er' if date.day == 1 else ''} {MONTHS[date.month - 1]} {date.year}"


def _date(day: dt.date | str) -> dt.date:
    return dt.date.fromisoformat(day[:10]) if isinstance(day, str) else day


def jour(day: dt.date) -> str:
    """Write a date in words, the number bound to its month."""
    return date_longue(day).replace(" ", _SPACE, 1)


def instant(moment: dt.datetime) -> str:
    """Write a day and an hour, in the time zone of ``moment``: « 01/10/2025 à 05:15 »."""
    return f"{moment:%d/%m/%Y à %H:%M}"


def il_y_a(moment: dt.datetime, now: dt.datetime) -> str:
    """Say how long before ``now`` a moment was; both have a time zone."""
    hours = (now - moment).total_seconds() / 3600
    if hours < 1:
        return "il y a moins d'une heure"
    if hours < 48:
        return f"il y a {hours:.0f} h"
    return f"il y a {hours / 24:.0f} jours"


def mois(year: int, month: int) -> str:
    """Write a month: « octobre 2025 »."""
    return f"{MONTHS[month - 1]} {year}"


def liste(words: Sequence[str], link: str = "et") -> str:
    """Join words: « a, b et c »."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {link} {words[-1]}"


def verb(count: float, singular: str, plural: str) -> str:
    """Choose the form of a verb that agrees with a count."""
    return singular if abs(count) < 2 else plural


def some(words: Sequence[str], most: int = 6) -> str:
    """Join words, or the first of them and how many others there are."""
    if len(words) <= most + 1:  # « et 1 autre » takes more room than its name
        return liste(words)
    return f"{', '.join(words[:most])} et {compte(len(words) - most, 'autre')}"


def typo(text: str) -> str:
    """Bind the French signs to their word, and figures together, so that no line cuts them."""
    text = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", _THIN, text)
    text = re.sub(r" (?=[:!»%])|(?<=«) ", _SPACE, text)
    return re.sub(r" (?=[;?])", _THIN, text).replace("'", "’")

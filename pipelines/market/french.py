"""Figures and sentences as they are written in French."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from pipelines.quality.controls import nombre

_THIN, _SPACE = "\u202f", "\u00a0"
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
# What is shown where there is no figure: said once on the page.
ABSENT = "–"
MINUS = "−"


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


def entier(value: float | None) -> str:
    """Write a count (a mean keeps a decimal), or a dash when there is none."""
    if value is None:
        return ABSENT
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


def part(
    numerator: float | None, denominator: float | None, percent: float | None, whole: str = ""
) -> str:
    """Write a share with what it is made of: « 28,4 % des organismes (43 834 sur 154 107) »."""
    told = f"{pourcent(percent)} {whole}".strip()
    return f"{told} ({entier(numerator)} sur {entier(denominator)})"


def jour(day: dt.date) -> str:
    """Write a date: « 1er octobre 2025 »."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number}{_SPACE}{_MONTHS[day.month - 1]} {day.year}"


def mois(year: int, month: int) -> str:
    """Write a month: « octobre 2025 »."""
    return f"{_MONTHS[month - 1]} {year}"


def liste(words: Sequence[str]) -> str:
    """Join words: « a, b et c »."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} et {words[-1]}"


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

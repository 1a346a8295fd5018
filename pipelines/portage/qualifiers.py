"""Words that limit what a header or a figure means, one row each: ``portage_qualificatif.csv``.

The same rows are read in a header (« CA (k€) ») and in a cell (« 95 k€ »): a unit means the same in
both. What is not in the table is not understood, and never passed over.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache

from pipelines.portage.words import flat
from pipelines.settings import REFERENCE

_DAY = re.compile(r"\ble\W*$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY_WORDS = frozenset(("a", "au", "d", "de", "des", "du", "l", "la", "le", "les", "en", "et"))
_NUMBER = frozenset(("n", "no", "nro", "num", "numero"))
_SIGNS = {"€": " eur ", "%": " pct ", "$": " usd ", "£": " gbp ", "n°": " num ", "№": " num "}


class Role(StrEnum):
    """What a word does to the words beside it."""

    NEGATION = "negation"
    WHOSE = "qui"
    END = "bout"
    UNIT = "unite"
    TAX = "taxe"
    NEUTRAL = "neutre"


@dataclass(frozen=True)
class Qualifier:
    """A word or a phrase, what it measures and how many of the measure's unit it stands for."""

    word: str
    role: Role
    measure: str
    factor: Fraction | None
    why: str


def words(text: str, camel: bool = True) -> list[str]:
    """Give the words of a header that count: no accent, no case, no plural, no small word."""
    split = _CAMEL.sub(" ", text) if camel else text
    found = [word for word in _WORD.findall(flat(split)) if word not in _EMPTY_WORDS]
    return [_plain_word(word) for word in found]


def tokens(text: str, camel: bool = True) -> list[str]:
    """Give the same words, and what means something as words of their own: signs (€, %…), and the
    « le » at the end, which asks for a day (« Signé le »).
    """
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return words(text, camel) + ["date"] * (_DAY.search(text) is not None)


def _plain_word(word: str) -> str:
    if word in _NUMBER:
        return "num"
    if word == "nb":
        return "nombre"
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


@cache
def qualifiers() -> Mapping[tuple[str, ...], Qualifier]:
    """Give the qualifiers by their words."""
    found: dict[tuple[str, ...], Qualifier] = {}
    with (REFERENCE / "portage_qualificatif.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            factor = Fraction(row["facteur"]) if row["facteur"] else None
            read = Qualifier(row["mot"], Role(row["role"]), row["mesure"], factor, row["pourquoi"])
            found.setdefault(tuple(tokens(row["mot"])), read)
    return found


def qualifiers_in(text: str) -> list[Qualifier]:
    """Give the qualifiers among the words of a text, the longest first where they overlap."""
    split, found = tokens(text), []
    while split:
        ends = range(min(longest(), len(split)), 0, -1)
        end = next((end for end in ends if tuple(split[:end]) in qualifiers()), 0)
        if end:
            found.append(qualifiers()[tuple(split[:end])])
        split = split[end or 1 :]
    return found


@cache
def longest() -> int:
    """Give how many words the longest qualifier has."""
    return max(map(len, qualifiers()))

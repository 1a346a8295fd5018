"""Dates as people and spreadsheets write them in French, read without loss or not at all."""

from __future__ import annotations

import datetime as dt
import re

from pipelines.french import MONTHS
from pipelines.portage.words import flat, lists

_TIME = re.compile(
    r"(?<=\d)(?:[t ]+(?:a )?\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:z|[+-]\d{2}(?::?\d{2})?)?)$"
)
_ISO = re.compile(r"(\d{4}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{1,2})")
_PACKED = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_PACKED_FRENCH = re.compile(r"(\d{2})(\d{2})((?:19|20)\d{2})")
_FRENCH = re.compile(r"(\d{1,2}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{4}|\d{2})")
_LETTERS = re.compile(r"(\d{1,2})(?:er)?[-/. ]*([a-z]{3,})[-/. ]*'?(\d{4}|\d{2})")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_DAYLESS = re.compile(
    r"(?:[a-z]{3,9}\.?|0?[1-9]|1[0-2])[-/. ]*\d{4}|\d{4}[-/. ]\d{1,2}|[a-z]{3,9}\.?[-/. ]*'?\d{2}"
)
_YEARLESS = re.compile(r"\d{1,2}(?:er)?(?:[-/. ]+[a-z]{3,9}\.?|[-/.]\d{1,2})")
# A date, wherever it stands in a cell.
_ANY = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2} ?[-/.] ?\d{1,2} ?[-/.] ?\d{2,4}"
    r"|\d{1,2}(?:er)?[-/. ]*[a-z]{3,9}[-/. ]*\d{2,4}"
)
# Two figures of a year are of this century, as those that people plan by.
_CENTURY = 69


class Unread(ValueError):
    """A text that is not read; its message ends a sentence: what is wrong, or what to give."""


def read_date(text: str) -> dt.date:
    """Read one date.

    Raises:
        Unread: it is none, lacks its day or its year, does not exist, or is a bare number.
    """
    plain = " ".join(flat(text).split())
    plain = _TIME.sub("", plain).strip(" '.,;")
    for form in (plain, _bare(plain)):
        if (found := _read(form)) is not None:
            return found
    bare = _bare(plain)
    if _SERIAL.fullmatch(bare):
        raise Unread("c'est un nombre, dont le format de date s'est perdu : écrivez la date")
    if len(set(_ANY.findall(plain))) > 1:
        raise Unread("il y a plusieurs dates : n'en gardez qu'une")
    if _DAYLESS.fullmatch(bare) and (bare[0].isdigit() or month(re.split(r"[^a-z]", bare)[0])):
        raise Unread("il y manque le jour : donnez la date entière")
    if _YEARLESS.fullmatch(bare):
        raise Unread("il y manque l'année : donnez la date entière")
    raise Unread("donnez une date, AAAA-MM-JJ ou JJ/MM/AAAA")


def month(word: str) -> int | None:
    """Give the rank of a month from its name, or a beginning that is of no other."""
    if len(word) < 3:
        return None
    found = [rank for rank, name in enumerate(MONTHS, 1) if flat(name).startswith(word)]
    return found[0] if len(found) == 1 else None


def _bare(plain: str) -> str:
    """Take off the words that stand around a date without changing it."""
    around = lists()["date"]
    kept = [part for part in plain.split() if part.strip("().,:;") not in around]
    return " ".join(kept).strip("().,:; ")


def _read(plain: str) -> dt.date | None:
    if found := _ISO.fullmatch(plain) or _PACKED.fullmatch(plain):
        year, rank, day = (int(part) for part in found.groups())
        return _day(year, rank, day)
    if found := _FRENCH.fullmatch(plain) or _PACKED_FRENCH.fullmatch(plain):
        day, rank, year = (int(part) for part in found.groups())
        return _day(_whole(year, found[3]), rank, day)
    if (found := _LETTERS.fullmatch(plain)) and (number := month(found[2])):
        return _day(_whole(int(found[3]), found[3]), number, int(found[1]))
    return None


def _whole(year: int, written: str) -> int:
    if len(written) > 2:
        return year
    return year + (2000 if year < _CENTURY else 1900)


def _day(year: int, rank: int, day: int) -> dt.date:
    try:
        return dt.date(year, rank, day)
    except ValueError:
        raise Unread("cette date n'existe pas : donnez AAAA-MM-JJ ou JJ/MM/AAAA") from None

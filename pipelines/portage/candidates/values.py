"""What the values of a column look like: whether they are such as a fact has.

Looser than understanding them (``pipelines/portage/written.py``): a date that does not exist looks
like a date, and is a question under a date; a town does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pipelines.portage.candidates.headers import looks_like_identifier
from pipelines.portage.dates import Unread, month, read_date
from pipelines.portage.facts import PAR_NOM, Fait, Genre
from pipelines.portage.numbers import has_key, numbers_in
from pipelines.portage.words import flat, is_nothing, key, lists
from pipelines.portage.written import understand

# Beyond as many distinct values that look otherwise, in a hundred, a column is not of the fact.
SHARE = 0.6
_DATE = re.compile(r"\d{1,4} ?[-/.] ?\d{1,2} ?[-/.] ?\d{1,4}|\d{1,2}[-/.]\d{4}|\d{5}")
_POSTCODE = re.compile(r"(?:f-?)?\d{2} ?\d{3}|\d{4}|2[ab]\d{3}", re.IGNORECASE)
_NDA = re.compile(r"\d{11}|\d{4}[Pp]\d{6}")
_KEYED = (9, 14)
_BLANKS = re.compile(r"[\s\u00a0\u202f.'’-]")


def share(fact: str, values: Iterable[str]) -> float | None:
    """Give which share of the values look like those of a fact; None when all are blank."""
    known = PAR_NOM[fact]
    looks = _LOOKS.get(fact) or _BY_GENRE[known.genre]
    full = [value for value in values if not is_nothing(known, value)]
    if not full:
        return None
    return sum(looks(known, value) for value in full) / len(full)


def is_yes_or_no(text: str) -> bool:
    """Tell whether a text is a plain yes or no, whatever the fact."""
    return key(text) in lists()["booleen"]


def is_identifier(text: str) -> bool:
    """Tell a NDA, a SIREN or a SIRET by its shape and its key, none of them damaged."""
    plain = _BLANKS.sub("", text.strip().lstrip("'"))
    if _NDA.fullmatch(plain):
        return True
    return plain.isdecimal() and len(plain) in _KEYED and has_key(plain)


def _date(_: Fait, text: str) -> bool:
    try:
        read_date(text)
    except Unread:
        plain = flat(text).strip()
        named = any(map(month, re.findall(r"[a-z]{3,}", plain)))
        return _DATE.search(plain) is not None or (named and any(map(str.isdecimal, plain)))
    return True


def _figure(_: Fait, text: str) -> bool:
    plain = text.strip()
    digits = sum(map(str.isdecimal, plain))
    return digits > 0 and not _DATE.fullmatch(plain) and 2 * digits >= len(plain) - plain.count(" ")


def _understood(fact: Fait, text: str) -> bool:
    return understand(fact.nom, text).fault is None


def _name(_: Fait, text: str) -> bool:
    return (
        any(map(str.isalpha, text))
        and "@" not in text
        and not is_yes_or_no(text)
        and not _DATE.fullmatch(text.strip())
    )


def _place(_: Fait, text: str) -> bool:
    return any(map(str.isalpha, text)) and "@" not in text and not is_yes_or_no(text)


def _identifier(_: Fait, text: str) -> bool:
    return is_identifier(text) or bool(numbers_in(text))


def _any_identifier(_: Fait, text: str) -> bool:
    return looks_like_identifier(text) or bool(numbers_in(text))


def _postcode(_: Fait, text: str) -> bool:
    return _POSTCODE.fullmatch(text.strip()) is not None


_LOOKS: dict[str, Callable[[Fait, str], bool]] = {
    "nda": _any_identifier,
    "siret": _any_identifier,
    "siren": _any_identifier,
    "porteur": _any_identifier,
    "identifiant": _identifier,
    "nom": _name,
    "ville": _place,
    "code_postal": _postcode,
}
_BY_GENRE: dict[Genre, Callable[[Fait, str], bool]] = {
    Genre.DATE: _date,
    Genre.MONTANT: _figure,
    Genre.BOOLEEN: _understood,
    Genre.CHOIX: _understood,
    Genre.LISTE: _understood,
}

"""Numbers of organisations within words: the line that the law makes them print, a K-bis, a link.

What surrounds a number is not in a list that can be closed: the number is known by its shape and,
for a SIREN or a SIRET, by its key. Phone numbers, dates and postcodes have other shapes.
"""

from __future__ import annotations

import re

_SEPARATED = "[ .\u00a0\u202f-]?"
_NOT_BEFORE = r"(?<![\dA-Za-z+])(?<!\+33)(?<!\+33 )"
_SIRET = re.compile(
    rf"{_NOT_BEFORE}\d{{3}}{_SEPARATED}\d{{3}}{_SEPARATED}\d{{3}}{_SEPARATED}\d{{5}}(?!\d)"
)
_NDA = re.compile(
    rf"{_NOT_BEFORE}(?:\d{{11}}|\d{{4}}[Pp]\d{{6}}|\d\d[ .\u00a0\u202f-]\d\d[ .\u00a0\u202f-]"
    r"\d{5}[ .\u00a0\u202f-]\d\d)(?!\d)"
)
_VAT = re.compile(r"(?<![A-Za-z])FR ?(\d{2}) ?(\d{3} ?\d{3} ?\d{3})(?!\d)")
_SIREN = re.compile(rf"{_NOT_BEFORE}\d{{3}}{_SEPARATED}\d{{3}}{_SEPARATED}\d{{3}}(?!\d)")
# What an e-mail address is made of is of no organisation.
_MAIL = re.compile(r"\S+@\S+")
_NO_DIGIT = re.compile(r"[^0-9P]")
_LA_POSTE = "356000000"


def numbers_in(text: str) -> list[tuple[str, str]]:
    """Give the numbers that a text holds among other words: NDA, SIRET or SIREN, and the number."""
    found: dict[str, str] = {}
    left = _MAIL.sub(" ", text)
    for kind, shape in (("SIRET", _SIRET), ("NDA", _NDA), ("SIREN", _VAT), ("SIREN", _SIREN)):
        for one in shape.finditer(left):
            number = _NO_DIGIT.sub("", one[one.lastindex or 0].upper())
            right = kind == "NDA" or has_key(number)
            if right and (shape is not _VAT or _has_vat_key(one[1], number)):
                found.setdefault(number, kind)
            # What was read is read once (a SIRET holds a SIREN), and so is a number in error.
            if right or shape is _VAT:
                left = left[: one.start()] + "_" * len(one[0]) + left[one.end() :]
    return [(kind, number) for number, kind in found.items()]


def has_key(number: str) -> bool:
    """Tell whether a SIREN or a SIRET has a right key; La Poste has a rule of its own."""
    if number.startswith(_LA_POSTE) and len(number) > len(_LA_POSTE):
        return sum(map(int, number)) % 5 == 0 or _luhn(number)
    return number.strip("0") != "" and _luhn(number)


def _has_vat_key(told: str, number: str) -> bool:
    return (12 + 3 * (int(number) % 97)) % 97 == int(told)


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0

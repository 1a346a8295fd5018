"""Which encoding of one byte a letter makes a file readable, when it is not in UTF-8.

Nothing in the file says it: « é » is one byte in each of them, and another in each. The one by
which headers are known and letters are those of French words is retained.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.portage.candidates.headers import fact_named

# The likeliest first: between equals, it is retained.
NAMES = {
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "cp850": "MS-DOS (cp850)",
    "cp437": "MS-DOS (cp437)",
    "iso8859_15": "ISO-8859-15",
}
# Letters of French: small ones among small ones, or after a capital that begins the word; capitals
# at the head of a word, or among capitals.
_SMALL = "éèêëàâäçùûüîïôöœæÿñáíóú"
_CAPITAL = _SMALL.upper()
_GOOD = re.compile(
    rf"(?<![A-Z{_CAPITAL}]{{2}})[{_SMALL}](?![A-Z{_CAPITAL}])"
    rf"|(?<![^\W\d_])[{_CAPITAL}]|(?<=[A-Z{_CAPITAL}])[{_CAPITAL}](?![a-z{_SMALL}])"
    r"|(?<=\w)’(?=\w)|«(?=[ \u00a0\u202f])|(?<=[ \u00a0\u202f])»|(?<=[\dkM( ])[\u00a0\u202f]?€"
    r"|(?<=[nNcC])°|(?<=\w )–(?= \w)|(?<=[\d ])²|\u00a0(?=[\d:;?!€%»])"
)
_SIGN = re.compile(r"[^\x00-\x7f]")
# Those of every French text; the others are rare enough to be read by mistake.
_COMMON = frozenset("éèêàçùîôÉÈÀ’«»")
_RARE = 0.5
# A header that is understood tells more than letters, which any encoding may give by chance.
_HEADER_WEIGHT = 5
_ENOUGH = 0.5


@dataclass(frozen=True)
class Retained:
    """The encoding retained, and whether what it gives is readable."""

    name: str
    readable: bool

    @property
    def told(self) -> str:
        """How it is called in French."""
        return NAMES[self.name]


def retained(lines: Sequence[bytes], header: bytes = b"") -> Retained:
    """Choose by ``lines`` that are not UTF-8, and by the ``header`` they stand under."""
    scores = {name: _score(lines, header, name) for name in NAMES}
    best = max(NAMES, key=lambda name: scores[name][0])
    return Retained(best, scores[best][1])


def read(line: bytes, name: str) -> str:
    """Read a line; bytes that the encoding does not have stay visible, as in Latin-1."""
    try:
        return line.decode(name)
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _score(lines: Sequence[bytes], header: bytes, name: str) -> tuple[float, bool]:
    """Weigh what an encoding makes of the lines: the good signs of all, and known headers."""
    good = weight = signs = 0.0
    for line in lines:
        text = line.decode(name, errors="replace")
        signs += len(_SIGN.findall(text))
        found = [sign for match in _GOOD.finditer(text) for sign in _SIGN.findall(match[0])]
        good += len(found)
        weight += sum(1 if sign in _COMMON else _RARE for sign in found)
    share = good / signs if signs else 0.0
    known = sum(
        fact_named(cell.strip(' "')) is not None
        for cell in re.split(r"[;,\t|\r\n]", read(header, name))
        if cell.strip() and not cell.isascii()
    )
    readable = known > 0 or share >= _ENOUGH
    return ((weight + good) / signs if signs else 0.0) + _HEADER_WEIGHT * known, readable

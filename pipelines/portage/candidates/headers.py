"""Which column of a candidate file is which fact, from headers as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipelines.portage.facts import FAITS

# Facts that say who is meant: a file has one of them at least.
IDENTITY = ("nda", "siret", "siren", "identifiant", "nom")
# The header is looked for in these rows; titles may stand above it.
HEADER_ROWS = 20
# Rows that are looked at to tell a column of identifiers, and how many of them must look so.
_SAMPLE = 50
_SHARE = 0.6
# Two headers this alike (0 to 100) are one, a letter apart, when they are long enough.
_ALIKE = 90
_LONG = 8
# Beyond as many characters, a cell is a sentence.
_HEADER = 200

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY_WORDS = frozenset(("a", "au", "d", "de", "des", "du", "l", "la", "le", "les", "en", "et"))
_NUMBER = frozenset(("n", "no", "nro", "num", "numero"))
# What people add to a header to say whom it is about, when the file is about nobody else.
_WHOM = (("sou", "traitant"), ("prestataire",), ("organisme",), ("of",), ("etablissement",))
# Words that two headers share or not: « début » is never a misspelt « fin ».
_TELLING = ("porteur", "debut", "fin", "micro")
# A zero lost at the head leaves a digit less; ten digits from zero on are a telephone number.
_IDENTIFIER = re.compile(
    r"[1-9]\d{7}|[1-9]\d{9}|\d{9}|\d{11}|\d{13,14}|\d{4}[Pp]\d{6}|\d[.,]\d+[Ee]\+?\d{1,2}"
)
_DATE = re.compile(r"\d{1,4}[-./ ]\d{1,2}[-./ ]\d{2,4}")
_BLANKS = re.compile(r"[\s\u00a0\u202f.'’-]")

Row = Sequence[str | None]


@dataclass(frozen=True)
class Columns:
    """What the columns are: ``facts`` gives a position by fact, ``repeated`` those left aside.

    ``guessed`` is the position read as an identifier by its values, whatever its header.
    """

    facts: dict[str, int]
    repeated: dict[int, str]
    guessed: int | None = None


def words(text: str, camel: bool = True) -> list[str]:
    """Give the words of a header that count: no accent, no case, no plural, no small word."""
    split = _CAMEL.sub(" ", text) if camel else text
    flat = unicodedata.normalize("NFKD", split).casefold().replace("œ", "oe")
    plain = "".join(mark for mark in flat if not unicodedata.combining(mark))
    found = [word for word in _WORD.findall(plain) if word not in _EMPTY_WORDS]
    return [_plain_word(word) for word in found]


def _plain_word(word: str) -> str:
    if word in _NUMBER:
        return "num"
    if word == "nb":
        return "nombre"
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


@cache
def known_headers() -> Mapping[str, str]:
    """Give the fact that each known header means, by its words joined."""
    known: dict[str, str] = {}
    for fact in FAITS:
        for header in (fact.nom, fact.libelle, *fact.entetes):
            for camel in (True, False):
                known.setdefault("".join(words(header, camel)), fact.nom)
    known.setdefault("".join(words("numéro DA")), "nda")
    for number in ("nda", "siret", "siren"):
        for whom in ("porteur", "donneur ordre"):
            known.setdefault("".join(words(f"{number} {whom}")), "porteur")
    return known


@lru_cache(maxsize=4096)
def fact_of(header: str) -> str | None:
    """Give the fact that a header means by its exact words, or nothing."""
    known = known_headers()
    if found := next((known[key] for key in _variants(header) if key in known), None):
        return found
    parts = ["".join(words(part)) for part in _BRACKETS.sub(" ", header).split("/")]
    meant = {known[part]: part for part in parts if part in known} if len(header) <= _HEADER else {}
    # « SIREN/SIRET » holds either number: their form tells which.
    return "identifiant" if len(meant.keys() & set(IDENTITY)) > 1 else next(iter(meant), None)


def near_fact(header: str) -> str | None:
    """Give the fact whose header is nearly this one, a letter or two apart, or nothing."""
    from rapidfuzz import fuzz, process

    key = "".join(words(header))
    if len(key) < _LONG:
        return None
    telling = [word in key for word in _TELLING]
    alike = [other for other in known_headers() if [word in other for word in _TELLING] == telling]
    best = process.extractOne(key, alike, scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return known_headers()[best[0]] if best else None


def _variants(header: str) -> Iterator[str]:
    """Give the words joined, then with less and less of what headers carry beside the name."""
    if len(header) > _HEADER:
        return
    bare = _BRACKETS.sub(" ", header)
    for text, camel in ((header, True), (header, False), (bare, True)):
        found = words(text, camel)
        yield "".join(found)
    for whom in _WHOM:
        if len(found) > len(whom) and tuple(found[-len(whom) :]) == whom:
            found = found[: -len(whom)]
            yield "".join(found)
    if len(found) > 1 and found[0] == "num":
        yield "".join(found[1:])


def find_header(rows: Sequence[Row]) -> int | None:
    """Give the place of the header among the first rows: the one with the most known names.

    A title above may hold one known word: between equals, the row with more cells is the header.
    """
    best, place = (0, 0), None
    for rank, row in enumerate(rows[:HEADER_ROWS]):
        cells = [cell for cell in row if cell and cell.strip()]
        facts = {fact for cell in cells if (fact := fact_of(cell))}
        score = (len(facts), len(cells))
        if facts and score > best and not any(map(looks_like_identifier, cells)):
            best, place = score, rank
    return place


def recognise(header: Row, rows: Sequence[Row]) -> Columns:
    """Tell which column is which fact; the first of two columns of one fact counts.

    Without any column that says who is meant, one whose values look like identifiers is taken.
    ``rows`` are the first rows under the header. A result of ours, screened again, has columns
    that speak of the answer: they are no fact.
    """
    facts: dict[str, int] = {}
    repeated: dict[int, str] = {}
    for position, cell in enumerate(header):
        fact = (fact_of(cell) or near_fact(cell)) if cell and not _is_answer(cell, header) else None
        if fact is None:
            continue
        if fact in facts:
            repeated[position] = fact
        else:
            facts[fact] = position
    if facts.keys().isdisjoint(IDENTITY):
        guessed = identifiers_in(rows, taken=[*facts.values(), *repeated])
        if guessed is not None:
            return Columns({"identifiant": guessed, **facts}, repeated, guessed)
    return Columns(facts, repeated)


# Columns that our results add, among them names that a candidate file may have for its own.
ANSWER = (
    "verdict",
    "raisons",
    "pieces_manquantes",
    "avertissements",
    "organisme",
    "nda_retenu",
    "qualite_rapprochement",
    "message_rapprochement",
    "prochaine_date",
    "prochaine_echeance",
)


def _is_answer(cell: str, header: Row) -> bool:
    return cell in ANSWER and set(ANSWER[:3]) <= set(header)


def identifiers_in(rows: Sequence[Row], taken: Sequence[int] = ()) -> int | None:
    """Give the first column most of whose values look like a NDA, a SIREN or a SIRET."""
    width = max(map(len, rows), default=0)
    for position in range(width):
        if position in taken:
            continue
        values = [row[position] or "" for row in rows[:_SAMPLE] if position < len(row)]
        filled = [value for value in values if value.strip()]
        if filled and sum(map(looks_like_identifier, filled)) >= _SHARE * len(filled):
            return position
    return None


def looks_like_identifier(text: str) -> bool:
    """Tell whether a text has the shape of a NDA, a SIREN or a SIRET, damaged ones included."""
    text = text.strip().lstrip("'")
    if _DATE.fullmatch(text):
        return False
    return any(_IDENTIFIER.fullmatch(form) for form in (text, _BLANKS.sub("", text)))


def column_letter(position: int) -> str:
    """Give the letter by which spreadsheets call a column, from position 0 on."""
    letters = ""
    rank = position + 1
    while rank:
        rank, rest = divmod(rank - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

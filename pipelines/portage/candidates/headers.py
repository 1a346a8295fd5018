"""What a header may mean, from its words alone; whether it does is for the values to say.

Every word of a header counts. It means a fact when its words are those of a header known
(``portage_fait.csv``, a letter of a long word apart), beside words that change nothing or say the
unit (``portage_qualificatif.csv``). A negation, another person's, the other end of a period, or a
word not understood keeps it from meaning the fact; the opposite of a fact is one only where
``portage_contraire.csv`` has it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import combinations

from pipelines.portage.amounts import measure
from pipelines.portage.facts import FAITS, PAR_NOM, Genre, Groupe
from pipelines.portage.qualifiers import Qualifier, Role, longest, qualifiers, qualifiers_in, tokens
from pipelines.settings import REFERENCE

# Facts that say who is meant: a file has one of them at least.
IDENTITY = ("nda", "siret", "siren", "identifiant", "nom")
# The header is looked for in these rows; titles may stand above it.
HEADER_ROWS = 20
# Beyond as many characters, or words, a cell is a sentence.
_HEADER = 200
_WORDS = 14
# A word of as many letters may have one of them wrong, not at its ends: there stand prefixes, and
# what makes « acceptées » of « accepter ».
_LONG = 6
_END = 2
# A year begins no identifier, and ten digits from zero on are a telephone number; a zero lost at
# the head leaves a digit less.
_IDENTIFIER = re.compile(
    r"[1-9]\d{7}|[1-9]\d{9}|\d{9}|\d{11}|\d{13,14}|\d{4}[Pp]\d{6}|\d[.,]\d+[Ee]\+?\d{1,2}"
)
_DATE = re.compile(r"\d{1,4}[-./ ]\d{1,2}[-./ ]\d{2,4}")
_BLANKS = re.compile(r"[\s\u00a0\u202f.'’-]")

_OF_FIGURES = (Role.UNIT, Role.TAX)

Row = Sequence[str | None]


@dataclass(frozen=True)
class Opposite:
    """A header that means the opposite of a fact: what its yes and its no say, blank if nothing."""

    yes: str
    no: str
    why: str


@dataclass(frozen=True)
class Sense:
    """What a header may mean.

    ``short``: its values must confirm it. ``units`` are those of its figures, ``limits`` the words
    that keep it from meaning the fact. ``opposite``: it means the contrary. ``near``: misspelt.
    """

    fact: str
    short: bool = False
    units: tuple[Qualifier, ...] = ()
    limits: tuple[str, ...] = ()
    opposite: Opposite | None = None
    near: bool = False

    @property
    def plain(self) -> bool:
        """Whether the header means the fact itself."""
        return not self.limits and self.opposite is None


@cache
def known_headers() -> Mapping[str, Sense]:
    """Give what each known header means, by its words joined."""
    known: dict[str, Sense] = {}

    def add(header: str, sense: Sense) -> None:
        for camel in (True, False):
            known.setdefault("".join(tokens(header, camel)), sense)

    for fact in FAITS:
        for header in (*fact.courts, fact.nom, fact.libelle, *fact.entetes):
            add(header, Sense(fact.nom, short=header in fact.courts))
    for number in ("nda", "siret", "siren"):
        for whom in ("porteur", "donneur ordre"):
            add(f"{number} {whom}", Sense("porteur"))
    with (REFERENCE / "portage_contraire.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            contrary = Opposite(row["si_oui"], row["si_non"], row["pourquoi"])
            add(row["entete"], Sense(row["fait"], opposite=contrary))
    return known


@cache
def _known_words() -> Mapping[int, list[tuple[list[str], Sense]]]:
    """Give the words of the known headers, by how many they are: a misspelling joins none."""
    found: dict[int, list[tuple[list[str], Sense]]] = {}
    for fact in FAITS:
        for header in (fact.libelle, *fact.entetes):
            split = tokens(header)
            found.setdefault(len(split), []).append((split, Sense(fact.nom, near=True)))
    return found


@cache
def vocabulary() -> frozenset[str]:
    """Give the words of headers: right as they are, none of them is another one misspelt."""
    known = {word for same in _known_words().values() for split, _ in same for word in split}
    return frozenset(known | {word for phrase in qualifiers() for word in phrase})


@cache
def _own_words(fact: str) -> frozenset[str]:
    """Give the words by which a fact is known: « contrat » in « Date de signature du contrat ».

    Not of those that say who is meant, where each word counts (« Nom de la formation »).
    """
    if PAR_NOM[fact].groupe is Groupe.CANDIDAT:
        return frozenset()
    headers = (PAR_NOM[fact].libelle, *PAR_NOM[fact].entetes)
    return frozenset(word for header in headers for word in tokens(header))


@lru_cache(maxsize=4096)
def sense_of(header: str) -> Sense | None:
    """Give what a header may mean, or nothing."""
    if len(header) > _HEADER:
        return None
    found = [
        sense
        for camel in (True, False)
        if 0 < len(split := tokens(header, camel)) <= _WORDS and (sense := _sense(split))
    ]
    alternatives = _alternatives(header)
    return min([*found, *([alternatives] if alternatives else [])], key=_distance, default=None)


def fact_of(header: str) -> str | None:
    """Give the fact that a header means in its plain sense and in its own unit, or nothing."""
    sense = sense_of(header)
    return sense.fact if sense and sense.plain and not sense.units and not sense.near else None


def _distance(sense: Sense) -> tuple[int, bool]:
    return (len(sense.limits), sense.near)


def _sense(split: list[str]) -> Sense | None:
    """Give the sense of the words: that of the known header which leaves the least beside it."""
    for exact in (True, False):
        for kept, beside in _parts(split):
            sense = known_headers().get("".join(kept)) if exact else _near(kept)
            if sense is not None and (found := _limited(sense, beside)) is not None:
                return found
    return _partial(split)


def _parts(split: list[str]) -> Iterator[tuple[list[str], list[Qualifier]]]:
    """Give the words kept when more and more qualifiers are taken off, and those taken."""
    spans = [
        range(start, start + length)
        for start in range(len(split))
        for length in range(1, longest() + 1)
        if tuple(split[start : start + length]) in qualifiers() and start + length <= len(split)
    ]
    # Longer phrases first: « demi-journée » is one unit.
    spans.sort(key=len, reverse=True)
    spans = spans[:8]
    for count in range(len(spans) + 1):
        for chosen in combinations(spans, count):
            gone = [place for span in chosen for place in span]
            if len(gone) != len(set(gone)):
                continue
            kept = [word for place, word in enumerate(split) if place not in gone]
            taken = [qualifiers()[tuple(split[span.start : span.stop])] for span in chosen]
            yield kept, taken


def _limited(sense: Sense, beside: Sequence[Qualifier]) -> Sense:
    """Say what the qualifiers beside a known header make of its sense."""
    figure = PAR_NOM[sense.fact].genre is Genre.MONTANT
    units, limits = [], []
    for qualifier in beside:
        own = qualifier.role is not Role.NEGATION and _own_words(sense.fact).issuperset(
            tokens(qualifier.word)
        )
        if qualifier.role is Role.NEUTRAL or (own and not figure):
            continue
        if figure and sense.plain and qualifier.role in _OF_FIGURES:
            if qualifier.measure != measure(sense.fact) or qualifier.factor != 1:
                units.append(qualifier)
        else:
            limits.append(qualifier.word)
    return replace(sense, units=tuple(units), limits=tuple(limits))


def _partial(split: list[str]) -> Sense | None:
    """Give the fact of a known header within one that says more: what more it says is a limit.

    Words of the fact's own say nothing more. A short header within one is too little to name.
    """
    longest_kept: tuple[int, Sense, list[str]] | None = None
    for start in range(len(split)):
        for stop in range(len(split), start, -1):
            joined = "".join(split[start:stop])
            sense = known_headers().get(joined)
            if sense is None or sense.short or (longest_kept and longest_kept[0] >= len(joined)):
                continue
            longest_kept = (len(joined), sense, split[:start] + split[stop:])
    if longest_kept is None:
        return None
    _, sense, beside = longest_kept
    more = [word for word in beside if word not in _own_words(sense.fact)]
    for kept, taken in _parts(more):
        if not kept:
            return _limited(sense, taken)
    # Units and words that say nothing are not why.
    limits = [word for word in more if not _says_no_more(word)] or more
    return replace(sense, limits=tuple(limits)) if more else sense


def _says_no_more(word: str) -> bool:
    known = qualifiers().get((word,))
    return known is not None and (known.role is Role.NEUTRAL or known.role in _OF_FIGURES)


def _near(split: list[str]) -> Sense | None:
    """Give what a header means when one letter of one of its words is wrong."""
    for others, sense in _known_words().get(len(split), ()):
        differing = [pair for pair in zip(split, others, strict=True) if pair[0] != pair[1]]
        if len(differing) == 1 and _misspelt(*differing[0]):
            return sense
    return None


def _misspelt(word: str, right: str) -> bool:
    from rapidfuzz.distance import OSA

    return (
        min(len(word), len(right)) >= _LONG
        and word[:_END] == right[:_END]
        and word[-_END:] == right[-_END:]
        and word not in vocabulary()
        and OSA.distance(word, right, score_cutoff=1) <= 1
    )


def _alternatives(header: str) -> Sense | None:
    """Give what « SIREN / SIRET » or « Ville / commune » means: each part is known."""
    if "/" not in header:
        return None
    parts = [tokens(part) for part in header.split("/")]
    senses = [_sense(part) if part else None for part in parts]
    if any(sense is None or not sense.plain or sense.units or sense.near for sense in senses):
        return None
    facts = {sense.fact for sense in senses if sense}
    if len(facts) == 1:
        return Sense(facts.pop())
    # « SIREN/SIRET » holds either number: their form tells which.
    return Sense("identifiant") if facts <= {"nda", "siret", "siren", "identifiant"} else None


def find_header(rows: Sequence[Row]) -> int | None:
    """Give the place of the header among the first rows: the one with the most known names.

    A title above may hold one known word: between equals, the row with more cells is the header.
    """
    best, place = (0, 0), None
    for rank, row in enumerate(rows[:HEADER_ROWS]):
        cells = [cell for cell in row if cell and cell.strip()]
        facts = {fact for cell in cells if (fact := fact_named(cell))}
        score = (len(facts), len(cells))
        if facts and score > best and not any(map(looks_like_identifier, cells)):
            best, place = score, rank
    return place


def fact_named(cell: str) -> str | None:
    """Give the fact that a cell names, its unit or its opposite included."""
    sense = sense_of(cell)
    if sense is None or sense.near or sense.limits:
        return None
    return sense.fact


def units_of(header: str, fact: str) -> tuple[Qualifier, ...]:
    """Give the units that a header says of the figures of a fact, whatever else it says."""
    if PAR_NOM[fact].genre is not Genre.MONTANT or len(header) > _HEADER:
        return ()
    units = [unit for unit in qualifiers_in(header) if unit.role in _OF_FIGURES]
    return _limited(Sense(fact), units).units


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

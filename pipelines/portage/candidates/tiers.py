"""A header written on several rows: what each column is called, joined from top to bottom.

« Certificat Qualiopi » above « Début » and « Fin » names two columns, and none by itself. A title
of a group that says nothing (« Identification ») is left out; any other is kept before the name,
because it may change its meaning (« Contact » above « Nom »).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from functools import cache

from pipelines.portage.candidates.headers import (
    IDENTITY,
    Row,
    fact_named,
    fact_of,
    looks_like_identifier,
    sense_of,
    vocabulary,
)
from pipelines.portage.qualifiers import Role, qualifiers, qualifiers_in, tokens
from pipelines.settings import REFERENCE

# A header of more rows than that is no table that people read.
_MOST = 3
_VALUE = re.compile(r"[\d\s.,/:€%+-]+|oui|non|x|vrai|faux", re.IGNORECASE)


def joined_header(rows: Sequence[Row], place: int) -> tuple[int, list[str | None]]:
    """Give the last row of the header that is found at ``place``, and its names joined."""
    width = max((len(row) for row in rows), default=0)
    first = last = place
    header = _wide(rows[place], width)
    while last + 1 < len(rows) and last + 1 - first < _MOST:
        below = _wide(rows[last + 1], width)
        if not (_labels(below) and _completes(header, below)):
            break
        last, header = last + 1, _join(header, below)
    while first > 0 and last + 1 - first < _MOST:
        above = _wide(rows[first - 1], width)
        if not (_labels(above) and _groups(above, header)):
            break
        first, header = first - 1, _join(above, header)
    if first == last:
        return place, list(rows[place])
    while header and header[-1] is None:
        header.pop()
    return last, header


def _wide(row: Row, width: int) -> list[str | None]:
    cells = [" ".join(cell.split()) if cell and cell.strip() else None for cell in row]
    return cells + [None] * (width - len(cells))


def _labels(row: Row) -> bool:
    """Tell whether a row holds names only, no value."""
    cells = [cell for cell in row if cell]
    return bool(cells) and not any(
        looks_like_identifier(cell) or _VALUE.fullmatch(cell) for cell in cells
    )


def _completes(above: Row, below: Row) -> bool:
    """Tell whether a row of names completes those above, rather than being the first of the data.

    Some name above spans several; what stands under the others is blank, or the same cell merged.
    """
    carried = _carried(above)
    spans = {
        title
        for title, cell, under in zip(carried, above, below, strict=True)
        if under and not cell
    } - {None}
    within, merged = [], False
    for title, cell, under in zip(carried, above, below, strict=True):
        if not under:
            continue
        if title in spans:
            within.append(f"{title} {under}" if _known_words(f"{title} {under}") else under)
        elif under == cell:
            merged = True
        else:
            return False
    told = sum(map(_known_words, within))
    return bool(spans) and (2 * told > len(within) or (merged and told > 0))


def _known_words(text: str) -> bool:
    """Tell whether all the words of a cell are those of headers: a candidate's name has its own."""
    found = tokens(text)
    titles = {word for title in _neutral() for word in title}
    return bool(found) and (vocabulary() | titles).issuperset(found)


def _groups(above: Row, below: Row) -> bool:
    """Tell whether a row above is one of groups of columns, and not the title of the whole."""
    filled = [position for position, cell in enumerate(above) if cell]
    start = next((position for position, cell in enumerate(below) if cell), 0)
    if len(filled) == 1 and filled[0] <= start:
        return False
    # Each group stands above a name, and one at least above several.
    if any(below[position] is None for position in filled):
        return False
    return any(below[position] and not above[position] for position in range(filled[0], len(above)))


def _join(above: Row, below: Row) -> list[str | None]:
    return [
        _name(title, cell is not None, under) if under else cell
        for title, cell, under in zip(_carried(above), above, below, strict=True)
    ]


def _name(title: str | None, own: bool, under: str) -> str:
    """Name a column by what stands above it and what it bears."""
    if title is None or title == under:
        return under
    fact = fact_named(under)
    # « Organisme » above « Nom » is « Nom », « Contrat » above « Date » is « Date Contrat ».
    if fact is not None and _says_nothing(title, fact) and not _bare_day(under):
        return under
    for name in (f"{title} {under}", f"{under} {title}"):
        if fact_of(name) is not None:
            return name
    of_another = any(word.role is Role.WHOSE for word in qualifiers_in(title))
    # A merged cell ends where the eye sees it end: an identifier further on is that of the row.
    further = not own and fact in IDENTITY and fact != "nom" and not of_another
    return under if further else f"{title} {under}"


def _bare_day(header: str) -> bool:
    """Tell whether a header says a day without saying of what: what stands above it does."""
    sense = sense_of(header)
    return sense is not None and sense.short and sense.fact == "date"


def _carried(row: Row) -> list[str | None]:
    """Give each column the title that it stands under: its own, or the nearest on its left."""
    titles: list[str | None] = []
    for cell in row:
        titles.append(cell or (titles[-1] if titles else None))
    return titles


def _says_nothing(title: str, fact: str) -> bool:
    """Tell whether a title says nothing of a fact named below it."""
    found = tuple(tokens(title))
    known = qualifiers().get(found)
    if known is not None and known.role is Role.NEUTRAL:
        return True
    return found in _neutral() and fact not in _neutral()[found]


@cache
def _neutral() -> Mapping[tuple[str, ...], frozenset[str]]:
    """Give what says nothing above a group of columns, but for some facts; beside a name, it might.

    « Mission » above « CA »: that of the mission, perhaps.
    """
    with (REFERENCE / "entete_groupe.csv").open(encoding="utf-8", newline="") as file:
        return {
            tuple(tokens(row["mot"])): frozenset(filter(None, row["sauf"].split("|")))
            for row in csv.DictReader(file)
        }

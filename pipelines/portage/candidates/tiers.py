"""A header written on several rows: what each column is called, joined from top to bottom.

« Certificat Qualiopi » above « Début » and « Fin » names two columns, and none by itself. A title
of a group that says nothing (« Identification ») is left out; any other is kept before the name,
because it may change its meaning (« Contact » above « Nom »).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache

from pipelines.portage.candidates.headers import (
    IDENTITY,
    Row,
    fact_of,
    looks_like_identifier,
    words,
)
from pipelines.portage.facts import FAITS
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
    found = words(text)
    return bool(found) and _vocabulary().issuperset(found)


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
    whole = f"{title} {under}"
    if fact_of(whole) is not None:
        return whole
    if _qualifies(title) and fact_of(f"{under} {title}") is not None:
        return f"{under} {title}"
    fact = fact_of(under)
    plain = " ".join(words(title)) in _neutral()
    # A merged cell ends where the eye sees it end: an identifier further on is that of the row.
    further = not own and fact in IDENTITY and fact != "nom" and not _qualifies(title)
    if fact is not None and (plain or further):
        return under
    # « Certificat » above « Note » is no certificate: what no header says is never nearly one.
    return whole if _known_words(under) else f"{under} ({title})"


def _qualifies(title: str) -> bool:
    """Tell whether a title says of whom the names below are, when not of the candidate."""
    return not set(words(title)).isdisjoint(_OTHERS)


_OTHERS = frozenset(
    ("porteur", "client", "contact", "ancien", "donneur", "formateur", "financeur", "commanditaire")
)


def _carried(row: Row) -> list[str | None]:
    """Give each column the title that it stands under: its own, or the nearest on its left."""
    titles: list[str | None] = []
    for cell in row:
        titles.append(cell or (titles[-1] if titles else None))
    return titles


@cache
def _vocabulary() -> frozenset[str]:
    told = {
        word for fact in FAITS for text in (fact.libelle, *fact.entetes) for word in words(text)
    }
    return frozenset(told.union(*(words(title) for title in _neutral())))


@cache
def _neutral() -> frozenset[str]:
    with (REFERENCE / "entete_groupe.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(" ".join(words(row["mot"])) for row in csv.DictReader(file))

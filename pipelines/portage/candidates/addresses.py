"""Where to write to a candidate: the e-mail column of a file, when nothing lets it be another's.

An address is no fact: nothing is judged by it, and results never hold it beyond the user's own
columns. A header counts when all of its words are those of ``portage_courriel.csv`` beside words
that change nothing: « Mail du stagiaire » is never taken for that of the candidate.
"""

from __future__ import annotations

import csv
import re
from functools import cache

from pipelines.portage.candidates.columns import Column
from pipelines.portage.candidates.table import TRIMMED, Candidates
from pipelines.portage.qualifiers import Role, longest, qualifiers, tokens
from pipelines.settings import REFERENCE

# Narrower than what standards allow: what a mail program sends to without asking.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9_%+'&-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,24}}")
_LONGEST = 254
_WITHIN = re.compile(r"[^\s@|«»]+@[^\s@|«»]+")
_LINK = re.compile(r"mailto:", re.IGNORECASE)


def plausible(text: str) -> str | None:
    """Give the one address that a cell holds, or nothing."""
    address = _LINK.sub("", text.strip().strip("<>"), count=1)
    if len(address) > _LONGEST or not _ADDRESS.fullmatch(address):
        return None
    return address


def address_columns(candidates: Candidates) -> list[Column]:
    """Give the e-mail columns of a file; none that the user put aside."""
    return [
        column
        for column in candidates.columns
        if column.fact is None
        and not column.refused
        and is_address_header(candidates.header[column.rank - 1] or "")
    ]


def address_cells(candidates: Candidates) -> str:
    """Write the expression of the list of what the e-mail columns of a row hold."""
    cells = ", ".join(
        f"nullif(trim(c{column.rank}, {TRIMMED}), '')" for column in address_columns(candidates)
    )
    return f"list_filter([{cells}]::varchar[], lambda cell: cell is not null)"


def hidden(text: str) -> str:
    """Give a text with « (adresse) » in the place of each address: it goes to a terminal."""
    return _WITHIN.sub("(adresse)", text)


def is_address_header(header: str) -> bool:
    """Tell whether a header is that of the candidate's own address."""
    return any(_without_neutral(tokens(header, camel)) in _known() for camel in (True, False))


@cache
def _known() -> frozenset[tuple[str, ...]]:
    with (REFERENCE / "portage_courriel.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(tuple(tokens(row["entete"])) for row in csv.DictReader(file))


def _without_neutral(split: list[str]) -> tuple[str, ...]:
    """Take off the words that change nothing, the longest phrases first."""
    kept: list[str] = []
    place = 0
    while place < len(split):
        for length in range(min(longest(), len(split) - place), 0, -1):
            found = qualifiers().get(tuple(split[place : place + length]))
            if found is not None and found.role is Role.NEUTRAL:
                place += length
                break
        else:
            kept.append(split[place])
            place += 1
    return tuple(kept)

"""Which sheet of a workbook is meant: the one named, else the one that best shows what is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.portage.candidates.headers import (
    IDENTITY,
    Row,
    fact_named,
    looks_like_identifier,
    sense_of,
)
from pipelines.portage.candidates.table import arrange
from pipelines.portage.candidates.values import SHARE, share

# How far the first rows of a table show what is wanted: nothing, a header, a header and its values.
Fitness = Callable[[Sequence[Row]], int]
_NUMBERS = frozenset(IDENTITY) - {"nom"}
# Beside the name, what a header of candidates says too; one word may be that of a notice.
_HEADED = 2


def shows_candidates(first: Sequence[Row]) -> int:
    """Tell how far first rows are those of candidates, from 0 to 4.

    A notice names the columns, one a line: its « SIRET » stands above no number.
    """
    skip, header = arrange(first)
    below = [row for row in first[skip:] if any(cell and cell.strip() for cell in row)]
    facts = {
        fact: rank
        for rank, cell in enumerate(header)
        if cell and (fact := fact_named(cell)) and _believed(cell, fact, rank, below)
    }
    if facts.keys().isdisjoint(IDENTITY):
        return 1 if any(map(_numbered, below)) else 0
    held = [
        row[position] or ""
        for fact, position in facts.items()
        if fact in _NUMBERS
        for row in below
        if position < len(row)
    ]
    if any(map(looks_like_identifier, held)):
        return 4
    return 3 if below and len(facts) >= _HEADED else 2 if below else 1


def _believed(header: str, fact: str, rank: int, below: Sequence[Row]) -> bool:
    """Tell whether a header is plain, or short and such as its values are (« N° »)."""
    sense = sense_of(header)
    if sense is None or not sense.short:
        return True
    values = [row[rank] or "" for row in below if rank < len(row)]
    return (share(fact, values) or 0) >= SHARE


def _numbered(row: Row) -> bool:
    return any(cell and looks_like_identifier(cell) for cell in row)


@dataclass
class Choice:
    """What a sheet is chosen by: its ``name`` when one is asked for, else ``fitness``."""

    name: str | None = None
    fitness: Fitness = field(default=shows_candidates)

    def among(self, path: Path, sheets: Sequence[tuple[str, bool, Sequence[Row]]]) -> str:
        """Choose by name among sheets: each with whether it is shown, and its first rows.

        Raises:
            UsageError: none has the name asked for; those that there are are named.
        """
        names = [name for name, _, _ in sheets]
        if self.name is not None:
            asked = _plain(self.name)
            found = [name for name in names if _plain(name) == asked]
            if not found:
                told = ", ".join(f"« {name} »" for name in names)
                raise UsageError(
                    f"« {path} » n'a pas de feuille « {self.name} » (feuilles : {told}) : donnez à "
                    "--feuille l'un de ces noms."
                )
            return self.name if self.name in found else found[0]
        shown = [(name, first) for name, visible, first in sheets if visible and first]
        if not shown:
            raise UsageError(
                f"« {path} » est vide : donnez un classeur qui a un en-tête et des lignes."
            )
        return max(shown, key=lambda sheet: self.fitness(sheet[1]))[0]


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()

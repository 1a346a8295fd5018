"""What a list says of itself, read through once before anything is made of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.errors import NotTheList
from pipelines.registers.normalise import latest_declaration
from pipelines.registers.reading import ListReader
from pipelines.registers.spreadsheet import SpreadsheetMarks


@dataclass(frozen=True)
class Profile:
    """What a content says of itself.

    Its layout, its rows (set aside included), the latest declaration, a number that comes twice,
    by what a spreadsheet that saved it is recognised.
    """

    mise_en_page: str
    lignes: int
    derniere_declaration: str | None
    doublon: str | None
    tableur: str | None
    avertissements: tuple[str, ...]


def profile(path: Path, date: dt.date) -> Profile:
    """Read a list of this date through once, as text.

    Raises:
        NotTheList: it is not the list.
    """
    reader = ListReader(path, date)
    lines = 0
    numbers: list[pl.Series] = []
    latest: dt.date | None = None
    marks = SpreadsheetMarks()
    for block in reader.blocks():
        lines += block.lines
        numbers.append(block.rows["nda"].drop_nulls())
        marks.look(block.rows)
        found = latest_declaration(block.rows)
        latest = max(filter(None, (latest, found)), default=None)
    if lines == 0:
        raise NotTheList("La liste n'a qu'un en-tête et aucune ligne : redemandez-la à la source.")
    layout = reader.layout
    twice = pl.concat(numbers)
    twice = twice.filter(twice.is_duplicated())
    return Profile(
        layout.name,
        lines,
        latest.isoformat() if latest else None,
        None if twice.is_empty() else str(twice.min()),
        marks.told,
        (*layout.warnings, *_through_a_spreadsheet(marks.told)),
    )


def _through_a_spreadsheet(marks: str | None) -> list[str]:
    if marks is None:
        return []
    return [
        f"La liste a été enregistrée par un tableur ({marks}), qui change des valeurs sans le "
        "dire : préférez le fichier tel que la source le donne."
    ]

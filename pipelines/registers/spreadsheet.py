"""Telling that a list went through a spreadsheet, by the marks that only one leaves."""

from __future__ import annotations

import polars as pl

from pipelines.registers.contract import FLAGS
from pipelines.registers.flags import spreadsheet_words
from pipelines.registers.identifiers import SCIENTIFIC

_IDENTIFIERS = ("nda", "siren", "siret_declarant")


class SpreadsheetMarks:
    """What the rows seen so far show of a spreadsheet, in the words of the list."""

    def __init__(self) -> None:
        self._flags: set[str] = set()
        self._number: str | None = None

    def look(self, rows: pl.DataFrame) -> None:
        """Look at text rows of a list."""
        for flag in FLAGS:
            written = rows[flag].unique().drop_nulls().to_list()
            self._flags |= spreadsheet_words().intersection(written)
        for name in _IDENTIFIERS:
            if self._number is None:
                turned = rows[name].filter(rows[name].str.contains(SCIENTIFIC).fill_null(False))
                self._number = None if turned.is_empty() else str(turned[0])

    @property
    def told(self) -> str | None:
        """Say in French by what a spreadsheet is recognised, None if it is not."""
        marks = []
        if self._flags:
            words = " et ".join(sorted(self._flags, reverse=True)[:2])
            marks.append(f"certifications écrites {words}")
        if self._number is not None:
            marks.append(f"numéro écrit {self._number}")
        return " ; ".join(marks) or None

"""Telling that a list went through a spreadsheet, by the marks that only one leaves."""

from __future__ import annotations

from collections import Counter

import polars as pl

from pipelines.registers.contract import FLAGS
from pipelines.registers.flags import spreadsheet_words
from pipelines.registers.identifiers import SCIENTIFIC

_IDENTIFIERS = ("nda", "siren", "siret_declarant")


class SpreadsheetMarks:
    """What the rows seen so far show of a spreadsheet, in the words of the list.

    It turns most of what it saves. A number or two written so were typed so by whom they name.
    """

    def __init__(self) -> None:
        self._flags: Counter[str] = Counter()
        self._filled: Counter[str] = Counter()
        self._turned: Counter[str] = Counter()
        self._shown: dict[str, str] = {}

    def look(self, rows: pl.DataFrame) -> None:
        """Look at text rows of a list."""
        for flag in FLAGS:
            self._flags.update(dict(rows[flag].drop_nulls().value_counts().iter_rows()))
        for name in _IDENTIFIERS:
            written = rows[name].drop_nulls()
            turned = written.filter(written.str.contains(SCIENTIFIC))
            self._filled[name] += len(written)
            self._turned[name] += len(turned)
            if not turned.is_empty():
                self._shown.setdefault(name, str(turned[0]))

    @property
    def told(self) -> str | None:
        """Say in French by what a spreadsheet is recognised, None if it is not."""
        marks = []
        words = {word: self._flags[word] for word in spreadsheet_words() if word in self._flags}
        if 2 * sum(words.values()) > self._flags.total():
            told = " et ".join(sorted(words, reverse=True)[:2])
            marks.append(f"certifications écrites {told}")
        for name in _IDENTIFIERS:
            if 2 * self._turned[name] > self._filled[name]:
                marks.append(f"numéros écrits comme {self._shown[name]}")
                break
        return " ; ".join(marks) or None

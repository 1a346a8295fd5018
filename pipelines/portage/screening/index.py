"""The index of a folder made from a file: a row a line, in CSV, that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipelines.printable import printable

# The same as results in CSV (``files``): what spreadsheets run when text begins so.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def write_index(path: Path, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write the index; a text that a spreadsheet would run gets an apostrophe before it."""
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = csv.writer(file, delimiter=";", lineterminator="\n")
        lines.writerow(titles)
        lines.writerows([_safe(cell) for cell in row] for row in rows)


def _safe(cell: str) -> str:
    text = printable(cell)
    return f"'{text}" if _FORMULA.match(cell) else text

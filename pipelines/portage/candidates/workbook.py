"""A candidate file that is a workbook: refused when it would do harm, read as text otherwise."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.portage.candidates import archives
from pipelines.portage.candidates.archives import MAX_CELLS, blocks
from pipelines.portage.candidates.choice import Choice
from pipelines.portage.candidates.formats import hidden, show
from pipelines.portage.candidates.received import header_of

if TYPE_CHECKING:
    import polars as pl

# Rows that tell what a table is.
HEAD_ROWS = 200
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
_WORKBOOK = "xl/workbook.xml"
# A cell that holds something; one that is only formatted closes at once.
_CELL = re.compile(rb'<(?:\w+:)?c (?:[^>]*? )?r="([A-Z]{1,3})(\d+)"[^>]*(?<!/)>')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
# A formula with no value kept beside it.
_UNVALUED = re.compile(rb"(?:</f>|<f\b[^>]*/>)(?:<v></v>|<v ?/>)?</c>")
_SHEET = re.compile(rb'<sheet\b[^>]*?\bname="([^"]*)"[^>]*?\br:id="([^"]*)"')
_RELATION = re.compile(rb"<Relationship\b[^>]*>")


@dataclass
class Sheet:
    """The sheet chosen: its cells as text, blank rows kept.

    ``left`` blank columns stand before the first, ``top`` rows above it. ``merged`` counts the
    cells that got the value of the merged cell that they are part of;
    ``formulas`` those whose formula was never worked out. ``received`` are the sheets of documents
    asked for, by their name.
    """

    name: str
    frame: pl.DataFrame
    others: list[str]
    macros: bool
    left: int = 0
    top: int = 0
    merged: int = 0
    formulas: int = 0
    received: list[tuple[str, pl.DataFrame]] = field(default_factory=list)


@dataclass
class _Scan:
    """What the bytes of a sheet tell."""

    left: int = 1
    right: int = 0
    rows: int = 0
    formulas: int = 0
    areas: list[tuple[int, int, int, int]] = field(default_factory=list)


def read_book(path: Path, choice: Choice | None = None) -> Sheet:
    """Read the sheet of a workbook that is meant.

    Raises:
        UsageError: the workbook is damaged, locked, too big once open, or empty, or has no sheet of
            the name asked for.
    """
    import fastexcel

    scans: dict[str, _Scan] = {}
    files: dict[str, str] = {}
    parts: list[str] = []
    if not _is_ole(path):
        with _damage_in_french(path), zipfile.ZipFile(path) as archive:
            parts = archive.namelist()
            scans, files = _examined(path, archive)
    for scan in scans.values():
        if scan.rows * scan.right > MAX_CELLS:
            raise archives.too_far(path, scan.right, scan.rows)
    with _damage_in_french(path):
        book = fastexcel.read_excel(path)
        frames: dict[str, tuple[bool, pl.DataFrame]] = {}
        for title in book.sheet_names:
            sheet = book.load_sheet(title, header_row=None, skip_rows=0, dtypes="string")
            frames[title] = (sheet.visible == "visible", sheet.to_polars())
    told = {name: scans.get(files.get(name, ""), _Scan()) for name in frames}
    heads = {
        name: _spread(frame.head(HEAD_ROWS), told[name])[0].rows()
        for name, (_, frame) in frames.items()
    }
    asked = [name for name in frames if header_of(heads[name]) is not None]
    name = (choice or Choice()).among(
        path,
        [
            (name, visible and name not in asked, heads[name])
            for name, (visible, _) in frames.items()
        ],
    )
    filled = [name for name, (visible, frame) in frames.items() if visible and frame.height]
    others = [other for other in filled if other not in (name, *asked)]
    if name in files:
        with _damage_in_french(path), zipfile.ZipFile(path) as archive:
            shown = {
                one: show(archive, files[one], frames[one][1], told[one].left)
                for one in (name, *asked)
                if one in files
            }
    elif (code := hidden(path)) is not None:
        raise UsageError(
            f"« {path} » a des cellules au format « {code} », qui ne se lit pas dans ce type de "
            "classeur : enregistrez-le en .xlsx."
        )
    else:
        shown = {}
    scan = told[name]
    frame, merged = _spread(shown.get(name, frames[name][1]), scan)
    macros = any(part.endswith("vbaProject.bin") for part in parts)
    received = [(one, shown.get(one, frames[one][1])) for one in asked if one != name]
    return Sheet(name, frame, others, macros, scan.left - 1, 0, merged, scan.formulas, received)


def _examined(path: Path, archive: zipfile.ZipFile) -> tuple[dict[str, _Scan], dict[str, str]]:
    """Read the parts of a workbook to their end, so that it may be opened; say what they tell."""
    kind = archives.format_of(path, archive)
    if kind == archives.XLSX:
        names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
        return {name: _scan(archive, name) for name in names}, _sheet_files(archive)
    if kind == archives.XLSB:
        archives.check_xlsb(path, archive)
        return {}, {}
    if archives.locked(archive):
        raise _locked(path)
    archives.check_ods(path, archive)
    return {}, {}


def _is_ole(path: Path) -> bool:
    """Tell an old workbook; both it and one under a password come in this container.

    Raises:
        UsageError: it is under a password.
    """
    with path.open("rb") as file:
        head = file.read(8 << 20)
    if not head.startswith(OLE):
        return False
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise _locked(path)
    return True


def _locked(path: Path) -> UsageError:
    return UsageError(
        f"« {path} » est protégé par un mot de passe : enregistrez-en une copie sans mot de passe."
    )


@contextmanager
def _damage_in_french(path: Path) -> Iterator[None]:
    """Tell of a workbook that cannot be read, whatever library saw it."""
    from fastexcel import FastExcelError

    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, FastExcelError) as error:
        raise _damaged(path) from error
    except RuntimeError as error:
        if "encrypted" not in str(error):
            raise
        raise _damaged(path) from error


def _damaged(path: Path) -> UsageError:
    return UsageError(
        f"« {path} » est un classeur abîmé ou incomplet, ou un autre document : ouvrez-le dans "
        "votre tableur et enregistrez-le de nouveau en .xlsx."
    )


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _scan(archive: zipfile.ZipFile, name: str) -> _Scan:
    """Read a part to its end; of a sheet, tell its extent, its formulas and its merged cells."""
    found = _Scan()
    seen: set[bytes] = set()
    merged: set[tuple[bytes, ...]] = set()
    for block, before in blocks(archive, name):
        if not _is_sheet(name):
            continue
        cells = _CELL.findall(block)
        seen.update(column for column, _ in cells)
        found.rows = max(found.rows, *(int(row) for _, row in cells[-1:]), 0)
        found.formulas += sum(match.end() > before for match in _UNVALUED.finditer(block))
        merged.update(_MERGED.findall(block))
    columns = [_column(letters) for letters in seen]
    found.left, found.right = min(columns, default=1), max(columns, default=0)
    found.areas = sorted(
        (_column(left), int(top), _column(right), int(bottom))
        for left, top, right, bottom in merged
    )
    return found


def _column(letters: bytes) -> int:
    """Give the rank of a column, from 1."""
    rank = 0
    for letter in letters:
        rank = rank * 26 + letter - ord("A") + 1
    return rank


def _sheet_files(archive: zipfile.ZipFile) -> dict[str, str]:
    """Give the part that holds each sheet, by the name of the sheet."""
    from xml.sax.saxutils import unescape

    try:
        relations = archive.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return {}
    targets = {}
    for relation in _RELATION.findall(relations):
        found = dict(re.findall(rb'(\w+)="([^"]*)"', relation))
        target = found.get(b"Target", b"").decode(errors="replace")
        targets[found.get(b"Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return {
        unescape(name.decode(errors="replace"), {"&quot;": '"', "&apos;": "'"}): targets[key]
        for name, key in _SHEET.findall(archive.read(_WORKBOOK))
        if key in targets
    }


def _spread(frame: pl.DataFrame, scan: _Scan) -> tuple[pl.DataFrame, int]:
    """Give each row under a merged cell the value of that cell, as the eye reads it.

    Cells merged across columns keep their value in the first: a title is no header for each.
    """
    import polars as pl

    count = 0
    columns: dict[int, list[str | None]] = {}
    for left, top, _, bottom in scan.areas:
        position = left - scan.left
        if bottom == top or not 0 <= position < frame.width or top > frame.height:
            continue
        if position not in columns:
            columns[position] = frame.to_series(position).to_list()
        values = columns[position]
        if (value := values[top - 1]) is None:
            continue
        for row in range(top, min(bottom, frame.height)):
            count += values[row] is None
            values[row] = value
    spread = [
        pl.Series(frame.columns[position], values, dtype=pl.String)
        for position, values in columns.items()
    ]
    return frame.with_columns(spread), count

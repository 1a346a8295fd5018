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
from pipelines.portage.candidates.formats import show
from pipelines.portage.candidates.headers import column_letter

if TYPE_CHECKING:
    import polars as pl

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
# What a workbook may hold once decompressed, and how much smaller than that it may be.
MAX_BYTES = 1 << 30
_MAX_RATIO = 200
_RATIO_FROM = 20 << 20
# Cells from the first corner to the farthest one: the reader makes room for them all.
MAX_CELLS = 60_000_000
_BLOCK = 1 << 20
# A cell reference cut between two blocks is seen with the next one.
_OVERLAP = 200

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
    """The first sheet that holds something: its cells as text, blank rows kept.

    ``left`` blank columns stand before the first. ``merged`` counts the cells that got the value of
    the merged cell that they are part of; ``formulas`` those whose formula was never worked out.
    """

    name: str
    frame: pl.DataFrame
    others: list[str]
    macros: bool
    left: int = 0
    merged: int = 0
    formulas: int = 0


@dataclass
class _Scan:
    """What the bytes of a sheet tell."""

    left: int = 1
    right: int = 0
    rows: int = 0
    formulas: int = 0
    areas: list[tuple[int, int, int, int]] = field(default_factory=list)


def read_book(path: Path) -> Sheet:
    """Read the first sheet that holds something.

    Raises:
        UsageError: the workbook is damaged, too big once open, or empty.
    """
    import fastexcel

    with _damage_in_french(path), zipfile.ZipFile(path) as archive:
        names = _checked(path, archive)
        scans = {name: _scan(archive, name) for name in names if name.endswith((".xml", ".rels"))}
        files = _sheet_files(archive)
    for scan in scans.values():
        if scan.rows * scan.right > MAX_CELLS:
            raise UsageError(
                f"« {path} » étend une feuille jusqu'à la cellule "
                f"{column_letter(scan.right - 1)}{scan.rows} : effacez les cellules isolées au "
                "loin, ou enregistrez-le en CSV."
            )
    with _damage_in_french(path):
        book = fastexcel.read_excel(path)
        filled: list[str] = []
        chosen: tuple[str, pl.DataFrame] | None = None
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            if sheet.visible != "visible" or not sheet.height:
                continue
            filled.append(name)
            chosen = chosen or (name, sheet.to_polars())
    if chosen is None:
        raise UsageError(
            f"« {path} » est vide : donnez un classeur qui a un en-tête et des lignes."
        )
    name, frame = chosen
    scan = scans.get(files.get(name, ""), _Scan())
    with _damage_in_french(path), zipfile.ZipFile(path) as archive:
        frame, _ = show(archive, files.get(name, ""), frame, scan.left)
    frame, merged = _spread(frame, scan)
    macros = any(part.endswith("vbaProject.bin") for part in names)
    return Sheet(name, frame, filled[1:], macros, scan.left - 1, merged, scan.formulas)


def refuse_ole(path: Path) -> UsageError:
    """Tell a workbook under password from one of the old format: both come in this container."""
    with path.open("rb") as file:
        locked = "EncryptedPackage".encode("utf-16-le") in file.read(8 << 20)
    if locked:
        return UsageError(
            f"« {path} » est protégé par un mot de passe : enregistrez-en une copie sans mot de "
            "passe."
        )
    return UsageError(
        f"« {path} » est un ancien classeur Excel (.xls) ou un autre ancien document Office : "
        "enregistrez-le en .xlsx ou en CSV."
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
        f"« {path} » est un classeur abîmé ou incomplet : ouvrez-le dans votre tableur et "
        "enregistrez-le de nouveau en .xlsx."
    )


def _checked(path: Path, archive: zipfile.ZipFile) -> list[str]:
    """See that an archive is a workbook whose sizes are those of a workbook."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if _WORKBOOK not in names:
        kind = (
            "un classeur d'un autre format (.xlsb, .ods…)" if _other_book(names) else "une archive"
        )
        raise UsageError(
            f"« {path} » est {kind}, pas un classeur .xlsx : enregistrez-le en .xlsx ou en CSV."
        )
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if size > MAX_BYTES or (size > _RATIO_FROM and size > _MAX_RATIO * packed):
        raise UsageError(
            f"« {path} » occuperait {size / 1e6:.0f} Mo une fois décompressé "
            f"({size / packed:.0f} fois sa taille), ce qui n'est pas un tableau ordinaire : "
            "enregistrez-le en CSV."
        )
    return names


def _other_book(names: list[str]) -> bool:
    return "xl/workbook.bin" in names or "content.xml" in names


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[bytes, int]]:
    """Give the bytes of a part by blocks, each after the end of the one before, and its length.

    No part is read further than the size it declares, and its checksum is verified.
    """
    kept = b""
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            yield kept + block, len(kept)
            kept = block[-_OVERLAP:]


def _scan(archive: zipfile.ZipFile, name: str) -> _Scan:
    """Read a part to its end; of a sheet, tell its extent, its formulas and its merged cells."""
    found = _Scan()
    seen: set[bytes] = set()
    merged: set[tuple[bytes, ...]] = set()
    for block, before in _blocks(archive, name):
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

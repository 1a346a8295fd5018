"""What the parts of a workbook tell before it is opened: its format, its size, its extent.

The reader makes room for every cell from the first to the farthest: an extent is known beforehand.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.portage.candidates.headers import column_letter

# What a workbook may hold once decompressed, and how much smaller than that it may be.
MAX_BYTES = 1 << 30
_MAX_RATIO = 200
_RATIO_FROM = 20 << 20
# Cells from the first corner to the farthest one.
MAX_CELLS = 60_000_000
_BLOCK = 1 << 20
# What is cut between two blocks is seen with the next one.
_OVERLAP = 400

XLSX, XLSB, ODS = "xlsx", "xlsb", "ods"
_PARTS = {"xl/workbook.xml": XLSX, "xl/workbook.bin": XLSB, "content.xml": ODS}

# A row, or a cell of OpenDocument that holds something, said once for many.
_ODS_ROWS = re.compile(
    rb'<table:table-row\b[^>]*number-rows-repeated="(\d+)"[^>]*>'
    rb"(?:<table:(?:covered-)?table-cell\b[^>]*/>)*(</table:table-row>)?"
)
_ODS_CELLS = re.compile(rb'<table:table-cell\b[^>]*number-columns-repeated="(\d+)"[^>]*(?<!/)>')
_ODS_LOCKED = b"manifest:encryption-data"
# Many times more than people repeat by hand, and fewer than cost memory.
_MOST_ROWS, _MOST_COLUMNS = 100_000, 1_000
# Records of a binary workbook: a row, and the cells that follow it.
_BRT_ROW, _BRT_CELLS = 0, range(1, 12)


def format_of(path: Path, archive: zipfile.ZipFile) -> str:
    """Tell which format an archive is; see that its sizes are those of a workbook.

    Raises:
        UsageError: it is no workbook, or would be too big once open.
    """
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    found = next((kind for part, kind in _PARTS.items() if part in names), None)
    if found is None or (found == ODS and not _spreadsheet(archive)):
        raise UsageError(
            f"« {path} » est une archive ou un document, pas un classeur : donnez un fichier CSV, "
            ".xlsx, .ods, .xls, .xlsb ou Parquet."
        )
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if size > MAX_BYTES or (size > _RATIO_FROM and size > _MAX_RATIO * packed):
        raise UsageError(
            f"« {path} » occuperait {size / 1e6:.0f} Mo une fois décompressé "
            f"({size / packed:.0f} fois sa taille), ce qui n'est pas un tableau ordinaire : "
            "enregistrez-le en CSV."
        )
    return found


def _spreadsheet(archive: zipfile.ZipFile) -> bool:
    try:
        return b"spreadsheet" in archive.read("mimetype")[:200]
    except KeyError:
        return True


def locked(archive: zipfile.ZipFile) -> bool:
    """Tell whether an OpenDocument workbook is under a password."""
    try:
        return _ODS_LOCKED in archive.read("META-INF/manifest.xml")
    except KeyError:
        return False


def blocks(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[bytes, int]]:
    """Give the bytes of a part by blocks, each after the end of the one before, and its length.

    No part is read further than the size it declares, and its checksum is verified.
    """
    kept = b""
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            yield kept + block, len(kept)
            kept = block[-_OVERLAP:]


def too_far(path: Path, right: int, bottom: int) -> UsageError:
    """Refuse a sheet that reaches too far for its cells to be held."""
    return UsageError(
        f"« {path} » étend une feuille jusqu'à la cellule {column_letter(right - 1)}{bottom} : "
        "effacez les cellules isolées au loin, ou enregistrez-le en CSV."
    )


def check_ods(path: Path, archive: zipfile.ZipFile) -> None:
    """See that nothing that holds a value is repeated beyond what a person writes.

    Raises:
        UsageError: something is.
    """
    for block, _ in blocks(archive, "content.xml"):
        for repeated, ended in _ODS_ROWS.findall(block):
            if not ended and int(repeated) > _MOST_ROWS:
                raise too_far(path, 1, int(repeated))
        for repeated in _ODS_CELLS.findall(block):
            if int(repeated) > _MOST_COLUMNS:
                raise too_far(path, int(repeated), 1)


def check_xlsb(path: Path, archive: zipfile.ZipFile) -> None:
    """See how far the cells of each sheet of a binary workbook reach.

    Raises:
        UsageError: too far.
    """
    for name in archive.namelist():
        if not (name.startswith("xl/worksheets/") and name.endswith(".bin")):
            continue
        bottom = right = row = 0
        for kind, head in records(archive.read(name), 4):
            if kind == _BRT_ROW:
                row = int.from_bytes(head, "little") + 1
            elif kind in _BRT_CELLS:
                bottom = max(bottom, row)
                right = max(right, int.from_bytes(head, "little") + 1)
        if bottom * right > MAX_CELLS:
            raise too_far(path, right, bottom)


def records(data: bytes, most: int) -> Iterator[tuple[int, bytes]]:
    """Give the kind of each record of a binary workbook, and how its content begins."""
    place, end = 0, len(data)
    while place < end:
        kind = data[place]
        place += 1
        if kind & 0x80 and place < end:
            kind = (kind & 0x7F) | (data[place] << 7)
            place += 1
        length = shift = 0
        while place < end and shift < 28:
            byte = data[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, data[place : place + min(length, most)]
        place += length

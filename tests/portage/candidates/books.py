"""Workbooks of other formats than .xlsx, written part by part, for tests.

``classeurs/ancien.xls`` was written once with xlwt 1.3: a sheet « Notice » (« SIRET » and « Nom »
explained), then « Candidats »: a title, a blank row, a header and two rows that hold a day.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

OLD = Path(__file__).with_name("classeurs") / "ancien.xls"
Sheets = Mapping[str, Sequence[Sequence[str]]]
_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body>"
    "</office:document-content>"
)
_BLANK_ROWS = (
    '<table:table-row table:number-rows-repeated="1048000">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def ods(
    path: Path, sheets: Sheets, more: str = "", manifest: str = "", kind: str = "spreadsheet"
) -> Path:
    """Write texts as LibreOffice does, blank rows to the end of the sheet; ``more`` rows after."""
    body = ""
    for name, rows in sheets.items():
        lines = "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
        )
        body += f'<table:table table:name="{escape(name)}">{lines}{more}{_BLANK_ROWS}</table:table>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        made.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
        made.writestr("content.xml", _ODS.format(body))
    return path


def ods_cell(text: str, repeated: int = 1) -> str:
    """Write one cell, said once for several."""
    return (
        f'<table:table-cell table:number-columns-repeated="{repeated}" '
        f'office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
    )


def _ods_cell(text: str) -> str:
    return ods_cell(text) if text else "<table:table-cell/>"


def xlsb(path: Path, sheets: Sheets, far: tuple[int, int] | None = None) -> Path:
    """Write texts as a binary workbook; ``far``: a row and a column, from 0, that are filled."""
    bundle = b"".join(
        record(156, long(0) + long(rank) + wide(f"rId{rank}") + wide(name))
        for rank, name in enumerate(sheets, 1)
    )
    book = record(131) + record(143) + bundle + record(144) + record(132)
    links = "".join(
        f'<Relationship Id="rId{rank}" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'relationships/worksheet" Target="worksheets/sheet{rank}.bin"/>'
        for rank, _ in enumerate(sheets, 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/workbook.bin", book)
        made.writestr(
            "xl/_rels/workbook.bin.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
            f'2006/relationships">{links}</Relationships>',
        )
        for rank, rows in enumerate(sheets.values(), 1):
            made.writestr(f"xl/worksheets/sheet{rank}.bin", _sheet(rows, far))
    return path


def _sheet(rows: Sequence[Sequence[str]], far: tuple[int, int] | None) -> bytes:
    cells = {(r, c): text for r, row in enumerate(rows) for c, text in enumerate(row) if text}
    if far is not None:
        cells[far] = "loin"
    width = max((column for _, column in cells), default=0)
    height = max((row for row, _ in cells), default=0)
    body = record(129) + record(148, long(0) + long(height) + long(0) + long(width))
    body += record(145)
    seen = -1
    for (row, column), text in sorted(cells.items()):
        if row != seen:
            body += record(0, long(row) + bytes(21))
            seen = row
        body += record(6, long(column) + long(0) + wide(text))
    return body + record(146) + record(130)


def record(kind: int, content: bytes = b"") -> bytes:
    """Write a record of a binary workbook."""
    head = bytes([kind]) if kind < 0x80 else bytes([(kind & 0x7F) | 0x80, kind >> 7])
    size, length = b"", len(content)
    while True:
        size += bytes([(length & 0x7F) | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + content


def long(number: int) -> bytes:
    """Write a number on four bytes."""
    return number.to_bytes(4, "little")


def wide(text: str) -> bytes:
    """Write a text after its length."""
    return long(len(text)) + text.encode("utf-16-le")

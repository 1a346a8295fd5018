"""Cells as the spreadsheet shows them: their number formats, where the workbook has them.

A cell is a value *and* a format: 0.85 under « 0 % » is 85 %, 1.458 under « [h]:mm » is 35:00, the
first of a month under « mmm-aa » is a month without day. Formats that change nothing of what a
figure means (decimals, thousands, euros) are left alone.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.portage.candidates.archives import blocks, records
from pipelines.portage.qualifiers import tokens

if TYPE_CHECKING:
    import polars as pl

_STYLES = "xl/styles.xml"
_WORKBOOK = "xl/workbook.xml"
# Formats that every workbook has without writing them.
_BUILT_IN = {
    **{9: "0%", 10: "0.00%", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm"},
    **{21: "h:mm:ss", 45: "mm:ss", 46: "[h]:mm:ss"},
}
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\b([^>]*)>")
_STYLES_OF_CELLS = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\b([^>]*)>")
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_CELL = (
    rb'<(?:\w+:)?c (?=[^>]*\bs="(%s)")(?=[^>]*\br="([A-Z]+)(\d+)")(?![^>]*\bt="[^n])[^>]*(?<!/)>'
    rb"(?:<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]+)<"
)
_END = b"</row>"
_BLOCK = 4 << 20
_DATE1904 = re.compile(rb'\bdate1904="(?:1|true)"')
_QUOTED = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]')
_ELAPSED = re.compile(r"\[h+\]")
_ZEROS = re.compile(r"0[0 ]{3,}")
_DIGITS = re.compile(r"[0#?]|general|standard")
_DAY_MINUTES = 1440
# The formats of the workbooks that come without styles to ask for.
_CONTENT = "content.xml"
_ODS_FORMAT = re.compile(
    rb"<number:(number|currency|date)-style\b(.*?)</number:(?:number|currency|date)-style>",
    re.DOTALL,
)
_ODS_TEXT = re.compile(rb"<number:text\b[^>]*>([^<]*)<")
_ODS_TIME = b"office:time-value="
_BINARY_STYLES = "xl/styles.bin"
_BRT_FORMAT = 44
_LONGEST = 600
# A record of BIFF: its size, the rank of the format, its length, and one byte a letter or two.
_XLS_FORMAT = re.compile(rb"\x1e\x04(..)..(..)([\x00\x01])", re.DOTALL)
_XLS_HEAD = 5
# What a number in euros is in, said or not.
_PLAIN_UNITS = frozenset(("eur", "euro", "ht"))


def show(archive: zipfile.ZipFile, part: str, frame: pl.DataFrame, left: int) -> pl.DataFrame:
    """Write the cells whose format means something as they are shown.

    ``part`` is the sheet in the archive, ``frame`` its cells as text from the first row on, and
    ``left`` the rank of its first column.
    """
    import polars as pl

    telling = _telling(archive)
    if not telling or part not in archive.namelist():
        return frame
    since = 1904 if _DATE1904.search(archive.read(_WORKBOOK)) else 1900
    columns: dict[int, list[str | None]] = {}
    for style, letters, row, value in _cells(archive, part, telling):
        position = _rank(letters) - left
        if not 0 <= position < frame.width or row > frame.height:
            continue
        if (text := shown(value, telling[style], since)) is None:
            continue
        if position not in columns:
            columns[position] = frame.to_series(position).to_list()
        columns[position][row - 1] = text
    made = [
        pl.Series(frame.columns[position], values, dtype=pl.String)
        for position, values in columns.items()
    ]
    return frame.with_columns(made)


def shown(value: float, code: str, since: int = 1900) -> str | None:
    """Write a value as its format shows it, when the format changes what it means."""
    sections = code.split(";")
    code = sections[2] if value == 0 and len(sections) > 2 else sections[0]
    literal = " ".join("".join(parts) for parts in _QUOTED.findall(code)).strip()
    bare = _QUOTED.sub("", code).lower()
    if _ELAPSED.search(bare) or ("h" in bare and "y" not in bare and 0 <= value < 1):
        minutes = round(value * _DAY_MINUTES)
        return f"{minutes // 60}:{minutes % 60:02}"
    if "y" in bare:
        return _undated(value, bare, since)
    if "%" in bare:
        return f"{_plain(Decimal(repr(value)) * 100)} %"
    if _ZEROS.fullmatch(bare.strip()):
        return f"{round(value):0{bare.count('0')}}" if value == int(value) else None
    return _in_unit(value, literal, bare)


def _in_unit(value: float, literal: str, bare: str) -> str | None:
    """Write a figure with the unit that its format adds, if it adds one."""
    # « "Oui";"Oui";"Non" » shows words only.
    if literal and not _DIGITS.search(bare):
        return literal
    # Commas after the last digit: each hides three more.
    figures = bare.rstrip(" _-")
    thousands = len(figures) - len(figures.rstrip(","))
    unit = set(tokens(literal)) - _PLAIN_UNITS
    if not unit:
        return None
    return f"{_plain(Decimal(repr(value)) / 1000**thousands)} {literal}"


def _undated(value: float, code: str, since: int) -> str | None:
    """Write a date whose format shows no day as what it shows: a month, or a year."""
    if "d" in code or "h" in code:
        return None
    start = dt.date(1904, 1, 1) if since == 1904 else dt.date(1899, 12, 30)
    day = start + dt.timedelta(days=int(value))
    return f"{day:%m/%Y}" if "m" in code else f"{day:%Y}"


def _plain(value: Decimal) -> str:
    """Write a figure so that it has one reading: three decimals could be thousands."""
    text = f"{value.normalize():f}"
    return f"{text}0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", text) else text


def hidden(path: Path) -> str | None:
    """Give a format of a workbook that does not say which cells have it, if it changes a meaning.

    A percentage comes out as a figure that is a question anyway; « 0 k€ » and a month without its
    day would be read in silence, and a time of OpenDocument comes out as nothing.
    """
    with path.open("rb") as file:
        packed = zipfile.is_zipfile(file)
    if not packed:
        codes = list(_codes_of_xls(path.read_bytes()))
    else:
        with zipfile.ZipFile(path) as archive:
            opened = _CONTENT in archive.namelist()
            if opened and any(_ODS_TIME in block for block, _ in blocks(archive, _CONTENT)):
                return "[h]:mm"
            codes = list((_codes_of_ods if opened else _codes_of_xlsb)(archive))
    return next((code for code in codes if _hides(code)), None)


def _hides(code: str) -> bool:
    bare = _QUOTED.sub("", code).lower().strip()
    if "%" in bare or _ELAPSED.search(bare) or _ZEROS.fullmatch(bare):
        return False
    text = shown(46_000.0, code)
    return text is not None and any(map(str.isdecimal, text))


def _codes_of_xls(body: bytes) -> Iterator[str]:
    for found in _XLS_FORMAT.finditer(body):
        size, count = (int.from_bytes(part, "little") for part in found.groups()[:2])
        length = count * (1 + found[3][0])
        if size == _XLS_HEAD + length:
            text = body[found.end() : found.end() + length]
            yield text.decode("utf-16-le" if found[3][0] else "latin-1", errors="replace")


def _codes_of_xlsb(archive: zipfile.ZipFile) -> Iterator[str]:
    if _BINARY_STYLES not in archive.namelist():
        return
    for kind, content in records(archive.read(_BINARY_STYLES), _LONGEST):
        if kind == _BRT_FORMAT:
            yield content[6:].decode("utf-16-le", errors="replace")


def _codes_of_ods(archive: zipfile.ZipFile) -> Iterator[str]:
    """Write the formats of OpenDocument as those of other workbooks."""
    with archive.open(_CONTENT) as part:
        body = part.read(_BLOCK)
    for kind, style in _ODS_FORMAT.findall(body):
        if kind == b"date":
            dayless = b"<number:year" in style and b"<number:day" not in style
            yield "mm/yyyy" if dayless else ""
            continue
        texts = b"".join(_ODS_TEXT.findall(style)).decode(errors="replace")
        yield f'0"{unescape(texts)}"'


def _telling(archive: zipfile.ZipFile) -> Mapping[int, str]:
    """Give the formats that mean something, by the style of cells that has them."""
    if _STYLES not in archive.namelist():
        return {}
    body = archive.read(_STYLES)
    codes = dict(_BUILT_IN)
    for found in _FORMAT.findall(body):
        told = dict(_ATTRIBUTE.findall(found))
        if told.get(b"numFmtId", b"").isdigit():
            code = told.get(b"formatCode", b"").decode(errors="replace")
            codes[int(told[b"numFmtId"])] = unescape(code)
    styles = _STYLES_OF_CELLS.search(body)
    used = [
        dict(_ATTRIBUTE.findall(found)).get(b"numFmtId", b"0")
        for found in (_STYLE.findall(styles.group()) if styles else [])
    ]
    return {
        rank: codes[int(number)]
        for rank, number in enumerate(used)
        if number.isdigit() and _means_something(codes.get(int(number), ""))
    }


def _means_something(code: str) -> bool:
    return any(shown(value, code) is not None for value in (0.5, 46_000.0))


def _cells(
    archive: zipfile.ZipFile, part: str, telling: Mapping[int, str]
) -> Iterator[tuple[int, bytes, int, float]]:
    """Give the numbers of a sheet that have one of the formats: style, column, row, value."""
    wanted = re.compile(_CELL % b"|".join(str(style).encode() for style in telling))
    kept = b""
    with archive.open(part) as body:
        while block := body.read(_BLOCK):
            kept += block
            cut = kept.rfind(_END) + len(_END) if _END in kept else 0
            yield from _numbers(wanted, kept[:cut])
            kept = kept[cut:]
    yield from _numbers(wanted, kept)


def _numbers(wanted: re.Pattern[bytes], body: bytes) -> Iterator[tuple[int, bytes, int, float]]:
    for style, letters, row, value in wanted.findall(body):
        try:
            yield int(style), letters, int(row), float(value)
        except ValueError:
            continue


def _rank(letters: bytes) -> int:
    rank = 0
    for letter in letters:
        rank = rank * 26 + letter - ord("A") + 1
    return rank

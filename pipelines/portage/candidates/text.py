"""A candidate file that is text: its encoding, its separator, its records, however damaged.

What comes out is a CSV file with one record a line and as many fields everywhere, which DuckDB
reads in one go; what was repaired on the way is counted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.portage.candidates import encodings
from pipelines.portage.candidates.headers import HEADER_ROWS, fact_named, find_header

DELIMITERS = (";", ",", "\t", "|")
# A line of these says nothing.
_NOTHING = ' \n"' + "".join(DELIMITERS)
# Lines looked at to find the separator and the header.
_HEAD_LINES = 200
# A line longer than this is no table; a cell may be long, all the same.
_LINE_BYTES = 4 << 20
# A quotation mark never closed would take the rest of the file: beyond this it is a plain one.
_QUOTED_LINES = 100
# With carriage returns alone, as old spreadsheets write, lines cannot be read one by one.
_WHOLE_BYTES = 200 << 20
# Lines by which the encoding of those that are not in UTF-8 is chosen.
_FOREIGN_LINES = 2_000
_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}

Record = list[str]
# What the csv module says of a record that ends within quotation marks.
_UNENDED = "unexpected end of data"


@dataclass
class Repairs:
    """What was repaired while reading, counted in lines; and the longest record, in characters."""

    nul: int = 0
    foreign: int = 0
    accented: int = 0
    quotes: int = 0
    blank: int = 0
    long: int = 0
    longest: int = 0
    read_as: encodings.Retained | None = None


@dataclass
class TextTable:
    """A text file under reading: its first records, then an iterator on all of them."""

    encoding: str
    delimiter: str
    head: list[Record]
    records: Iterator[Record]
    repairs: Repairs = field(default_factory=Repairs)


def encoding_of(head: bytes) -> str:
    """Tell UTF-16 (by its mark, or by zeros at every other place) from what is read as UTF-8."""
    for mark, name in _UTF16_MARKS.items():
        if head.startswith(mark):
            return name
    pairs = len(head) // 2
    if pairs >= 8:
        if head[1::2].count(0) > 0.6 * pairs and head[::2].count(0) < 0.1 * pairs:
            return "utf-16-le"
        if head[::2].count(0) > 0.6 * pairs and head[1::2].count(0) < 0.1 * pairs:
            return "utf-16-be"
    return "utf-8"


def open_table(path: Path) -> TextTable:
    """Start reading a text file.

    Raises:
        UsageError: it holds no line at all, or lines without end.
    """
    with path.open("rb") as file:
        encoding = encoding_of(file.read(1 << 16))
    # It holds for the whole process: others may need more, so that it is never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), _LINE_BYTES))
    repairs = Repairs()
    lines = _lines(path, encoding, repairs)
    head = list(islice(lines, _HEAD_LINES))
    if not any(line.strip(_NOTHING) for line in head):
        raise UsageError(f"« {path} » est vide : donnez un fichier qui a un en-tête et des lignes.")
    told = _stated_delimiter(head[0])
    delimiter = told or _delimiter(head)
    if told:
        head = head[1:]
    first = list(_records(head, delimiter, Repairs()))
    return TextTable(
        encoding, delimiter, first, _records(chain(head, lines), delimiter, repairs), repairs
    )


def write_records(
    table: TextTable, skip: int, width: int, target: Path, advance: Callable[[int], None]
) -> int:
    """Write the records after the first ``skip`` as plain CSV; give how many.

    Each line is: its number from 1, that of the row which a spreadsheet shows, a flag (1 when the
    record is longer than the header), ``width`` fields, and whatever is beyond in one more. Blank
    records are left out and counted.
    """
    count = longest = 0
    padding = [""] * width
    with target.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        for number, record in enumerate(islice(table.records, skip, None), start=skip + 1):
            length = len(text := "".join(record))
            if not length or text.isspace():
                table.repairs.blank += 1
                continue
            longest = max(longest, length)
            count += 1
            if len(record) == width:
                write((count, number, "", *record, ""))
            elif len(record) < width:
                write((count, number, "", *(record + padding)[:width], ""))
            else:
                beyond = " ".join(record[width:]).strip()
                table.repairs.long += bool(beyond)
                write((count, number, "1" if beyond else "", *record[:width], beyond))
            if not count % 10_000:
                advance(count)
    table.repairs.longest = longest
    return count


def _lines(path: Path, encoding: str, repairs: Repairs) -> Iterator[str]:
    """Give the lines as text, each ended by ``\\n``, NUL bytes removed."""
    first = True
    for text in _decoded(path, encoding, repairs):
        line = text
        if first:
            line, first = line.removeprefix("\ufeff"), False
        if "\0" in line:
            repairs.nul += 1
            line = line.replace("\0", "")
        if "\r" in line:
            ended = line.endswith("\n")
            line = line.rstrip("\r\n").replace("\r", " ") + ("\n" if ended else "")
        yield line


def _decoded(path: Path, encoding: str, repairs: Repairs) -> Iterator[str]:
    if encoding != "utf-8":
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            head = text.read(1 << 15)
        alone = head.count("\r") - head.count("\r\n")
        end = "\r" if alone > head.count("\n") - head.count("\r\n") else "\n"
        with path.open(encoding=encoding, errors="replace", newline=end) as text:
            yield from (line.removesuffix("\r") + "\n" if end == "\r" else line for line in text)
        return
    with path.open("rb") as raw:
        for line in _ended(path, raw):
            try:
                text_line = line.decode()
            except UnicodeDecodeError:
                repairs.foreign += 1
                repairs.read_as = repairs.read_as or _foreign(path)
                text_line = encodings.read(line, repairs.read_as.name)
            else:
                repairs.accented += not text_line.isascii()
            yield text_line


def _ended(path: Path, raw: io.BufferedReader) -> Iterator[bytes]:
    """Give the lines as bytes, whatever ends them."""
    head = raw.peek(1 << 16)
    windows = head.count(b"\r\n")
    # A line feed within a cell is that of a Mac too.
    if not windows and head.count(b"\r") > head.count(b"\n"):
        if path.stat().st_size > _WHOLE_BYTES:
            raise _endless(path)
        yield from io.BytesIO(raw.read().replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        return
    while line := raw.readline(_LINE_BYTES):
        if len(line) == _LINE_BYTES:
            raise _endless(path)
        yield line


def _endless(path: Path) -> UsageError:
    return UsageError(
        f"« {path} » n'a pas de fins de ligne lisibles : enregistrez-le en CSV UTF-8 depuis votre "
        "tableur."
    )


def _foreign(path: Path) -> encodings.Retained:
    """Choose the encoding of the lines of a file that are not in UTF-8, by the first of them."""
    lines: list[bytes] = []
    with path.open("rb") as raw:
        ended = _ended(path, raw)
        above = list(islice(ended, HEADER_ROWS))
        for line in chain(above, ended):
            if not _is_utf8(line):
                lines.append(line)
                if len(lines) == _FOREIGN_LINES:
                    break
    return encodings.retained(lines, b"\n".join(line for line in above if not _is_utf8(line)))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _records(lines: Iterable[str], delimiter: str, repairs: Repairs) -> Iterator[Record]:
    return csv.reader(_whole(iter(lines), delimiter, repairs), delimiter=delimiter)


def _whole(lines: Iterator[str], delimiter: str, repairs: Repairs) -> Iterator[str]:
    """Join the lines of a record that holds line ends; neutralise a quote that never closes."""
    waiting: list[str] = []
    while True:
        line = waiting.pop() if waiting else next(lines, None)
        if line is None:
            return
        if line.count('"') % 2 == 0 or _fault(line, delimiter) != _UNENDED:
            yield line
            continue
        taken: list[str] = []
        joined, fault = line, _UNENDED
        while _may_grow(taken, joined) and (more := _next(waiting, lines)) is not None:
            taken.append(more)
            joined += more
            if '"' in more and (fault := _fault(joined, delimiter)) != _UNENDED:
                break
        if fault:
            repairs.quotes += 1
            waiting += reversed(taken)
            joined = _requoted(line, delimiter)
        yield joined


def _may_grow(taken: Sequence[str], joined: str) -> bool:
    return len(taken) < _QUOTED_LINES and len(joined) < _LINE_BYTES // 4


def _next(waiting: list[str], lines: Iterator[str]) -> str | None:
    return waiting.pop() if waiting else next(lines, None)


def _fault(text: str, delimiter: str) -> str:
    """Say what is wrong with a record: nothing, :data:`_UNENDED`, or another misuse of quotes."""
    try:
        next(csv.reader([text], delimiter=delimiter, strict=True), None)
    except csv.Error as error:
        return str(error)
    return ""


def _requoted(line: str, delimiter: str) -> str:
    fields = line.rstrip("\n").split(delimiter)
    return delimiter.join('"' + text.replace('"', '""') + '"' for text in fields) + "\n"


def _stated_delimiter(line: str) -> str | None:
    """Read the line « sep=; » that spreadsheets put first."""
    told = line.strip().strip('"')
    if told[:4].lower() == "sep=" and told[4:] in DELIMITERS:
        return told[4:]
    return "\t" if line.rstrip("\n") == "sep=\t" else None


def _delimiter(lines: Sequence[str]) -> str:
    """Choose the separator that gives the most known headers, then the most even rows."""

    def score(delimiter: str) -> tuple[int, int, int]:
        rows = [row for row in _records(lines, delimiter, Repairs()) if any(row)]
        place = find_header(rows)
        header = rows[place or 0] if rows else []
        known = (
            len({fact for cell in header if (fact := fact_named(cell))}) if place is not None else 0
        )
        even = sum(len(row) == len(header) for row in rows)
        return known, even if known or len(header) > 1 else 0, len(header)

    return max(DELIMITERS, key=score)

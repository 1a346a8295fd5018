"""A candidate file, whatever wrote it, made into one Parquet file of texts.

Everything is read as text: identifiers keep their zeros, and columns are written back as they came.
A row that cannot be trusted keeps its place with the reason; a file that cannot be read is refused
in one sentence.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.portage.candidate_headers import (
    IDENTITY,
    Columns,
    Row,
    column_letter,
    find_header,
    looks_like_identifier,
    recognise,
)
from pipelines.portage.facts import FAITS, PAR_NOM, Genre
from pipelines.warehouse.literals import MEMORY, literal

if TYPE_CHECKING:
    import duckdb

PARQUET = b"PAR1"
MODEL = "« opac cribler --modele » écrit un modèle à remplir"
# Excel writes a day as a number of days; these are the years 1982 to 2091.
_SERIALS = (30_000, 70_000)
_SERIAL_START = "date '1899-12-30'"
_TRIMMED = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239)"
# What opens with these is no table of text, whatever its name ends with.
_SIGNATURES = (
    (b"%pdf", "un document PDF"),
    (b"\x1f\x8b", "un fichier compressé (gzip)"),
    (b"<!doctype", "une page web"),
    (b"<html", "une page web"),
    (b"<?xml", "du XML"),
    (b"{\\rtf", "un document RTF"),
    (b'{"', "du JSON"),
    (b"[{", "du JSON"),
    (b"\x89png", "une image"),
    (b"\xff\xd8\xff", "une image"),
)
_ACCEPTED = "donnez un fichier CSV, XLSX ou Parquet"

Advance = Callable[[int], None]


@dataclass
class Candidates:
    """Rows of a candidate file.

    ``data`` is a Parquet file: ``ligne`` (from 1, the order of the file), ``decale`` (true: the row
    is longer than the header, its columns cannot be trusted) and ``c1``, ``c2``… as text, one for
    each of ``names``. ``facts`` gives the rank of the column (from 1) that holds each fact.
    """

    path: Path
    data: Path
    names: list[str]
    rows: int
    facts: dict[str, int]
    remarks: list[str] = field(default_factory=list)
    delimiter: str | None = None

    @property
    def ignored(self) -> list[int]:
        """Ranks of the columns that are no fact."""
        read = set(self.facts.values())
        return [rank for rank in range(1, len(self.names) + 1) if rank not in read]

    def question(self, defaults: Mapping[str, str], first: int, last: int) -> str:
        """Write the query of the facts of rows ``first`` to ``last``: ``ligne``, and texts.

        What a row leaves empty is taken from ``defaults``. Of a row whose columns cannot be
        trusted, nothing is read.
        """
        asked = [fact.nom for fact in FAITS if fact.nom in self.facts or fact.nom in defaults]
        columns = [
            f"if(decale, null, {self.value(name, defaults.get(name))}) as {name}" for name in asked
        ]
        return (
            f"select {', '.join(['ligne', *columns])} from read_parquet({literal(str(self.data))}) "
            f"where ligne between {first} and {last}"
        )

    def value(self, fact: str, default: str | None = None) -> str:
        """Write the expression of one fact: trimmed, Excel's days made dates, the default."""
        if fact not in self.facts:
            return literal(default) + "::varchar"
        text = f"nullif(trim(c{self.facts[fact]}, {_TRIMMED}), '')"
        if PAR_NOM[fact].genre is Genre.DATE:
            serial = f"try_cast(regexp_extract({text}, '^(\\d{{5}})([.,]\\d+)?$', 1) as integer)"
            text = (
                f"if({serial} between {_SERIALS[0]} and {_SERIALS[1]}, "
                f"({_SERIAL_START} + {serial})::varchar, "
                f"regexp_replace({text}, '[ T]00:00(:00(\\.0+)?)?$', ''))"
            )
        return text if default is None else f"coalesce({text}, {literal(default)})"


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that spills into ``folder``."""
    import duckdb

    return duckdb.connect(
        config={"threads": 2, "memory_limit": MEMORY, "temp_directory": str(folder / "debord")}
    )


def read_candidates(path: Path, folder: Path, advance: Advance = lambda _: None) -> Candidates:
    """Read a candidate file; what is made of it is written in ``folder``.

    ``advance`` is told, now and then, how many rows were read.

    Raises:
        UsageError: the file is missing, forbidden, of another kind, damaged or empty, or none of
            its columns says who the candidates are.
    """
    found = read_table(path, folder, advance)
    if found.facts.keys().isdisjoint(IDENTITY):
        named = ", ".join(f"« {name} »" for name in found.names[:10])
        raise UsageError(
            f"Aucune colonne de « {path} » ne dit de qui il s'agit (colonnes : {named}) : "
            f"nommez-en une NDA, SIRET, SIREN, Identifiant ou Nom ({MODEL})."
        )
    return found


def read_table(path: Path, folder: Path, advance: Advance = lambda _: None) -> Candidates:
    """Read a file like :func:`read_candidates`, whoever its rows are about."""
    from pipelines.portage.candidate_parsing import read_parquet, read_sheet, read_text

    kind = _kind(path)
    reader = {"parquet": read_parquet, "classeur": read_sheet}.get(kind, read_text)
    data = folder / "candidats.parquet"
    with connect(folder) as con:
        found = reader(con, path, data, advance)
        if not found.rows:
            raise UsageError(
                f"« {path} » n'a que son en-tête : ajoutez-y une ligne par sous-traitant."
            )
        return _described(con, found)


def _kind(path: Path) -> str:
    """Tell by its content what a file is: ``parquet``, ``classeur`` or ``texte``."""
    from pipelines.portage.candidate_books import OLE, ZIP, refuse_ole
    from pipelines.portage.candidate_text import encoding_of

    head, tail = _ends(path)
    if head.startswith(PARQUET):
        if not tail.endswith(PARQUET):
            raise UsageError(
                f"« {path} » est un fichier Parquet incomplet : écrivez-le de nouveau."
            )
        return "parquet"
    if head.startswith(OLE):
        raise refuse_ole(path)
    if head.startswith(ZIP):
        return "classeur"
    opening = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").lower()
    for signature, name in _SIGNATURES:
        if opening.startswith(signature):
            raise UsageError(f"« {path} » est {name}, pas un tableau : {_ACCEPTED}.")
    if encoding_of(head) == "utf-8":
        strange = sum(byte < 32 and byte not in b"\x00\t\n\r\x0b\x0c\x1a" for byte in head)
        if strange > len(head) / 50:
            raise UsageError(f"« {path} » est un fichier binaire, pas un tableau : {_ACCEPTED}.")
    return "texte"


def _ends(path: Path) -> tuple[bytes, bytes]:
    """Give the first bytes of a file, and the last four."""
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
            file.seek(-min(4, len(head)), 2)
            tail = file.read()
    except FileNotFoundError as error:
        raise UsageError(f"« {path} » n'existe pas : vérifiez le nom du fichier.") from error
    except IsADirectoryError as error:
        raise UsageError(f"« {path} » est un dossier : donnez un fichier.") from error
    except PermissionError as error:
        raise UsageError(
            f"« {path} » ne peut pas être lu (accès refusé) : demandez-en le droit de lecture."
        ) from error
    except OSError as error:
        reason = errno.errorcode.get(error.errno or 0, "")
        raise UsageError(
            f"« {path} » ne peut pas être lu ({reason}) : copiez-le d'abord sur ce disque."
        ) from error
    if not head:
        raise UsageError(f"« {path} » est vide : {_ACCEPTED}, avec un en-tête et des lignes.")
    return head, tail


def arrange(first: Sequence[Row]) -> tuple[int, list[str | None], Columns]:
    """Find what the first rows of a table say of it.

    Gives how many rows stand before its data, its header (as wide as it needs), and what its
    columns mean. Without any known header, the row above the first identifier is one, if it is not
    blank.
    """
    place = find_header(first)
    if place is None:
        start = next((n for n, row in enumerate(first) if _identifies(row)), None)
        if start is None:
            # Nobody is meant: the row with the most cells is shown to the user as the header.
            start = max(range(len(first)), key=lambda n: sum(map(bool, first[n])), default=0) + 1
        place = start - 1
        if place >= 0 and not any(first[place]):
            place = -1
        header = list(first[place]) if place >= 0 else []
        below = list(first[start:])
        header += [None] * (max((len(row) for row in below), default=0) - len(header))
        columns = recognise(header, below)
        if place < 0:
            return start, header, columns
    else:
        header = list(first[place])
        columns = recognise(header, first[place + 1 :])
    return place + 1, header, columns


def _identifies(row: Row) -> bool:
    return any(cell and looks_like_identifier(cell) for cell in row)


def named(header: Sequence[str | None], guessed: int | None, left: int = 0) -> list[str]:
    """Give each column a name: its header, or the letter that spreadsheets call it by.

    ``left`` columns of the sheet, all blank, stand before them.
    """
    names = []
    for position, cell in enumerate(header):
        told = cell if cell and cell.strip() else None
        names.append(told or ("identifiant" if position == guessed else letter(position + left)))
    return names


def letter(position: int) -> str:
    """Name a column that has no header, by its position from 0."""
    return f"Colonne {column_letter(position)}"


def _described(con: duckdb.DuckDBPyConnection, found: Candidates) -> Candidates:
    """Add what the values tell: repeated rows, days written as numbers."""
    source = f"read_parquet({literal(str(found.data))})"
    columns = ", ".join(f"c{rank}" for rank in range(1, len(found.names) + 1))
    row = con.execute(f"select count(*) - count(distinct hash({columns})) from {source}").fetchone()
    if row and row[0]:
        found.remarks.append(
            f"{row[0]} ligne(s) répétée(s) à l'identique, lue(s) comme les autres."
        )
    for name in found.facts:
        if PAR_NOM[name].genre is not Genre.DATE:
            continue
        text = f"trim(c{found.facts[name]}, {_TRIMMED})"
        row = con.execute(
            f"select count(*) from {source} where regexp_full_match({text}, '\\d{{5}}([.,]\\d+)?') "
            f"and try_cast(left({text}, 5) as integer) between {_SERIALS[0]} and {_SERIALS[1]}"
        ).fetchone()
        if row and row[0]:
            found.remarks.append(
                f"{row[0]} date(s) écrite(s) comme des nombres d'Excel dans « "
                f"{found.names[found.facts[name] - 1]} » : lue(s) comme des dates."
            )
    return found

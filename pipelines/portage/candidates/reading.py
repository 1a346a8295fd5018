"""A candidate file, whatever wrote it, made into one Parquet file of texts.

Everything is read as text: identifiers keep their zeros, and columns are written back as they came.
A row that cannot be trusted keeps its place with the reason; a file that cannot be read is refused
in one sentence.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.french import combien, verb
from pipelines.portage.candidates.addresses import hidden
from pipelines.portage.candidates.asides import set_aside
from pipelines.portage.candidates.choice import Choice, Fitness, shows_candidates
from pipelines.portage.candidates.columns import decide
from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.candidates.mapping import Said, ranks_of
from pipelines.portage.candidates.parsing import read_parquet, read_sheet, read_text
from pipelines.portage.candidates.table import TRIMMED, Advance, Candidates, connect
from pipelines.portage.candidates.text import encoding_of
from pipelines.portage.candidates.workbook import OLE, ZIP
from pipelines.warehouse.literals import file_literal

if TYPE_CHECKING:
    import duckdb

PARQUET = b"PAR1"
MODEL = "« opac cribler --modele » écrit un modèle à remplir"
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
# Rows looked at for the values that are shown.
_SHOWN_ROWS = 200
_SAMPLES = 3
_SHOWN = 60
_ACCEPTED = "donnez un fichier CSV, un classeur (.xlsx, .ods, .xls, .xlsb) ou un Parquet"


def read_candidates(
    path: Path,
    folder: Path,
    advance: Advance = lambda _: None,
    said: Said | None = None,
) -> Candidates:
    """Read a candidate file; what is made of it is written in ``folder``.

    ``advance`` is told, now and then, how many rows were read; ``said`` is what the user says of
    the sheet and of the columns.

    Raises:
        UsageError: the file is missing, forbidden, of another kind, damaged or empty, or none of
            its columns says who the candidates are.
    """
    found = read_table(path, folder, advance, said)
    if found.facts.keys().isdisjoint(IDENTITY):
        named = ", ".join(f"« {hidden(name[:_SHOWN])} »" for name in found.names[:10])
        raise UsageError(
            f"Aucune colonne de « {path} » ne dit de qui il s'agit (colonnes : {named}"
            f"{_elsewhere(found)}) : nommez-en une NDA, SIRET, SIREN, Identifiant ou Nom, ou dites "
            f"laquelle avec --colonne « en-tête=nda » ({MODEL})."
        )
    return found


def _elsewhere(found: Candidates) -> str:
    """Name the sheet that was looked at and the others, which hold no more."""
    if found.sheet is None:
        return ""
    others = ", ".join(f"« {name} »" for name in found.other_sheets)
    told = f" ; feuille lue : « {found.sheet} »"
    return f"{told}, les autres n'en disent pas plus : {others}" if others else told


def read_table(
    path: Path,
    folder: Path,
    advance: Advance = lambda _: None,
    said: Said | None = None,
    fitness: Fitness | None = None,
) -> Candidates:
    """Read a file like :func:`read_candidates`, whether or not it says who is meant.

    ``fitness``: its rows are about something else, which a sheet shows so far; without it they are
    about people, and those that are nobody are left aside.
    """
    kind = _kind(path)
    said = said or Said()
    if said.sheet is not None and kind != "classeur":
        raise UsageError(
            f"« {path} » n'est pas un classeur : --feuille n'y désigne rien, retirez cette option."
        )
    data = folder / "candidats.parquet"
    with connect(folder) as con:
        if kind == "classeur":
            choice = Choice(said.sheet, fitness or shows_candidates)
            found = read_sheet(path, data, advance, choice)
        else:
            reader = read_parquet if kind == "parquet" else read_text
            found = reader(con, path, data, advance)
        chosen = ranks_of(found.names, said.columns)
        if fitness is None:
            set_aside(con, found, chosen)
        if not found.rows:
            raise UsageError(
                f"« {path} » n'a que son en-tête{_elsewhere(found)} : ajoutez-y des lignes."
            )
        return _described(con, found, chosen)


def _kind(path: Path) -> str:
    """Tell by its content what a file is: ``parquet``, ``classeur`` or ``texte``."""

    head, tail = _ends(path)
    if head.startswith(PARQUET):
        if not tail.endswith(PARQUET):
            raise UsageError(
                f"« {path} » est un fichier Parquet incomplet : écrivez-le de nouveau."
            )
        return "parquet"
    if head.startswith((OLE, ZIP)):
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


def _described(
    con: duckdb.DuckDBPyConnection, found: Candidates, chosen: Mapping[int, str]
) -> Candidates:
    """Add what the values tell: how each column is read, and repeated rows."""
    source = f"read_parquet({file_literal(found.data)})"
    columns = ", ".join(f"c{rank}" for rank in range(1, len(found.names) + 1))
    row = con.execute(f"select count(*) - count(distinct hash({columns})) from {source}").fetchone()
    if row and row[0]:
        found.remarks.append(
            f"{combien(row[0], 'ligne répétée', 'lignes répétées')} à l'identique, "
            f"{verb(row[0], 'lue', 'lues')} comme les autres."
        )

    return recognised(con, found, chosen)


def recognised(
    con: duckdb.DuckDBPyConnection, found: Candidates, chosen: Mapping[int, str]
) -> Candidates:
    """Add how each column is read."""
    source = f"read_parquet({file_literal(found.data)})"

    @cache
    def distinct(rank: int) -> list[str]:
        text = f"trim(c{rank}, {TRIMMED})"
        rows = con.execute(
            f"select distinct {text} as v from {source} where v <> '' and not decale"
        ).fetchall()
        return [value for (value,) in rows]

    decided = decide(found.names, found.header, distinct, chosen)
    samples = _samples(con, found)
    found.columns = [replace(column, samples=samples[column.rank - 1]) for column in decided]
    _name_guessed(found)
    return found


def _samples(con: duckdb.DuckDBPyConnection, found: Candidates) -> list[tuple[str, ...]]:
    """Give the first values of each column, to be shown."""
    texts = ", ".join(f"trim(c{rank}, {TRIMMED})" for rank in range(1, len(found.names) + 1))
    rows = con.execute(
        f"select {texts} from read_parquet({file_literal(found.data)}) "
        f"where not decale order by ligne limit {_SHOWN_ROWS}"
    ).fetchall()
    return [
        tuple(islice(dict.fromkeys(filter(None, values)), _SAMPLES))
        for values in zip(*rows, strict=True)
    ] or [()] * len(found.names)


def _name_guessed(found: Candidates) -> None:
    """Call a column without header by what its values are."""
    for column in found.columns:
        if column.fact == "identifiant" and not (found.header[column.rank - 1] or "").strip():
            found.names[column.rank - 1] = "identifiant"
            found.columns[column.rank - 1] = replace(column, name="identifiant")

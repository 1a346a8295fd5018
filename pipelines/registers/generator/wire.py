"""The wire format of the list: header, rows as text, file."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pipelines.registers.contract import ALWAYS, COLUMNS

Row = list[str]

# The columns that rows are made of, in order. One that came later is written once it is made.
MADE = tuple(column for column in COLUMNS if column.since == ALWAYS)
NAMES = tuple(column.name for column in MADE)
HEADER = "".join(f"{column.wire};" for column in MADE)

NDA = NAMES.index("nda")
PRECEDENTS = NAMES.index("ndas_precedents")
DENOMINATION = NAMES.index("denomination")
SIREN = NAMES.index("siren")
SIRET = NAMES.index("siret_declarant")
VOIE = NAMES.index("adresse_voie")
CODE_POSTAL = NAMES.index("code_postal")
VILLE = NAMES.index("ville")
REGION = NAMES.index("code_region")
ACTION, BILAN, VAE, APPRENTISSAGE = FLAGS = tuple(
    place for place, name in enumerate(NAMES) if name.startswith("certifie_")
)
DECLARATION = NAMES.index("date_derniere_declaration")
DEBUT = NAMES.index("debut_exercice")
FIN = NAMES.index("fin_exercice")
SPECIALITE = NAMES.index("code_specialite_1")
STAGIAIRES = NAMES.index("nb_stagiaires")
CONFIES = NAMES.index("nb_stagiaires_confies")
FORMATEURS = NAMES.index("effectif_formateurs")

# Text is quoted even when empty, but for these columns, bare when empty; flags, dates and
# integers are bare always.
_BARE_WHEN_EMPTY = (
    PRECEDENTS,
    NAMES.index("etranger_denomination"),
    *range(SPECIALITE, SPECIALITE + 6),
)
_BARE = (*FLAGS, DECLARATION, DEBUT, FIN, STAGIAIRES, CONFIES, FORMATEURS)
_LINE = "".join(
    "%s;" if place in _BARE or place in _BARE_WHEN_EMPTY else '"%s";' for place in range(len(NAMES))
)
_CHUNK = 4_000


def render(row: Row) -> str:
    """Lay a row out, without its line break."""
    fields = row.copy()
    for place in _BARE_WHEN_EMPTY:
        if fields[place]:
            fields[place] = f'"{fields[place]}"'
    # Of all text, only denominations hold quotes here.
    fields[DENOMINATION] = fields[DENOMINATION].replace('"', '""')
    return _LINE % tuple(fields)


def write(path: Path, lines: Iterable[str], compress: bool = False) -> None:
    """Write header and lines, compressed or not; the same lines give the same bytes."""
    with path.open("wb") as file:
        if compress:
            with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
                _write(packed, lines)
        else:
            _write(file, lines)


def _write(file: BinaryIO | gzip.GzipFile, lines: Iterable[str]) -> None:
    file.write(f"{HEADER}\n".encode())
    rest = iter(lines)
    while chunk := list(islice(rest, _CHUNK)):
        file.write("\n".join([*chunk, ""]).encode())


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

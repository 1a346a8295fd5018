"""The archive (ZIP) of a dossier, opened again: its PDF, its JSON, the documents seen."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError
from pipelines.printable import printable

SIGNATURE = b"PK\x03\x04"
# More than a dossier can have (see ``seen.py``): a bomb must not be followed.
_ENTRIES = 300
_BYTES = 250_000_000
_DOCUMENTS = "documents/"


@dataclass(frozen=True)
class Unpacked:
    """The PDF and the JSON of an archive, and the SHA-256 of its documents by their name in it."""

    pdf: bytes
    json: bytes
    documents: dict[str, str]


def unpacked(data: bytes, file: Path) -> Unpacked:
    """Open an archive.

    Raises:
        UsageError: it is damaged, or is not that of a dossier.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES or sum(one.file_size for one in entries) > _BYTES:
                raise UsageError(_other(file))
            # The size announced bounds what is read; the control sum is compared at the end.
            found = [(one.filename, archive.read(one)) for one in entries]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UsageError(
            f"« {file} » est abîmé, ou n'est pas un ZIP : donnez celui que « opac dossier » écrit."
        ) from error
    pdf, sheet = (
        [content for name, content in found if "/" not in name and name.lower().endswith(form)]
        for form in (".pdf", ".json")
    )
    if len(pdf) != 1 or len(sheet) != 1:
        raise UsageError(_other(file))
    others = [(name, content) for name, content in found if content not in (pdf[0], sheet[0])]
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in others}
    return Unpacked(pdf[0], sheet[0], hashes)


def faults(found: Unpacked, sha256_json: str | None) -> Iterator[str]:
    """Say what of an archive is not what its PDF tells of; ``sha256_json`` is told by the PDF."""
    if hashlib.sha256(found.json).hexdigest() != sha256_json:
        yield "son JSON n'est pas celui du PDF"
        return
    told = {
        f"{_DOCUMENTS}{document['document']}/{file['fichier']}": file["sha256"]
        for document in _documents(found.json)
        for file in document["fichiers"]
    }
    for name in sorted(told.keys() | found.documents.keys()):
        if name not in found.documents:
            yield f"il y manque « {printable(name)} »"
        elif name not in told:
            yield f"« {printable(name)} » y est de trop"
        elif told[name] != found.documents[name]:
            yield f"« {printable(name)} » a changé"


def _documents(sheet: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(sheet)["documents"]
    return found


def _other(file: Path) -> str:
    return f"« {file} » n'est pas le ZIP d'un dossier : donnez celui que « opac dossier » a écrit."

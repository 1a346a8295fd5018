"""Making a dossier: its number, its files on disk, then its line in the journal."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.files import replacing, sync
from pipelines.home import Home
from pipelines.portage.dossier.content import Answer, content, sheet
from pipelines.portage.dossier.key import Seal, fingerprint, signer
from pipelines.portage.dossier.numbers import record, reserve
from pipelines.portage.dossier.pdf import render
from pipelines.portage.dossier.seen import Review, bytes_again
from pipelines.portage.dossier.signature import sign
from pipelines.portage.dossier.source import Source


@dataclass(frozen=True)
class Issued:
    """A dossier on disk, and the fingerprints that the journal keeps of its files."""

    numero: str
    pdf: Path
    json: Path
    zip: Path | None
    sha256_pdf: str
    sha256_json: str
    sha256_zip: str | None


@dataclass(frozen=True)
class Target:
    """Where a dossier goes: a PDF, or the folder of a numbered one, the other files beside it.

    ``packed`` asks for an archive (ZIP) of them all, with the documents that were seen.
    """

    pdf: Path | None = None
    folder: Path = Path()
    packed: bool = False


def issue(home: Home, answer: Answer, source: Source, target: Target, review: Review) -> Issued:
    """Make a dossier from an answer.

    By default the PDF bears its number; the JSON goes beside it, under the same name.

    Raises:
        UsageError: the files cannot be written there, or a document seen has changed.
        HomeUnusable: the journal cannot be written, or no space is left.
    """
    if target.pdf is not None:
        _check(target.pdf)
    documents = [(one.packed, bytes_again(one)) for one in review.vus if target.packed]
    by = signer(home)
    number = reserve(home, review.local)
    pdf = target.pdf or target.folder / f"{number.numero}.pdf"
    if target.pdf is None and pdf.exists():
        # From another home, whose numbers are the same: a proof is not written over unasked.
        raise UsageError(f"« {pdf} » existe déjà ici : choisissez un autre fichier avec --sortie.")
    # What came from a terminal may hold bytes that are no text.
    text = sheet(answer, source, number, review).encode(errors="replace")
    seal = Seal(hashlib.sha256(text).hexdigest(), fingerprint(by.certificate))
    page = render(content(answer, source, number, review, seal))
    page = sign(page, by, review.moment, f"Dossier {number.numero}")
    files = {pdf.with_suffix(".json"): text, pdf: page}
    if target.packed:
        names = [(path.name, data) for path, data in files.items()]
        files[pdf.with_suffix(".zip")] = _archive([*names, *documents], review.local)
    made = _issued(number.numero, pdf, files)
    with ExitStack() as stack:
        for path, data in files.items():
            _write(stack.enter_context(replacing(path)), data)
    sync(pdf.resolve().parent)
    record(
        home,
        number,
        review.local,
        sha256_pdf=made.sha256_pdf,
        sha256_json=made.sha256_json,
        sha256_zip=made.sha256_zip,
        financement=answer["regles"]["financement"],
        action=answer["regles"]["action"],
        date_evaluation=str(answer["date_evaluation"]),
        verdict=answer["verdict"],
        version=answer["instantane"]["version"],
        sha256_liste=answer["instantane"]["sha256"],
        date_liste=str(answer["instantane"]["date_contenu"]),
        regles=answer["regles"]["empreinte"],
        organismes=list(source.etats),
    )
    return made


def _issued(numero: str, pdf: Path, files: Mapping[Path, bytes]) -> Issued:
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    sheet_of, packed = pdf.with_suffix(".json"), pdf.with_suffix(".zip")
    return Issued(
        numero,
        pdf,
        sheet_of,
        packed if packed in files else None,
        hashes[pdf],
        hashes[sheet_of],
        hashes.get(packed),
    )


def _archive(files: Sequence[tuple[str, bytes]], local: dt.datetime) -> bytes:
    """Pack files under their names, all of them dated by the dossier."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, local.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return packed.getvalue()


def _check(target: Path) -> None:
    """Refuse early what cannot hold two files side by side: a number is not lost for it."""
    if target.suffix.lower() != ".pdf":
        raise UsageError(
            f"Un dossier est un PDF, et « {target} » n'en a pas le nom : donnez à --sortie un nom "
            "qui finit par .pdf."
        )
    if target.exists() and not target.is_file():
        raise UsageError(
            f"« {target} » n'est pas un fichier : choisissez un autre fichier avec --sortie."
        )


def _write(path: Path, data: bytes) -> None:
    """Write to the disk itself: the journal must not tell of files that a power cut took."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

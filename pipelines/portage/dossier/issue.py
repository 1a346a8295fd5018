"""Making a dossier: its number, its PDF and its JSON on disk, then its line in the journal."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.files import replacing, sync
from pipelines.home import Home
from pipelines.portage.dossier.content import Answer, content, sheet
from pipelines.portage.dossier.numbers import record, reserve
from pipelines.portage.dossier.pdf import render
from pipelines.portage.dossier.source import Source
from pipelines.settings import PARIS


@dataclass(frozen=True)
class Issued:
    """A dossier on disk, and the fingerprints that the journal keeps of its two files."""

    numero: str
    pdf: Path
    json: Path
    sha256_pdf: str
    sha256_json: str


def issue(  # noqa: PLR0913  # a file, or the folder of a numbered one
    home: Home,
    answer: Answer,
    source: Source,
    target: Path | None,
    moment: dt.datetime,
    *,
    folder: Path | None = None,
) -> Issued:
    """Make a dossier from an answer; ``moment`` has a time zone.

    By default the PDF bears its number and goes to ``folder``, or else to the current one; the JSON
    goes beside it, under the same name.

    Raises:
        UsageError: the files cannot be written there.
        HomeUnusable: the journal cannot be written, or no space is left.
    """
    if target is not None:
        _check(target)
    number = reserve(home, moment.astimezone(PARIS))
    pdf = target or (folder or Path()) / f"{number.numero}.pdf"
    if target is None and pdf.exists():
        # From another home, whose numbers are the same: a proof is not written over unasked.
        raise UsageError(f"« {pdf} » existe déjà ici : choisissez un autre fichier avec --sortie.")
    page = render(content(answer, source, number, moment))
    sha256_pdf = hashlib.sha256(page).hexdigest()
    # What came from a terminal may hold bytes that are no text.
    text = sheet(answer, source, number, moment, sha256_pdf).encode(errors="replace")
    made = Issued(
        number.numero,
        pdf,
        pdf.with_suffix(".json"),
        sha256_pdf,
        hashlib.sha256(text).hexdigest(),
    )
    with replacing(made.json) as json_part, replacing(pdf) as pdf_part:
        _write(json_part, text)
        _write(pdf_part, page)
    sync(pdf.resolve().parent)
    record(
        home,
        number,
        moment.astimezone(PARIS),
        sha256_pdf=made.sha256_pdf,
        sha256_json=made.sha256_json,
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

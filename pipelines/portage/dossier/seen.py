"""Documents that were seen: which file, its bytes, its number and dates, by whom and when.

A document is declared by a fact, and it is what is declared that is judged; only a file handed over
with the question makes it seen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError
from pipelines.french import date_courte, liste, verb
from pipelines.portage.dates import Unread, read_date
from pipelines.portage.dossier.documents import document_named, document_of_file, documents
from pipelines.portage.dossier.reading import bytes_of
from pipelines.portage.dossier.source import Held
from pipelines.printable import printable
from pipelines.settings import PARIS

# Of one file, of all those of a dossier: scans weigh a few megabytes.
_LARGEST = 25_000_000
_LARGEST_OF_ALL = 100_000_000
_MOST = 100
_TOO_BIG = "pour un document : donnez un fichier de 25 Mo au plus."
_LONGEST = 80
# What may follow the file, each after a comma.
_TOLD = re.compile(r",\s*(num[eé]ro|date|v[eé]rifi[eé])\s*=", re.I)
# Files that a file manager leaves in a folder.
_LEFT = {"thumbs.db", "desktop.ini"}
WHO = "Un document vu l'est par quelqu'un : dites par qui avec --par « Nom » (et --fonction)."


@dataclass(frozen=True)
class Seen:
    """A file seen: the document that it is, its name, SHA-256 (hexadecimal) and size in bytes.

    ``numero`` is what identifies it (of the URSSAF's attestation, its security code), ``date`` its
    own day, ``verifie`` the day when its issuer confirmed it; ``place`` is where it was read.
    """

    document: str
    fichier: str
    sha256: str
    octets: int
    numero: str
    date: dt.date | None
    verifie: dt.date | None
    place: Path

    @property
    def packed(self) -> str:
        """Its name in the archive of the dossier."""
        return f"documents/{self.document}/{self.fichier}"

    def told(self) -> dict[str, Any]:
        """Give it for JSON: where it was on a disk is nobody's concern."""
        return {
            "fichier": self.fichier,
            "sha256": self.sha256,
            "octets": self.octets,
            "numero": self.numero or None,
            "date": self.date.isoformat() if self.date else None,
            "verifie_le": self.verifie.isoformat() if self.verifie else None,
        }


@dataclass(frozen=True)
class Review:
    """When the checks that a dossier tells of were made, by whom, and the documents seen.

    ``moment`` has a time zone: it is that of the dossier.
    """

    moment: dt.datetime
    par: str = ""
    fonction: str = ""
    vus: tuple[Seen, ...] = ()

    @property
    def local(self) -> dt.datetime:
        """The moment as Paris has it."""
        return self.moment.astimezone(PARIS)


def look(
    pieces: Sequence[str], folder: Path | None, today: dt.date, base: Path | None = None
) -> tuple[Seen, ...]:
    """Read the documents handed over, or put in a folder by their name.

    Each of ``pieces`` is ``DOCUMENT=FICHIER[,numero=…][,date=…][,verifie=…]``.

    With a ``base``, paths are told by a file that lies there, and lead nowhere outside.

    Raises:
        UsageError: one cannot be read, is empty or too large, is of no known name, or has a number
            or a date that cannot be its own.
    """
    given = [_parsed(text, base) for text in pieces]
    given += _of_folder(_under(base, folder)) if folder is not None else []
    if len(given) > _MOST:
        raise UsageError(f"{len(given)} documents sont donnés : c'est {_MOST} au plus par dossier.")
    seen: list[Seen] = []
    left = _LARGEST_OF_ALL
    for place, document, told in given:
        one = _read(place, document, told, today)
        left -= one.octets
        if left < 0:
            raise UsageError("Les documents donnés dépassent 100 Mo : gardez-en moins par dossier.")
        if any(other.packed.lower() == one.packed.lower() for other in seen):
            raise UsageError(f"Le document « {one.fichier} » est donné deux fois : gardez-en un.")
        seen.append(one)
    return tuple(seen)


def refuse_undeclared(seen: Sequence[Seen], held: Sequence[Held]) -> None:
    """See that each document seen is declared: the verdict rests on what is declared.

    Raises:
        UsageError: some is not, or is declared of another date; it says what to write.
    """
    declared = {one.document: one.texte for one in held}
    lacking = dict.fromkeys(one.document for one in seen if one.document not in declared)
    if lacking:
        options = liste([documents()[code].option for code in lacking])
        names = liste([f"« {documents()[code].nom} »" for code in lacking])
        raise UsageError(
            f"{names} {verb(len(lacking), 'est donné', 'sont donnés')} sans être "
            f"{verb(len(lacking), 'déclaré', 'déclarés')} : dites aussi ce que vous y avez lu "
            f"({options})."
        )
    for one in seen:
        day = _day(declared[one.document])
        if one.date and day and one.date != day:
            raise UsageError(
                f"« {one.fichier} » est daté du {date_courte(one.date)}, et déclaré du "
                f"{date_courte(day)} : donnez la même date aux deux."
            )


def bytes_again(seen: Seen) -> bytes:
    """Read a document once more, to be packed.

    Raises:
        UsageError: it is no more what was seen.
    """
    data = bytes_of(seen.place, _LARGEST, _TOO_BIG)
    if hashlib.sha256(data).hexdigest() != seen.sha256:
        raise UsageError(f"« {seen.place} » a changé pendant la commande : relancez-la.")
    return data


def _day(text: str) -> dt.date | None:
    try:
        return read_date(text)
    except Unread:
        return None


def _under(base: Path | None, path: Path) -> Path:
    """Give a path; one that a file tells must not take what it was not given with."""
    if base is None:
        return path
    if not (base / path).resolve().is_relative_to(base.resolve()):
        raise UsageError(
            f"« {path} » est hors du dossier du fichier de candidats : mettez-y les documents et "
            "écrivez leur nom seul."
        )
    return base / path


def _parsed(text: str, base: Path | None) -> tuple[Path, str, dict[str, str]]:
    name, equal, rest = text.partition("=")
    file, *pairs = _TOLD.split(rest)
    if not equal or not file.strip():
        raise UsageError(
            f"« {printable(text)} » ne dit pas quel document est dans quel fichier : écrivez "
            "DOCUMENT=FICHIER, par exemple attestation_vigilance=urssaf.pdf."
        )
    return _under(base, Path(file.strip())), document_named(name).code, _pairs(pairs)


def _of_folder(folder: Path) -> list[tuple[Path, str, dict[str, str]]]:
    """Give the files of a folder, each named by its document: ``titres-cv.pdf``."""
    try:
        places = sorted(folder.iterdir())
    except OSError as error:
        reason = "accès refusé" if isinstance(error, PermissionError) else "ce n'en est pas un"
        raise UsageError(
            f"Le dossier de documents « {folder} » ne peut pas être lu ({reason}) : donnez à "
            "--pieces un dossier de fichiers."
        ) from error
    found = []
    for place in places:
        if place.name.startswith(".") or place.name.lower() in _LEFT:
            continue
        stem, *pairs = _TOLD.split(place.stem)
        found.append((place, document_of_file(place.name, stem).code, _pairs(pairs)))
    if not found:
        raise UsageError(f"Le dossier de documents « {folder} » est vide : mettez-les-y d'abord.")
    return found


def _pairs(parts: Sequence[str]) -> dict[str, str]:
    names = [name.lower().replace("é", "e") for name in parts[::2]]
    return dict(zip(names, (value.strip() for value in parts[1::2]), strict=True))


def _read(place: Path, document: str, told: dict[str, str], today: dt.date) -> Seen:
    data = bytes_of(place, _LARGEST, _TOO_BIG)
    if not data:
        raise UsageError(f"« {place} » est vide : donnez le document lui-même.")
    number = printable(told.get("numero", ""))
    if len(number) > _LONGEST:
        raise UsageError(f"Le numéro donné de « {place.name} » est trop long : recopiez-le seul.")
    found = Seen(
        document,
        printable(place.name.encode(errors="replace").decode()),
        hashlib.sha256(data).hexdigest(),
        len(data),
        number,
        None,
        None,
        place,
    )
    days = {name: _dated(found, name, told[name], today) for name in told if name != "numero"}
    day, checked = days.get("date"), days.get("verifie")
    if day and checked and checked < day:
        raise UsageError(f"« {place.name} » serait vérifié avant d'être daté : corrigez ses dates.")
    return replace(found, date=day, verifie=checked)


def _dated(seen: Seen, name: str, text: str, today: dt.date) -> dt.date:
    try:
        day = read_date(text)
    except Unread as error:
        raise UsageError(
            f"« {name}={printable(text)} », de « {seen.fichier} », ne se lit pas : {error}."
        ) from error
    if day > today:
        raise UsageError(
            f"« {name}={printable(text)} », de « {seen.fichier} », est après aujourd'hui "
            f"({date_courte(today)}) : donnez la date passée."
        )
    return day

"""Checking a dossier: is it the one that this home issued, and what has the list said since."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import UsageError
from pipelines.french import date_longue
from pipelines.home import Home
from pipelines.portage.dossier.numbers import issued, reserved
from pipelines.portage.dossier.reading import bytes_of
from pipelines.portage.dossier.source import state
from pipelines.portage.verdict import Verdict
from pipelines.registers.categories import BY_CODE

if TYPE_CHECKING:
    import duckdb

# Dossiers weigh a few hundred kilobytes.
_LARGEST = 64_000_000
_TOO_BIG = "pour un dossier : donnez le PDF ou le JSON que « opac dossier » a écrit."
_MARK = re.compile(rb"(OPAC-\d{4}-\d{6,9})/([0-9a-f]{8})")
_JSON_NUMBER = re.compile(rb'"numero"\s*:\s*"(OPAC-\d{4}-\d{6,9})"')
_JSON_JOURNAL = re.compile(rb'"journal"\s*:\s*"([0-9a-f]{8})"')
_NAME = re.compile(r"OPAC-\d{4}-\d{6,9}")
_STREAM = re.compile(rb"stream\r?\n")
# What is inflated of a PDF in search of its number: a few streams tell, a bomb must not.
_INFLATED = 1_000_000
_STREAMS = 400


class Status(StrEnum):
    """What a file is to this home."""

    AUTHENTIQUE = "authentique"
    MODIFIE = "modifié"
    INCONNU = "inconnu ici"


@dataclass(frozen=True)
class Checked:
    """``emission`` is the line of the journal; ``message`` says in one sentence what was seen."""

    statut: Status
    numero: str | None
    sha256: str
    message: str
    emission: Mapping[str, Any] | None = None


def check(home: Home, file: Path) -> Checked:
    """Compare a file, PDF or JSON, with the journal of the home: first as a whole.

    Raises:
        UsageError: it cannot be read, or is not a dossier at all.
        HomeUnusable: the journal cannot be read.
    """
    data = bytes_of(file, _LARGEST, _TOO_BIG)
    sha256 = hashlib.sha256(data).hexdigest()
    known = issued(home)
    for entry in known:
        if sha256 in (entry["sha256_pdf"], entry["sha256_json"], entry.get("sha256_zip")):
            number = entry["numero"]
            told = f"C'est le dossier {number}, tel que ce dossier de travail l'a émis."
            return Checked(Status.AUTHENTIQUE, number, sha256, told, entry)
    numero, journal = _mark(file, data)
    for entry in known:
        if entry["numero"] == numero and journal in (entry["journal"], None):
            return Checked(Status.MODIFIE, numero, sha256, _changed(numero, journal), entry)
    return Checked(Status.INCONNU, numero, sha256, _unknown(home, numero, journal))


def changes(con: duckdb.DuckDBPyConnection, emission: Mapping[str, Any]) -> list[str]:
    """Say what the release of ``con`` says otherwise of the organisations of a dossier."""
    found: list[str] = []
    for was in named(emission):
        now = state(con, was["nda"], was["siren"])
        who = "porteur" if was["role"] == "porteur" else "sous-traitant"
        found += [f"{who} : {change}" for change in _differences(was, now)]
    return found


def named(emission: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the organisations of a dossier that a number names: only these can be looked for."""
    return [found for found in emission["organismes"] if found["nda"] or found["siren"]]


def _differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if was["liste"] != now["liste"]:
        if now["liste"]:
            yield "il figure maintenant dans la liste"
        elif now["nda_actuel"]:
            yield f"il figure maintenant dans la liste sous le numéro {now['nda_actuel']}"
        else:
            yield "il ne figure plus dans la liste (ce qui n'est pas perdre Qualiopi)"
    if not now["liste"]:
        return
    words = {True: "certifié", False: "non certifié", None: "sans certification indiquée"}
    for name, flag in now["certifications"].items():
        before = was["certifications"].get(name)
        if flag != before:
            yield f"{BY_CODE[name].label} : {words[flag]}, et non plus {words[before]}"
    if was["liste"] and was["denomination_sha256"] != now["denomination_sha256"]:
        yield "sa dénomination a changé"


def _mark(file: Path, data: bytes) -> tuple[str | None, str | None]:
    """Find the number of a dossier and the name of its journal, in the file or else in its name.

    Raises:
        UsageError: it is neither a PDF nor the JSON of a dossier.
    """
    if b"%PDF-" in data[:1024]:
        for text in _texts(data):
            if found := _MARK.search(text):
                return found[1].decode(), found[2].decode()
        named = _NAME.search(file.name.upper())
        return (named[0] if named else None), None
    number, journal = _JSON_NUMBER.search(data), _JSON_JOURNAL.search(data)
    if number is None or journal is None:
        raise UsageError(
            f"« {file} » n'est ni un PDF ni le JSON d'un dossier : donnez l'un des deux fichiers "
            "que « opac dossier » a écrits."
        )
    return number[1].decode(), journal[1].decode()


def _texts(data: bytes) -> Iterator[bytes]:
    """Give where the mark of a PDF may be: its bytes, or those of a program that packed them."""
    yield data
    for rank, stream in enumerate(_STREAM.finditer(data)):
        if rank == _STREAMS:
            return
        try:
            inflated = zlib.decompressobj().decompress(data[stream.end() :], _INFLATED)
        except zlib.error:  # a font, an image: packed otherwise
            continue
        # Some write text in two bytes a character.
        yield inflated.replace(b"\0", b"")


def _changed(numero: str | None, journal: str | None) -> str:
    by = " (d'après son nom)" if journal is None else ""
    return (
        f"Ce fichier porte le numéro {numero}{by}, mais ce n'est plus ce que ce dossier de "
        "travail a émis : ne vous fiez qu'à l'original."
    )


def _unknown(home: Home, numero: str | None, journal: str | None) -> str:
    if numero is None:
        return "Ce fichier ne porte le numéro d'aucun dossier."
    if f"{numero}/{journal}" in reserved(home):
        return (
            f"Le numéro {numero} a été donné ici, mais l'émission de son dossier n'est pas allée "
            "à son terme : refaites-le."
        )
    return (
        f"Ce fichier porte le numéro {numero}, que ce dossier de travail n'a pas émis : "
        "vérifiez-le là d'où il vient."
    )


def told_emission(emission: Mapping[str, Any]) -> str:
    """Say of what a dossier was the proof, as the journal has it."""
    ndas = " et ".join(
        found["nda"] or found["siren"] or "organisme non identifié"
        for found in emission["organismes"]
    )
    verdict = Verdict(emission["verdict"]).words.title
    return (
        f"émis le {date_longue(emission['date'])}, verdict {verdict} pour {ndas} "
        f"({' + '.join(emission['financement'])}, {emission['action']}), "
        f"sur la liste du {date_longue(emission['date_liste'])}"
    )

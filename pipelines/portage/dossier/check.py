"""Checking a dossier: is it the one that was issued, and what has the list said since.

The home that issued it knows it by its journal; any other place, by its signature.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import UsageError
from pipelines.french import combien, date_longue
from pipelines.home import Home
from pipelines.portage.dossier import archive
from pipelines.portage.dossier.key import grouped, own_fingerprint, short
from pipelines.portage.dossier.numbers import issued, reserved
from pipelines.portage.dossier.reading import bytes_of
from pipelines.portage.dossier.signature import signed, was_signed
from pipelines.portage.dossier.source import state
from pipelines.portage.verdict import Verdict
from pipelines.registers.categories import BY_CODE
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    import duckdb

# A dossier weighs a few hundred kilobytes; with its documents, what ``seen.py`` admits.
_LARGEST = 160_000_000
_TOO_BIG = "pour un dossier : donnez le PDF, le JSON ou le ZIP que « opac dossier » a écrit."
_MARK = re.compile(rb"(OPAC-\d{4}-\d{6,9})/([0-9a-f]{8})")
_SHEET = re.compile(rb"json:([0-9a-f]{64})")
_JSON_NUMBER = re.compile(rb'"numero"\s*:\s*"(OPAC-\d{4}-\d{6,9})"')
_JSON_JOURNAL = re.compile(rb'"journal"\s*:\s*"([0-9a-f]{8})"')
_NAME = re.compile(r"OPAC-\d{4}-\d{6,9}")
_STREAM = re.compile(rb"stream\r?\n")
# What is inflated of a PDF in search of its number: a few streams tell, a bomb must not.
_INFLATED = 1_000_000
_STREAMS = 400


class Status(StrEnum):
    """What a file is, here."""

    AUTHENTIQUE = "authentique"
    INTACT = "intact"
    MODIFIE = "modifié"
    AUTRE_CLE = "signé par une autre clé"
    INCONNU = "inconnu ici"


@dataclass(frozen=True)
class Checked:
    """``emission`` is the line of the journal; ``message`` says in one sentence what was seen.

    ``cle`` is the fingerprint of the key that signed it, where every byte is as it was then;
    ``empreinte`` the short hash that its pages bear.
    """

    statut: Status
    numero: str | None
    sha256: str
    message: str
    emission: Mapping[str, Any] | None = None
    cle: str | None = None
    empreinte: str | None = None


def check(home: Home, file: Path, key: str | None = None) -> Checked:
    """Compare a file (PDF, JSON or ZIP) with the journal of the home, then with its signature.

    ``key`` is the fingerprint of the key that must have signed it: only the signature counts then.

    Raises:
        UsageError: it cannot be read, or is not a dossier at all.
        HomeUnusable: the journal cannot be read.
    """
    data = bytes_of(file, _LARGEST, _TOO_BIG)
    if data.startswith(archive.SIGNATURE):
        return _archive(home, file, data, key)
    found = _check(home, file, data, key)
    of = found.sha256 if data.startswith(b"{") else _sheet_of(data)
    told = found.statut in (Status.AUTHENTIQUE, Status.INTACT)
    return replace(found, empreinte=short(of)) if told and of else found


def _check(home: Home, file: Path, data: bytes, key: str | None) -> Checked:
    sha256 = hashlib.sha256(data).hexdigest()
    known = issued(home)
    numero, journal = _mark(file, data)
    here = next((entry for entry in known if sha256 in _hashes(entry)), None)
    if here is not None and (key is None or not _under_a_signature(file, data)):
        number = here["numero"]
        told = f"C'est le dossier {number}, tel que ce dossier de travail l'a émis."
        return Checked(Status.AUTHENTIQUE, number, sha256, told, here)
    if key is None:
        for entry in known:
            if entry["numero"] == numero and journal in (entry["journal"], None):
                return Checked(Status.MODIFIE, numero, sha256, _changed(numero, journal), entry)
        if f"{numero}/{journal}" in reserved(home):
            return Checked(Status.INCONNU, numero, sha256, _unfinished(numero))
    if data.startswith(b"{"):
        return _sheet(home, file, Checked(Status.INCONNU, numero, sha256, "", here), key)
    if not was_signed(data):
        return Checked(Status.INCONNU, numero, sha256, _unknown(numero))
    return _signed(home, data, Checked(Status.MODIFIE, numero, sha256, _broken(numero), here), key)


def _under_a_signature(file: Path, data: bytes) -> bool:
    """Say whether a PDF is signed, or that of a JSON: dossiers issued before are not."""
    if not data.startswith(b"{"):
        return was_signed(data)
    pdf = file.with_suffix(".pdf")
    return pdf.is_file() and was_signed(bytes_of(pdf, _LARGEST, _TOO_BIG))


def _hashes(entry: Mapping[str, Any]) -> tuple[str | None, ...]:
    # Dossiers issued before had no archive.
    return (entry["sha256_pdf"], entry["sha256_json"], entry.get("sha256_zip"))


def _signed(home: Home, data: bytes, found: Checked, key: str | None) -> Checked:
    """Say what the signature of a PDF tells; ``found`` is what it is with a broken one."""
    seen = signed(data)
    if not seen.intact or seen.key is None:
        return found
    found = replace(found, cle=seen.key)
    what = f"Le dossier {found.numero} est tel qu'il fut signé"
    if key is not None and seen.key != key:
        told = (
            f"Le dossier {found.numero} est signé par une autre clé que celle donnée "
            f"({grouped(seen.key)}) : vérifiez-le auprès de qui vous a donné la clé."
        )
        return replace(found, statut=Status.AUTRE_CLE, message=told)
    if key is not None:
        told = f"{what}, par la clé donnée."
        return replace(found, statut=Status.AUTHENTIQUE, message=told)
    if seen.key == own_fingerprint(home):
        told = f"{what}, par la clé de ce dossier de travail."
        return replace(found, statut=Status.AUTHENTIQUE, message=told)
    told = (
        f"{what}, par la clé {grouped(seen.key)}, inconnue ici : demandez-la à son émetteur "
        "(« opac dossier --cle »), et donnez-la avec --cle."
    )
    return replace(found, statut=Status.INTACT, message=told)


def _sheet(home: Home, file: Path, found: Checked, key: str | None) -> Checked:
    """Check a JSON by the PDF beside it, which tells its hash under its signature."""
    pdf = file.with_suffix(".pdf")
    if not pdf.is_file():
        told = (
            f"Ce JSON porte le numéro {found.numero}, que ce dossier de travail n'a pas émis : il "
            f"se vérifie par son PDF ; mettez à côté de lui « {pdf.name} »."
        )
        return replace(found, message=told)
    data = bytes_of(pdf, _LARGEST, _TOO_BIG)
    of = _check(home, pdf, data, key)
    if of.statut in (Status.AUTHENTIQUE, Status.INTACT) and _sheet_of(data) != found.sha256:
        told = f"Ce JSON n'est pas celui que « {pdf.name} », à côté de lui, dit être le sien."
        return replace(found, statut=Status.MODIFIE, message=told)
    return replace(of, sha256=found.sha256)


def _sheet_of(pdf: bytes) -> str | None:
    """Give the SHA-256 of the JSON that a PDF tells of; None when it tells of none, or of two."""
    marks = {mark.decode() for mark in _SHEET.findall(pdf)}
    return marks.pop() if len(marks) == 1 else None


def _archive(home: Home, file: Path, data: bytes, key: str | None) -> Checked:
    """Check the archive of a dossier: its PDF, then what the PDF tells of the rest."""
    inside = archive.unpacked(data, file)
    sha256 = hashlib.sha256(data).hexdigest()
    found = replace(_check(home, file, inside.pdf, key), sha256=sha256)
    if found.statut not in (Status.AUTHENTIQUE, Status.INTACT):
        return found
    of = _sheet_of(inside.pdf)
    wrong = list(archive.faults(inside, of))
    if wrong:
        told = f"Le PDF du dossier {found.numero} est intact, mais de ce ZIP {' ; '.join(wrong)}."
        return replace(found, statut=Status.MODIFIE, message=told)
    count = len(inside.documents)
    packed = f" Son JSON et {combien(count, 'document')} sont ceux qu'il dit." if count else ""
    return replace(found, message=found.message + packed, empreinte=short(of or ""))


def changes(con: duckdb.DuckDBPyConnection, emission: Mapping[str, Any]) -> list[str]:
    """Say what the release of ``con`` says otherwise of the organisations of a dossier."""
    found: list[str] = []
    for was in named(emission):
        now = state(con, was["nda"], was["siren"])
        who = "porteur" if was["role"] == "porteur" else "sous-traitant"
        found += [f"{who} : {change}" for change in _differences(was, now)]
    return found


def withdrawn(con: duckdb.DuckDBPyConnection, emission: Mapping[str, Any]) -> list[str]:
    """Say when the list that a dossier cites is no more among those that a release follows.

    Nothing is said by a release made before lists were followed.
    """
    place = "from duckdb_tables() where schema_name = 'historique' and table_name = 'instantane'"
    if con.execute(f"select count(*) {place}").fetchone() == (0,):
        return []
    found = con.execute(
        f"select 1 where {literal(emission['sha256_liste'])} in "
        "(select sha256 from historique.instantane union all select sha256 from meta.publication)"
    ).fetchone()
    told = (
        f"la liste du {date_longue(emission['date_liste'])} n'est plus suivie ici : elle a été "
        "retirée, ou remplacée par une autre du même jour"
    )
    return [] if found else [told]


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
    if b"%PDF-" in data[:1024] or was_signed(data):
        for text in _texts(data):
            if found := _MARK.search(text):
                return found[1].decode(), found[2].decode()
        named = _NAME.search(file.name.upper())
        return (named[0] if named else None), None
    number, journal = _JSON_NUMBER.search(data), _JSON_JOURNAL.search(data)
    if number is None or journal is None:
        raise UsageError(
            f"« {file} » n'est ni un PDF, ni le JSON ni le ZIP d'un dossier : donnez l'un des "
            "fichiers que « opac dossier » a écrits."
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


def _broken(numero: str | None) -> str:
    what = f"Ce fichier porte le numéro {numero}, mais" if numero else "Ce fichier est signé, et"
    return f"{what} il a changé depuis sa signature : ne vous fiez qu'à l'original."


def _unfinished(numero: str | None) -> str:
    return (
        f"Le numéro {numero} a été donné ici, mais l'émission de son dossier n'est pas allée "
        "à son terme : refaites-le."
    )


def _unknown(numero: str | None) -> str:
    if numero is None:
        return "Ce fichier ne porte le numéro d'aucun dossier."
    return (
        f"Ce fichier porte le numéro {numero}, que ce dossier de travail n'a pas émis, et aucune "
        "signature : vérifiez-le là d'où il vient."
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

"""Fetching the list: from data.gouv.fr, else from the mirror; kept only when it is whole."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import requests
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from pipelines.errors import NotTheList, SourceUnavailable
from pipelines.french import taille
from pipelines.home import home_errors
from pipelines.registers.catalogue import ATTRIBUTION, LICENCE, Entry, find
from pipelines.registers.http import (
    CHUNK,
    Failed,
    Transient,
    Unlike,
    http_date,
    open_session,
    opened,
    receive,
    with_retries,
)
from pipelines.registers.sniff import check_list
from pipelines.settings import Settings

DATA_GOUV, MIRROR = "data.gouv", "opendatasoft"
_USEFUL = ("etag", "last-modified", "content-type", "content-length", "date", "content-encoding")
_DIGESTS = {"md5", "sha1", "sha256", "sha512"}


@dataclass(frozen=True)
class Validators:
    """What an earlier answer gave, to ask for the list only if it changed since."""

    etag: str | None
    last_modified: str | None
    sha256: str


@dataclass(frozen=True)
class Fetched:
    """A list just received. ``path`` is a temporary file: its decoded body, byte for byte."""

    path: Path
    route: str
    asked_url: str
    final_url: str
    headers: dict[str, str]
    last_modified: dt.datetime | None
    licence: str
    attribution: str
    warnings: list[str]


@dataclass(frozen=True)
class NotModified:
    """The server says that its list is still the one of ``sha256``."""

    route: str
    asked_url: str
    final_url: str
    headers: dict[str, str]
    sha256: str
    warnings: list[str]


def fetch(
    settings: Settings, folder: Path, known: Mapping[str, Validators], progress: bool = False
) -> Fetched | NotModified:
    """Bring the list into ``folder``, unless it is still one of ``known`` (by address asked).

    Raises:
        SourceUnavailable: neither route gave a whole answer.
        NotTheList: the last route tried gave something else than the list.
        HomeUnusable: ``folder`` cannot be written.
    """
    with open_session() as session, _bar(progress) as bar, home_errors(folder):
        errand = _Errand(settings, folder, known, session, bar)
        try:
            return _from_data_gouv(errand)
        except Failed as failure:
            first = failure
        lost = (
            f"data.gouv n'a pas donné la liste ({first}) : elle a été demandée au miroir "
            "opendatasoft."
        )
        try:
            return _download(errand, MIRROR, settings.mirror_url, None, [lost])
        except Failed as second:
            raise _failure(first, second) from second


def _failure(first: Failed, second: Failed) -> SourceUnavailable | NotTheList:
    both = f"data.gouv : {first} ; miroir opendatasoft : {second}"
    advice = (
        "la dernière version publiée reste en place ; réessayez plus tard, ou donnez un fichier "
        "avec --source FICHIER."
    )
    if isinstance(second, Unlike):
        return NotTheList(
            f"Ce qui a été reçu n'est pas la liste des organismes de formation ({both}) : {advice}"
        )
    return SourceUnavailable(
        f"La liste des organismes de formation n'a pas pu être obtenue ({both}) : {advice}"
    )


class _OtherFile(Failed):
    """Not the file that the catalogue describes."""


class _Bar:
    """One line of progress, on the error output, for one download after another."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, title: str) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(title, total=None, size="")

    def advance(self, received: int, announced: int | None) -> None:
        if self._task is not None:
            of = "" if announced is None else f" sur {taille(announced)}"
            size = taille(received) + of
            self._progress.update(self._task, completed=received, total=announced, size=size)


@contextmanager
def _bar(shown: bool) -> Iterator[_Bar]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[size]}"))
    with Progress(
        *columns, console=console, transient=True, disable=not (shown and console.is_terminal)
    ) as progress:
        yield _Bar(progress)


@dataclass(frozen=True)
class _Errand:
    settings: Settings
    folder: Path
    known: Mapping[str, Validators]
    session: requests.Session
    bar: _Bar

    def title(self, route: str, attempt: int) -> str:
        again = f", tentative {attempt} sur {self.settings.attempts}" if attempt > 1 else ""
        return f"Téléchargement de la liste ({route}{again})"


def _from_data_gouv(errand: _Errand) -> Fetched | NotModified:
    url = errand.settings.list_url
    try:
        return _download(errand, DATA_GOUV, url, *find(errand.session, errand.settings))
    except _OtherFile:
        # It may have been replaced after the catalogue was read: both are asked for once more.
        return _download(errand, DATA_GOUV, url, *find(errand.session, errand.settings))


def _download(
    errand: _Errand, route: str, url: str, entry: Entry | None, warnings: list[str]
) -> Fetched | NotModified:
    attempts = errand.settings.attempts

    def attempt(number: int) -> Fetched | NotModified:
        errand.bar.start(errand.title(route, number))
        return _ask(errand, route, url, entry, warnings)

    try:
        return with_retries(errand.settings, attempts, attempt)
    except Transient as failure:
        raise Failed(f"{failure}, {attempts} tentatives") from failure


def _ask(
    errand: _Errand, route: str, url: str, entry: Entry | None, warnings: list[str]
) -> Fetched | NotModified:
    known = errand.known.get(url)
    conditions = _conditions(known)
    with opened(errand.session, errand.settings, url, conditions) as response:
        headers = {name: response.headers[name] for name in _USEFUL if name in response.headers}
        if known is not None and response.status_code == requests.codes.not_modified:
            return NotModified(route, url, response.url, headers, known.sha256, warnings)
        path, doubts = _keep(errand, response, entry)
    return Fetched(
        path=path,
        route=route,
        asked_url=url,
        final_url=response.url,
        headers=headers,
        last_modified=http_date(headers.get("last-modified", "")),
        licence=entry.licence if entry else LICENCE,
        attribution=entry.attribution if entry else ATTRIBUTION,
        warnings=warnings + doubts,
    )


def _conditions(known: Validators | None) -> dict[str, str]:
    if known is None:
        return {}
    asked = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in asked.items() if value}


class _Copy:
    """Writes a body and notes, as it passes, what its checks need."""

    def __init__(self, file: BinaryIO, digest: str | None) -> None:
        self._file = file
        self._hash = hashlib.new(digest, usedforsecurity=False) if digest else None
        self.head = self.tail = b""
        self.line_ends = 0

    def add(self, part: bytes) -> None:
        self._file.write(part)
        if self._hash:
            self._hash.update(part)
        self.line_ends += part.count(b"\n")
        self.head += part[: CHUNK - len(self.head)]
        self.tail = (self.tail + part)[-CHUNK:]

    def checksum(self) -> str | None:
        return self._hash.hexdigest() if self._hash else None


def _keep(
    errand: _Errand, response: requests.Response, entry: Entry | None
) -> tuple[Path, list[str]]:
    """Stream the body to a temporary file; nothing is left of one that is not kept."""
    settings = errand.settings
    digest = entry.checksum[0] if entry and entry.checksum else None
    with ExitStack() as undo:
        descriptor, name = tempfile.mkstemp(prefix="liste-", suffix=".part", dir=errand.folder)
        path = Path(name)
        undo.callback(path.unlink)
        with os.fdopen(descriptor, "wb") as file:
            copy = _Copy(file, digest if digest in _DIGESTS else None)
            receipt = receive(response, settings, copy.add, errand.bar.advance)
        check_list(copy.head, copy.tail, copy.line_ends, settings.min_lines)
        if not receipt.framed:
            raise Transient("réponse qui n'annonce pas sa fin, rien ne dit qu'elle est entière")
        doubts = _against(entry, receipt.unpacked, copy.checksum()) if entry else []
        undo.pop_all()
    return path, doubts


def _against(entry: Entry, size: int, checksum: str | None) -> list[str]:
    """Compare with the catalogue, whose word binds only for a file that data.gouv.fr holds."""
    gaps = []
    if entry.size is not None and entry.size != size:
        gaps.append(f"{entry.size} octets au catalogue, {size} reçus")
    if checksum and entry.checksum and entry.checksum[1] != checksum:
        gaps.append("somme de contrôle autre que celle du catalogue")
    if not gaps:
        return []
    if entry.hosted:
        raise _OtherFile(f"fichier incomplet ou altéré, {', '.join(gaps)}")
    return [
        f"Le catalogue ne décrit pas la liste reçue ({', '.join(gaps)}) : il suit avec retard les "
        "fichiers tenus par un autre serveur, la liste est gardée."
    ]

"""The archive: every content as it came, once, and every time it was seen.

``archive/contenus`` holds the bytes of each content, by SHA-256
(:mod:`pipelines.registers.contents`); ``archive/observations.jsonl`` the sightings, in order of
arrival; ``archive/admissions.jsonl`` the contents that make history. Nothing rewrites or deletes
any of them.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipelines.home import Home
from pipelines.jsonl import append_line, read_lines
from pipelines.registers.contents import Contents, Examined

# Where lists come from; those of the last kind were brought in for history alone.
OFFICIAL, LOCAL, IMPORTED = "officielle", "fichiers locaux", "importée"


@dataclass(frozen=True)
class Sighting:
    """One time a content was seen. ``date_contenu`` is an ISO date; ``vu`` an ISO time (UTC)."""

    date_contenu: str
    vu: str
    origine: str
    route: str
    adresse_demandee: str
    adresse_finale: str
    sha256: str
    octets: int
    mise_en_page: str
    lignes: int
    derniere_declaration: str | None
    licence: str
    attribution: str
    # A number that two different rows bear: the list cannot be told apart by it.
    doublon: str | None = None
    # By what a spreadsheet that saved the list is recognised.
    tableur: str | None = None
    entetes: dict[str, str] = field(default_factory=dict)
    avertissements: list[str] = field(default_factory=list)

    @property
    def date(self) -> dt.date:
        """Content date."""
        return dt.date.fromisoformat(self.date_contenu)

    @property
    def order(self) -> tuple[str, str, str]:
        """Order between lists: content date, then latest declaration, then SHA-256."""
        return (self.date_contenu, self.derniere_declaration or "", self.sha256)


class Archive:
    """The archive of a home."""

    def __init__(self, home: Home) -> None:
        self._contents = Contents(home.archive / "contenus")
        self._sightings = home.archive / "observations.jsonl"
        self._admissions = home.archive / "admissions.jsonl"

    def content_path(self, sha256: str) -> Path:
        """Where the compressed content is, or would be."""
        return self._contents.path(sha256)

    def holds(self, sha256: str) -> bool:
        """Tell whether the content can be restored."""
        return self._contents.holds(sha256)

    def store(self, path: Path) -> str:
        """Keep the bytes of ``path``, once, and give their SHA-256.

        They are written as what changed since the content seen last, where that is shorter.
        """
        seen = self.latest()
        return self._contents.store(path, seen.sha256 if seen else None)

    def restore(self, sha256: str, target: Path) -> None:
        """Write the content to ``target`` and check it, byte for byte.

        A damaged content is put aside, so that the same list can be archived again.

        Raises:
            OpacError: the archived content is missing or damaged.
        """
        self._contents.restore(sha256, target)

    def held(self) -> frozenset[str]:
        """Give the SHA-256 of the contents that have a file."""
        return frozenset(self._contents.held())

    def examine(self, progress: Callable[[int, int], None]) -> Examined:
        """Read every content; ``progress`` is told how many were read, of how many."""
        return self._contents.examine(progress)

    def sightings(self) -> Iterator[Sighting]:
        """Yield the sightings in order of arrival."""
        for entry in read_lines(self._sightings):
            yield Sighting(**entry)

    def admit(self, sha256: str) -> None:
        """Record that a content is a list that history may rely on."""
        if sha256 not in self.admitted():
            append_line(self._admissions, {"sha256": sha256, "le": now()})

    def admitted(self) -> frozenset[str]:
        """Give the contents that history may rely on: read without fault, or passed by the gate."""
        return frozenset(entry["sha256"] for entry in read_lines(self._admissions))

    def latest(self) -> Sighting | None:
        """Give the sighting that arrived last."""
        seen = deque(self.sightings(), maxlen=1)
        return seen[0] if seen else None

    def last_sighting(self, sha256: str) -> Sighting | None:
        """Give the last sighting of a content."""
        found = None
        for sighting in self.sightings():
            if sighting.sha256 == sha256:
                found = sighting
        return found

    def add(self, sighting: Sighting) -> None:
        """Record that a content was seen."""
        append_line(self._sightings, asdict(sighting))

    def origin(self) -> str | None:
        """Give the kind of source this home serves, or None while it is empty.

        Old lists that were brought in for history say nothing of it.
        """
        found = (sighting.origine for sighting in self.sightings())
        return next((origin for origin in found if origin != IMPORTED), None)


def now() -> str:
    """Give the present time, UTC, ISO 8601."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

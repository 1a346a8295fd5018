"""The archive: every content as it came, once, and every time it was seen.

``archive/contenus`` holds the bytes of each content, by SHA-256
(:mod:`pipelines.registers.contents`); ``archive/observations.jsonl`` the sightings, in order of
arrival. Nothing rewrites or deletes either.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import NotTheList
from pipelines.home import Home
from pipelines.jsonl import append_line, read_lines
from pipelines.registers.contents import Contents
from pipelines.registers.normalise import latest_declaration
from pipelines.registers.reading import ListReader


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


@dataclass(frozen=True)
class Profile:
    """What a content says of itself: layout, rows (set aside included), latest declaration."""

    mise_en_page: str
    lignes: int
    derniere_declaration: str | None
    avertissements: tuple[str, ...]


def profile(path: Path) -> Profile:
    """Read a list through once, as text.

    Raises:
        NotTheList: it is not the list.
    """
    reader = ListReader(path)
    lines = 0
    latest: dt.date | None = None
    for block in reader.blocks():
        lines += block.lines
        found = latest_declaration(block.rows)
        latest = max(filter(None, (latest, found)), default=None)
    if lines == 0:
        raise NotTheList("La liste n'a qu'un en-tête et aucune ligne : redemandez-la à la source.")
    layout = reader.layout
    return Profile(
        layout.name, lines, latest.isoformat() if latest else None, tuple(layout.warnings)
    )


class Archive:
    """The archive of a home."""

    def __init__(self, home: Home) -> None:
        self._contents = Contents(home.archive / "contenus")
        self._sightings = home.archive / "observations.jsonl"

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
        seen = deque(self.sightings(), maxlen=1)
        return self._contents.store(path, seen[0].sha256 if seen else None)

    def restore(self, sha256: str, target: Path) -> None:
        """Write the content to ``target`` and check it, byte for byte.

        A damaged content is put aside, so that the same list can be archived again.

        Raises:
            OpacError: the archived content is missing or damaged.
        """
        self._contents.restore(sha256, target)

    def sightings(self) -> Iterator[Sighting]:
        """Yield the sightings in order of arrival."""
        for entry in read_lines(self._sightings):
            yield Sighting(**entry)

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
        """Give the kind of source this home serves, or None while it is empty."""
        first: Any = next(self.sightings(), None)
        return first.origine if first else None


def now() -> str:
    """Give the present time, UTC, ISO 8601."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

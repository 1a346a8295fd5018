"""The journal of dossiers of a home: numbers given in order, and what was issued under each.

One JSON object a line, only ever added to. A dossier is two lines: its number is reserved before
the files are made, and the dossier issued once both are on disk. A crash between leaves a number
that is never given again, and nothing that this home would call authentic.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.errors import HomeUnusable
from pipelines.home import Home, home_errors
from pipelines.jsonl import append_line, read_lines

_RESERVED, _ISSUED = "numero", "emission"
# Read in the text of the journal, so that a line torn by a kill keeps its number used.
_GIVEN = rb'"numero": "OPAC-%d-(\d{6,9})"'
_PATIENCE = 10.0
_PAUSE = 0.02


@dataclass(frozen=True)
class Number:
    """The number of a dossier, and the name of the journal that gave it (eight hex digits).

    Every home counts from one: without its journal, a number says little.
    """

    numero: str
    journal: str

    @property
    def mark(self) -> str:
        """Both, as files bear them: ``OPAC-2026-000123/3f9a1c2b``."""
        return f"{self.numero}/{self.journal}"


def journal_path(home: Home) -> Path:
    """Give the place of the journal."""
    return home.root / "dossiers.jsonl"


def reserve(home: Home, moment: datetime) -> Number:
    """Give the next number of the year of ``moment``; it will never be given again.

    Raises:
        HomeUnusable: the journal cannot be written, or another command holds it too long.
    """
    with held(home) as path:
        text = path.read_bytes()
        last = max(map(int, re.findall(_GIVEN % moment.year, text)), default=0)
        names = (entry["journal"] for entry in read_lines(path) if "journal" in entry)
        number = Number(
            f"OPAC-{moment:%Y}-{last + 1:06d}", next(names, None) or os.urandom(4).hex()
        )
        _append(path, _RESERVED, number, moment, pid=os.getpid())
    return number


def record(home: Home, number: Number, moment: datetime, **issued: Any) -> None:
    """Write that a dossier was issued: both of its files are on disk.

    Raises:
        HomeUnusable: the journal cannot be written, or another command holds it too long.
    """
    with held(home) as path:
        _append(path, _ISSUED, number, moment, **issued)


def issued(home: Home) -> list[dict[str, Any]]:
    """Return what was issued, oldest first; a line torn by a kill is passed over.

    Raises:
        HomeUnusable: the journal cannot be read.
    """
    return _entries(home, _ISSUED)


def reserved(home: Home) -> set[str]:
    """Return the marks of the numbers given, whether or not their dossier was issued.

    Raises:
        HomeUnusable: the journal cannot be read.
    """
    return {f"{entry['numero']}/{entry['journal']}" for entry in _entries(home, _RESERVED)}


def _entries(home: Home, event: str) -> list[dict[str, Any]]:
    with home_errors(home.root):
        return [
            entry for entry in read_lines(journal_path(home)) if entry.get("evenement") == event
        ]


def _append(path: Path, event: str, number: Number, moment: datetime, /, **details: Any) -> None:
    entry: Mapping[str, Any] = {
        "evenement": event,
        "numero": number.numero,
        "journal": number.journal,
        "date": moment.isoformat(timespec="seconds"),
        **details,
    }
    append_line(path, entry)


@contextmanager
def held(home: Home) -> Iterator[Path]:
    """Hold the journal, for as long as it takes to read it and to add a line."""
    path = journal_path(home)
    with home_errors(home.root):
        home.root.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(fd, path)
            yield path
        finally:
            os.close(fd)  # which frees it


def _lock(fd: int, path: Path) -> None:
    limit = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > limit:
                raise HomeUnusable(
                    f"Une autre commande tient le journal « {path} » depuis plus de "
                    f"{_PATIENCE:.0f} secondes : attendez sa fin, puis relancez la commande."
                ) from None
            time.sleep(_PAUSE)
        else:
            return

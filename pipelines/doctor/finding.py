"""What a check finds, and what all of them look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from pipelines.home import Home
from pipelines.registers.archive import Archive, Sighting
from pipelines.settings import Settings
from pipelines.warehouse.release import Release, current


class State(StrEnum):
    """How what was checked is, from the best to the worst."""

    WELL = "bien"
    LOOK = "à regarder"
    BROKEN = "en panne"

    @property
    def rank(self) -> int:
        """Order of gravity."""
        return list(State).index(self)


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: in ``told`` how it is, in ``mend`` what to do about it."""

    state: State
    told: str
    mend: str = ""


@dataclass(frozen=True)
class Checked:
    """A finding, and the check that made it."""

    check: str
    finding: Finding


def well(told: str) -> Finding:
    """Say that what was checked is as it should be."""
    return Finding(State.WELL, told)


def look(told: str, mend: str) -> Finding:
    """Say that someone should have a look; nothing is lost meanwhile."""
    return Finding(State.LOOK, told, mend)


def broken(told: str, mend: str) -> Finding:
    """Say that something does not do its work."""
    return Finding(State.BROKEN, told, mend)


@dataclass(frozen=True)
class Patient:
    """A home under examination. ``progress`` is told what was read, of how much."""

    settings: Settings
    progress: Callable[[int, int], None]

    @property
    def home(self) -> Home:
        """Its paths."""
        return Home(self.settings.home)

    @property
    def archive(self) -> Archive:
        """Its archive."""
        return Archive(self.home)

    @cached_property
    def sightings(self) -> list[Sighting]:
        """Every time a list was seen."""
        return list(self.archive.sightings())

    @property
    def release(self) -> Release | None:
        """The current release, if its link leads to one."""
        return current(self.home)

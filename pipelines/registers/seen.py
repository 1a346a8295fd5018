"""When the source was last seen, and whether what it gives still moves."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.registers.archive import IMPORTED, OFFICIAL, Archive, Sighting
from pipelines.settings import PARIS

# Beyond that, a list whose HTTP date moves and whose content does not is told as frozen.
FROZEN_DAYS = 7


@dataclass(frozen=True)
class Frozen:
    """A content that the source has given unchanged, under dates that moved."""

    sha256: str
    depuis: dt.date
    jusqu_a: dt.date


def last_seen(archive: Archive) -> dt.datetime | None:
    """Give the time (UTC) at which a source last gave a list, or said that it had not changed.

    Old lists that were brought in for history do not count. The last is the last to arrive: a clock
    that was ahead for a while is forgotten with the next.
    """
    arrived = deque((s for s in archive.sightings() if s.origine != IMPORTED), maxlen=1)
    return dt.datetime.fromisoformat(arrived[0].vu) if arrived else None


def seen_until(archive: Archive, sha256: str) -> dt.date | None:
    """Give the last day on which a content was the list.

    That is when the official source last gave it, or said that it had not changed; of a file, the
    date that it was given. Given again under a date more than seven days later, the content of a
    list that changes every day is no longer believed to be that of the day.
    """
    arrived = deque((s for s in _believed(archive) if s.sha256 == sha256), maxlen=1)
    return _day(arrived[0]) if arrived else None


def seen_days(archive: Archive) -> list[tuple[str, dt.date]]:
    """Give the days on which each content (SHA-256) was the list, as :func:`seen_until` says."""
    return sorted({(one.sha256, _day(one)) for one in _believed(archive)})


def _believed(archive: Archive) -> Iterator[Sighting]:
    """Yield the sightings, in order of arrival, but those of a content frozen for too long."""
    sightings = list(archive.sightings())
    first: dict[str, dt.date] = {}
    for one in sightings:
        first[one.sha256] = min(first.get(one.sha256, one.date), one.date)
    for one in sightings:
        believed = first[one.sha256] + dt.timedelta(days=FROZEN_DAYS)
        if one.date <= believed or one.origine != OFFICIAL:
            yield one


def _day(sighting: Sighting) -> dt.date:
    """Give the day, in Paris, on which the official source gave a list; of a file, its own."""
    if sighting.origine != OFFICIAL:
        return sighting.date
    seen = dt.datetime.fromisoformat(sighting.vu).astimezone(PARIS).date()
    return max(sighting.date, seen)


def frozen(archive: Archive) -> Frozen | None:
    """Tell whether the official content seen last came under dates more than seven days apart."""
    dates: list[dt.date] = []
    sha256 = ""
    for sighting in archive.sightings():
        if sighting.origine != OFFICIAL:
            continue
        if sighting.sha256 != sha256:
            sha256, dates = sighting.sha256, []
        dates.append(sighting.date)
    if not dates or (max(dates) - min(dates)).days <= FROZEN_DAYS:
        return None
    return Frozen(sha256, min(dates), max(dates))

"""Which lists make history: one a date, in order, whatever the order in which they arrived."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.registers.archive import Archive, Sighting


@dataclass(frozen=True)
class DatedList:
    """One snapshot of the register: ``date`` is an ISO date."""

    date: str
    sha256: str
    lignes: int
    mise_en_page: str
    route: str


def dated_lists(archive: Archive, building: Sighting | None = None) -> list[DatedList]:
    """Give the lists admitted to history, with the one that is being built, by date.

    A content seen several times is dated by the first; of two lists of one date, the one of latest
    declaration counts, as for a release. Times of arrival play no part.
    """
    admitted = archive.admitted()
    if building is not None:
        admitted |= {building.sha256}
    first: dict[str, Sighting] = {}
    for sighting in archive.sightings():
        known = first.get(sighting.sha256)
        if sighting.sha256 in admitted and (known is None or _earlier(sighting, known)):
            first[sighting.sha256] = sighting
    kept: dict[str, Sighting] = {}
    for sighting in first.values():
        other = kept.get(sighting.date_contenu)
        if other is None or other.order < sighting.order:
            kept[sighting.date_contenu] = sighting
    return [
        DatedList(date, one.sha256, one.lignes, one.mise_en_page, one.route)
        for date, one in sorted(kept.items())
    ]


def _earlier(one: Sighting, other: Sighting) -> bool:
    return (one.date_contenu, one.route) < (other.date_contenu, other.route)

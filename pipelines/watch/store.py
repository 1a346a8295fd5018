"""The lines of the watch list, as they are kept: who is watched, for whom, and what was last told.

No name is kept, of persons or of organisations: they are looked up in the release when told.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

# The facts that make of one organisation several lines, besides who is told.
MISSION = ("financement", "action", "porteur")


@dataclass(frozen=True)
class Deadline:
    """A date to come, and what happens then; ``annoncee``: it was told as coming soon."""

    date: dt.date
    libelle: str
    annoncee: bool = False

    @property
    def key(self) -> tuple[dt.date, str]:
        """What makes it the same one, told or not."""
        return self.date, self.libelle


@dataclass(frozen=True)
class Told:
    """What the watcher was last told: the next round is compared with it.

    ``liste``, ``sha256``, ``version`` and ``regles`` say which release judged, on the day ``jour``;
    ``perimee``: that list had not been seen for too long to say who is certified;
    ``verdict``, ``registre`` (what the list alone says) and ``raisons`` are missing or empty when
    no mission is asked about. ``evenements`` are the keys of the events of that very list, in case
    another one comes with the same date; ``echeances`` the dates to come.
    """

    liste: dt.date
    sha256: str
    version: str
    regles: str
    jour: dt.date
    perimee: bool
    verdict: str | None
    registre: str | None
    raisons: tuple[str, ...]
    evenements: tuple[str, ...]
    echeances: tuple[Deadline, ...]

    @property
    def announced(self) -> set[tuple[dt.date, str]]:
        """Keys of the dates that were told as coming soon."""
        return {one.key for one in self.echeances if one.annoncee}


@dataclass(frozen=True)
class Watched:
    """A line: an organisation by its number, for a recipient, with the facts of the mission.

    ``identifiant`` is a NDA, a SIREN or a SIRET; ``ndas`` are the NDA that it was last found under.
    ``dit`` is missing only until the line is kept.
    """

    destinataire: str
    identifiant: str
    faits: dict[str, str]
    ajoute: dt.date
    ndas: tuple[str, ...] = ()
    dit: Told | None = None
    rang: int | None = None

    @property
    def mission(self) -> tuple[str, ...]:
        """Funding, category and porteur asked about; blank when they are not."""
        return tuple(self.faits.get(name, "") for name in MISSION)

    @property
    def judged(self) -> bool:
        """Whether a verdict is asked: else only what the list says is followed."""
        return "financement" in self.faits and "action" in self.faits

    @property
    def told(self) -> Told:
        """What was last told."""
        if self.dit is None:
            raise ValueError("the line is not kept yet")
        return self.dit


def load(con: sqlite3.Connection, recipients: Iterable[str] | None = None) -> list[Watched]:
    """Give the lines in the order in which they were added; of some recipients, or of all."""
    rows = con.execute("select * from veille order by rang").fetchall()
    chosen = None if recipients is None else set(recipients)
    return [_line(row) for row in rows if chosen is None or row["destinataire"] in chosen]


def save(con: sqlite3.Connection, lines: Sequence[Watched]) -> None:
    """Keep lines: those that have a ``rang`` take the place of what they were."""
    con.executemany(
        "insert into veille (rang, destinataire, identifiant, financement, action, porteur, faits, "
        "ndas, ajoute, dit) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "on conflict (rang) do update set faits = excluded.faits, ndas = excluded.ndas, "
        "dit = excluded.dit",
        [
            (
                line.rang,
                line.destinataire,
                line.identifiant,
                *line.mission,
                _json(line.faits),
                _json(line.ndas),
                line.ajoute.isoformat(),
                _json(asdict(line.told)),
            )
            for line in lines
        ],
    )


def drop(con: sqlite3.Connection, lines: Sequence[Watched]) -> None:
    """Forget lines."""
    con.executemany("delete from veille where rang = ?", [(line.rang,) for line in lines])


def carried(old: Told, new: Told) -> Told:
    """Give what was told of a line whose facts changed: judged now, nothing told twice.

    Dates already announced stay so, and a release older than the one already told (after a
    rollback) does not make its events new again.
    """
    announced = old.announced
    kept = tuple(replace(one, annoncee=one.key in announced) for one in new.echeances)
    if old.liste > new.liste:
        new = replace(new, liste=old.liste, sha256=old.sha256, evenements=old.evenements)
    return replace(new, echeances=kept)


def _line(row: sqlite3.Row) -> Watched:
    return Watched(
        destinataire=row["destinataire"],
        identifiant=row["identifiant"],
        faits=json.loads(row["faits"]),
        ajoute=dt.date.fromisoformat(row["ajoute"]),
        ndas=tuple(json.loads(row["ndas"])),
        dit=_told_from(json.loads(row["dit"])),
        rang=row["rang"],
    )


def _told_from(values: dict[str, Any]) -> Told:
    days = {name: dt.date.fromisoformat(values[name]) for name in ("liste", "jour")}
    texts = {name: tuple(values[name]) for name in ("raisons", "evenements")}
    deadlines = tuple(
        Deadline(dt.date.fromisoformat(one["date"]), one["libelle"], one["annoncee"])
        for one in values["echeances"]
    )
    return Told(**{**values, **days, **texts, "echeances": deadlines})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=dt.date.isoformat)

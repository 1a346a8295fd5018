"""The outbox: a notice is queued once, and sent until it is received, under the same identifier.

What is queued is kept by the transaction of whoever queues it. A crash while sending makes it
sent again under the same identifier, by which whoever receives it knows it.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipelines.errors import OpacError

_SHORTEST = 60
_LONGEST = 6 * 3600
_GIVEN_UP_AFTER = 7 * 24 * 3600
_KEPT = dt.timedelta(days=90)


class Genre(StrEnum):
    """What a notice is about, in the words of ``avis.toml``."""

    VEILLE = "veille"
    EXPLOITATION = "exploitation"


class State(StrEnum):
    """Where a notice stands; the first two are still tried."""

    WAITING = "en attente"
    REFUSED = "refusé"
    SENT = "envoyé"
    GIVEN_UP = "abandonné"


# Still to be tried.
OPEN = (State.WAITING, State.REFUSED)


@dataclass(frozen=True)
class Notice:
    """What to tell to one recipient of ``avis.toml``.

    ``cle`` says what is told: the same key for the same recipient is told once. ``objet`` is one
    line, ``texte`` French prose, ``donnees`` the same for a program, as JSON values.
    """

    cle: str
    destinataire: str
    genre: Genre
    objet: str
    texte: str
    donnees: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A notice in the outbox. Times are UTC; ``attendu``: seconds waited between its tries.

    ``identifiant`` goes with every try. ``remis``: the addresses that have it already.
    """

    identifiant: str
    destinataire: str
    genre: Genre
    objet: str
    texte: str
    donnees: dict[str, Any]
    cree: dt.datetime
    etat: State = State.WAITING
    essais: int = 0
    attendu: int = 0
    dernier_essai: dt.datetime | None = None
    prochain_essai: dt.datetime | None = None
    derniere_erreur: str | None = None
    remis: tuple[str, ...] = ()
    fini: dt.datetime | None = None

    def body(self) -> bytes:
        """Write what a program reads, in the form of Standard Webhooks; the same on every try."""
        data = {
            "identifiant": self.identifiant,
            "objet": self.objet,
            "texte": self.texte,
            "donnees": self.donnees,
        }
        whole = {"type": f"opac.{self.genre}", "timestamp": self.cree.isoformat(), "data": data}
        return json.dumps(whole, ensure_ascii=False).encode()


class NotReceived(OpacError):
    """The other side does not have the notice. ``refused``: trying again soon is no use.

    The sentence is kept and shown: it names the host, never a whole address, a password or what
    the other side wrote. ``remis``: the addresses that have it all the same.
    """

    def __init__(self, reason: str, *, refused: bool = False, remis: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.refused = refused
        self.remis = remis


def post(con: sqlite3.Connection, notices: Iterable[Notice]) -> int:
    """Queue notices in the transaction of ``con``; count those that were not queued before."""
    created = _stamp(now())
    return sum(
        con.execute(
            "insert into avis (identifiant, cle, destinataire, genre, objet, texte, donnees, cree,"
            " etat) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (destinataire, cle) do nothing",
            (
                _identifier(),
                notice.cle,
                notice.destinataire,
                notice.genre,
                notice.objet,
                notice.texte,
                json.dumps(notice.donnees, ensure_ascii=False),
                created,
                State.WAITING,
            ),
        ).rowcount
        for notice in notices
    )


def trial(destinataire: str) -> Entry:
    """Make the notice by which a channel is tried; it is not queued."""
    return Entry(
        _identifier(),
        destinataire,
        Genre.EXPLOITATION,
        "Avis d'essai",
        "Cet avis est un essai demandé par « opac avis essayer » : s'il vous parvient, les "
        "suivants vous parviendront.",
        {"essai": True},
        now(),
    )


def entries(con: sqlite3.Connection) -> list[Entry]:
    """Give the notices of the outbox, oldest first."""
    return [_entry(row) for row in con.execute("select * from avis order by rang")]


def due(con: sqlite3.Connection) -> list[Entry]:
    """Give the notices whose time has come: those never tried, then those tried longest ago.

    So one that is refused each time does not keep the others from being tried. A last try in the
    future means that the clock was set back: its next one is due as well.
    """
    rows = con.execute(
        "select * from avis where etat in (?, ?) and (prochain_essai is null"
        " or prochain_essai <= ? or dernier_essai > ?) order by dernier_essai, rang",
        (*OPEN, _stamp(now()), _stamp(now())),
    )
    return [_entry(row) for row in rows]


def sent(con: sqlite3.Connection, entry: Entry) -> None:
    """Record that a notice was received."""
    con.execute(
        "update avis set etat = ?, essais = essais + 1, dernier_essai = ?, prochain_essai = null,"
        " fini = ? where identifiant = ?",
        (State.SENT, _stamp(now()), _stamp(now()), entry.identifiant),
    )


def failed(con: sqlite3.Connection, entry: Entry, error: NotReceived) -> None:
    """Record a try that failed, and when comes the next: later each time, for seven days.

    The week is counted in waits between tries, so that a machine that was off, or a clock that was
    set, gives nothing up.
    """
    if entry.attendu >= _GIVEN_UP_AFTER:
        state, wait = State.GIVEN_UP, 0
    elif error.refused:
        state, wait = State.REFUSED, _LONGEST
    else:
        state, wait = State.WAITING, min(_SHORTEST * 2 ** min(entry.essais, 20), _LONGEST)
    moment = now()
    over = state is State.GIVEN_UP
    con.execute(
        "update avis set etat = ?, essais = essais + 1, attendu = attendu + ?, dernier_essai = ?,"
        " prochain_essai = ?, derniere_erreur = ?, remis = ?, fini = ? where identifiant = ?",
        (
            state,
            wait,
            _stamp(moment),
            None if over else _stamp(moment + dt.timedelta(seconds=wait)),
            str(error),
            json.dumps(error.remis or entry.remis),
            _stamp(moment) if over else None,
            entry.identifiant,
        ),
    )


def count(con: sqlite3.Connection, *states: State) -> int:
    """Count the notices in these states."""
    marks = ", ".join("?" * len(states))
    found = con.execute(f"select count(*) from avis where etat in ({marks})", states).fetchone()
    return int(found[0])


def forget(con: sqlite3.Connection) -> None:
    """Remove what was received, or given up, more than ninety days ago."""
    con.execute("delete from avis where fini < ?", (_stamp(now() - _KEPT),))


def now() -> dt.datetime:
    """Give the present time, UTC, to the second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _identifier() -> str:
    return f"avis_{uuid.uuid4().hex}"


def _stamp(moment: dt.datetime) -> str:
    return moment.isoformat()


def _entry(row: sqlite3.Row) -> Entry:
    values = {name: row[name] for name in row.keys() if name not in {"rang", "cle"}}  # noqa: SIM118
    for name in ("cree", "dernier_essai", "prochain_essai", "fini"):
        values[name] = dt.datetime.fromisoformat(values[name]) if values[name] else None
    return Entry(
        **{
            **values,
            "genre": Genre(row["genre"]),
            "etat": State(row["etat"]),
            "donnees": json.loads(row["donnees"]),
            "remis": tuple(json.loads(row["remis"])),
        }
    )

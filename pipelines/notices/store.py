"""``avis.sqlite``, in the home: what waits to be told, and what the watch list was last told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pipelines.errors import HomeUnusable, OpacError
from pipelines.home import Home, home_errors, unusable

_VERSION = 1
_WAIT = 30.0

_OUTBOX = """
create table if not exists avis (
    rang integer primary key autoincrement,
    identifiant text not null unique,
    cle text not null,
    destinataire text not null,
    genre text not null,
    objet text not null,
    texte text not null,
    donnees text not null,
    cree text not null,
    etat text not null,
    essais integer not null default 0,
    attendu integer not null default 0,
    dernier_essai text,
    prochain_essai text,
    derniere_erreur text,
    remis text not null default '[]',
    fini text,
    unique (destinataire, cle)
)
"""


def made(home: Home) -> bool:
    """Tell whether the home has a store: to ask what is in it must not make one."""
    with home_errors(home.root):
        return _path(home).exists()


@contextmanager
def store(
    home: Home, ddl: Sequence[str] = (), *, writing: bool = True
) -> Iterator[sqlite3.Connection]:
    """Open the store for one transaction: kept when the block ends, undone when it fails.

    ``ddl``: tables of another room, as ``create table if not exists`` statements. Rows answer by
    name and by position. Without ``writing``, what another process writes is not waited for.

    Raises:
        HomeUnusable: the store cannot be made, read or written.
        OpacError: another process has held it for thirty seconds.
    """
    path = _path(home)
    try:
        with home_errors(home.root):
            home.root.mkdir(parents=True, exist_ok=True)
            _create(path)
        with closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as con:
            con.row_factory = sqlite3.Row
            con.execute("pragma foreign_keys = on")
            con.execute("begin immediate" if writing else "begin")
            try:
                _make(con, home, ddl)
                yield con
            except BaseException:
                # A full disk has already undone it.
                if con.in_transaction:
                    con.execute("rollback")
                raise
            con.execute("commit")
    except sqlite3.Error as error:
        told = _sqlite_error_in_french(home, error)
        if told is None:
            raise
        raise told from error


def _path(home: Home) -> Path:
    return home.root / "avis.sqlite"


def _create(path: Path) -> None:
    """Make the file for its owner alone, if there is none.

    One that exists is not opened: to close it would free what SQLite locks in another thread.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _make(con: sqlite3.Connection, home: Home, ddl: Sequence[str]) -> None:
    (version,) = con.execute("pragma user_version").fetchone()
    if version > _VERSION:
        raise HomeUnusable(
            f"« {_path(home)} » vient d'une version plus récente d'opac : "
            "mettez opac à jour, ou choisissez un autre dossier avec --home ou OPAC_HOME."
        )
    for statement in (_OUTBOX, *ddl):
        con.execute(statement)
    if version < _VERSION:
        con.execute(f"pragma user_version = {_VERSION}")


def _sqlite_error_in_french(home: Home, error: sqlite3.Error) -> OpacError | None:
    path = _path(home)
    name = getattr(error, "sqlite_errorname", "")
    if name in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
        return HomeUnusable(
            f"« {path} » est abîmé : mettez-le de côté (il tenait les avis en attente et la liste "
            "de veille), remettez-en une copie ou refaites la liste avec « opac veille ajouter »."
        )
    if name == "SQLITE_BUSY":
        return OpacError(
            f"« {path} » est occupé par un autre processus depuis plus de {_WAIT:.0f} secondes : "
            "réessayez dans quelques minutes."
        )
    return unusable(home.root, error)

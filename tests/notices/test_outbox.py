"""The outbox: queued once, kept or undone with its transaction, tried for seven days."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipelines.errors import HomeUnusable, OpacError
from pipelines.home import Home
from pipelines.notices import store as store_module
from pipelines.notices.outbox import (
    Genre,
    NotReceived,
    State,
    count,
    due,
    failed,
    forget,
    now,
    post,
    sent,
)
from pipelines.notices.store import made, store
from tests.notices.conftest import notice, queue, queued
from tests.processes import hear, process, say

_HOLDER = """
import sys
from pathlib import Path
from pipelines.home import Home
from pipelines.notices.outbox import Genre, Notice, post
from pipelines.notices.store import store

with store(Home(Path(sys.argv[1]))) as con:
    print(post(con, [Notice("a", "crochet", Genre.VEILLE, "objet", "texte")]), flush=True)
    sys.stdin.readline()
"""

_TAKE = """
import sqlite3, sys

try:
    sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("begin immediate")
    print("libre", flush=True)
except sqlite3.OperationalError as error:
    print(error, flush=True)
"""

_FULL = """
import resource, signal, sys
from pathlib import Path
from pipelines.errors import HomeUnusable
from pipelines.home import Home
from pipelines.notices.outbox import Genre, Notice, post
from pipelines.notices.store import store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    with store(Home(Path(sys.argv[1]))) as con:
        post(con, [Notice("plein", "crochet", Genre.VEILLE, "objet", "x" * 200_000)])
except HomeUnusable as error:
    print(error, flush=True)
"""


def test_what_is_queued_is_what_waits(home: Home) -> None:
    begun = now()
    assert queue(home, notice("a"), notice("b")) == 2
    first, second = queued(home)
    assert first.identifiant != second.identifiant
    assert replace(first, identifiant="", cree=begun) == replace(second, identifiant="", cree=begun)
    assert (first.genre, first.objet, first.donnees) == (
        Genre.VEILLE,
        "Évolutions à l'été",
        {"n": 1},
    )
    assert first.etat is State.WAITING
    assert begun <= first.cree <= now()


def test_a_key_is_queued_once_a_recipient(home: Home) -> None:
    assert queue(home, notice("a"), notice("a")) == 1
    assert queue(home, notice("a"), notice("a", "autre")) == 1
    with store(home) as con:
        sent(con, due(con)[0])
    assert queue(home, notice("a")) == 0, "sent, it is known still"
    assert len(queued(home)) == 2


def test_what_fails_in_its_transaction_is_not_queued(home: Home) -> None:
    with pytest.raises(ZeroDivisionError), store(home) as con:
        post(con, [notice()])
        _ = 1 // 0
    assert queued(home) == []


def test_a_process_killed_before_its_end_queues_nothing(home: Home) -> None:
    with process(_HOLDER, home.root) as child:
        assert hear(child) == "1"
        child.kill()
        child.wait(30)
    assert queued(home) == []
    with process(_HOLDER, home.root) as child:
        assert hear(child) == "1"
        say(child)
        assert child.wait(30) == 0
    assert len(queued(home)) == 1


def test_who_writes_is_waited_for_and_who_reads_waits_for_nobody(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_WAIT", 0.1)
    queue(home, notice("avant"))
    with process(_HOLDER, home.root) as child:
        assert hear(child) == "1"
        with store(home, writing=False) as con:
            assert count(con, State.WAITING) == 1, "what is not committed is not seen"
        with pytest.raises(OpacError, match="occupé par un autre processus"):
            queue(home, notice("b"))
        monkeypatch.setattr(store_module, "_WAIT", 30)
        say(child)
        assert queue(home, notice("b")) == 1
    assert len(queued(home)) == 3


def test_the_store_is_for_its_owner_alone(home: Home) -> None:
    assert not made(home)
    queue(home, notice())
    assert made(home)
    assert stat.S_IMODE((home.root / "avis.sqlite").stat().st_mode) == 0o600


def test_tables_of_another_room_live_in_it(home: Home) -> None:
    ddl = ("create table if not exists autre (a integer)",)
    for _ in range(2):
        with store(home, ddl) as con:
            con.execute("insert into autre values (1)")
    with store(home, ddl) as con:
        assert con.execute("select sum(a) as s from autre").fetchone()["s"] == 2


def test_a_damaged_store_is_said(home: Home) -> None:
    (home.root / "avis.sqlite").write_bytes(b"ceci n'est pas une base" * 400)
    with pytest.raises(HomeUnusable, match="est abîmé : mettez-le de côté"):
        queue(home, notice())


def test_a_store_of_a_newer_opac_is_left_alone(home: Home) -> None:
    with store(home) as con:
        con.execute("pragma user_version = 99")
    with pytest.raises(HomeUnusable, match="version plus récente d'opac"):
        queue(home, notice())


def test_an_error_of_ours_is_not_taken_for_one_of_the_home(home: Home) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"), store(home) as con:
        con.execute("select * from absente")


def waits(home: Home, *, refused: bool, later: Callable[[int], None]) -> list[int]:
    """Fail to send until it is given up; give the seconds waited each time."""
    found: list[int] = []
    while True:
        with store(home) as con:
            (entry,) = due(con)
            failed(con, entry, NotReceived(f"essai {entry.essais}.", refused=refused))
        (entry,) = queued(home)
        if entry.etat is State.GIVEN_UP:
            return found
        assert entry.etat is (State.REFUSED if refused else State.WAITING)
        assert entry.prochain_essai is not None
        assert entry.dernier_essai is not None
        wait = int((entry.prochain_essai - entry.dernier_essai).total_seconds())
        later(wait - 5)
        with store(home) as con:
            assert due(con) == []
        later(5)
        found.append(wait)


def test_waits_grow_up_to_six_hours_for_seven_days(
    home: Home, later: Callable[[int], None]
) -> None:
    queue(home, notice())
    minutes = [wait // 60 for wait in waits(home, refused=False, later=later)]
    assert minutes[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]
    assert set(minutes[10:]) == {360}
    assert 7 * 24 <= sum(minutes) / 60 < 7 * 24 + 6
    (entry,) = queued(home)
    assert entry.derniere_erreur == f"essai {len(minutes)}."
    assert entry.essais == len(minutes) + 1
    assert entry.fini is not None


def test_a_refusal_waits_long_from_the_first(home: Home, later: Callable[[int], None]) -> None:
    queue(home, notice())
    assert waits(home, refused=True, later=later) == [6 * 3600] * 28


def test_a_machine_that_was_off_gives_nothing_up(home: Home, later: Callable[[int], None]) -> None:
    queue(home, notice())
    later(30 * 24 * 3600)
    with store(home) as con:
        failed(con, due(con)[0], NotReceived("non."))
    (entry,) = queued(home)
    assert entry.etat is State.WAITING


def test_a_clock_set_back_delays_nothing(home: Home, later: Callable[[int], None]) -> None:
    queue(home, notice())
    with store(home) as con:
        failed(con, due(con)[0], NotReceived("non.", refused=True))
        assert due(con) == []
    later(-365 * 24 * 3600)
    with store(home) as con:
        assert len(due(con)) == 1


def test_what_was_sent_is_removed_after_ninety_days(
    home: Home, later: Callable[[int], None]
) -> None:
    queue(home, notice("a"), notice("b"))
    with store(home) as con:
        sent(con, due(con)[0])
    later(89 * 24 * 3600)
    with store(home) as con:
        forget(con)
    assert len(queued(home)) == 2
    later(2 * 24 * 3600)
    with store(home) as con:
        forget(con)
    (left,) = queued(home)
    assert left.etat is State.WAITING, "what waits is kept, whatever its age"


def test_addresses_reached_are_kept_with_the_notice(home: Home) -> None:
    queue(home, notice())
    with store(home) as con:
        failed(con, due(con)[0], NotReceived("non.", remis=("a@exemple.fr",)))
    (entry,) = queued(home)
    assert entry.remis == ("a@exemple.fr",)
    with store(home) as con:
        failed(con, entry, NotReceived("pas de connexion."))
    assert queued(home)[0].remis == ("a@exemple.fr",)


def test_a_home_that_cannot_be_written_is_said(home: Home) -> None:
    (home.root / "fichier").touch()
    with pytest.raises(HomeUnusable, match="un fichier porte déjà ce nom"):
        queue(Home(home.root / "fichier"), notice())


def test_a_full_disk_is_said_and_what_was_queued_stays(home: Home) -> None:
    queue(home, notice())
    with process(_FULL, home.root) as child:
        assert "Il n'y a plus de place pour écrire" in hear(child)
    assert [entry.objet for entry in queued(home)] == [notice().objet]
    assert queue(home, notice("b")) == 1


def test_a_thread_that_opens_the_store_frees_nothing_that_another_holds(home: Home) -> None:
    with store(home) as con:
        post(con, [notice("a")])
        thread = threading.Thread(target=queue, args=(home, notice("b")))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive(), "it waits for this one"
        # SQLite knows the locks of its own process: only another one sees that they were freed.
        with process(_TAKE, home.root / "avis.sqlite") as child:
            assert hear(child) == "database is locked"
    thread.join()
    assert [entry.objet for entry in queued(home)] == [notice().objet] * 2

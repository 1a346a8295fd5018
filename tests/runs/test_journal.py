"""The journal: what is written comes back, and a kill costs at most the line it tore."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import HomeUnusable
from pipelines.home import Home
from pipelines.lock import refresh_lock
from pipelines.runs.journal import State, finish, runs, start
from tests.processes import hear, process

_REFRESH = """
import sys, time
from pathlib import Path
from pipelines.home import Home
from pipelines.runs.journal import start
from pipelines.lock import refresh_lock

home = Home(Path(sys.argv[1]))
with refresh_lock(home):
    start(home, source="oubliée")
    print(start(home, source="locale"), flush=True)
    time.sleep(60)
"""

_WRITER = """
import sys
from pathlib import Path
from pipelines.home import Home
from pipelines.runs.journal import finish, start

home = Home(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    finish(home, start(home, n=n), 0, "é" * 500)
    print(n, flush=True)
"""

_FULL = """
import resource, sys
from pathlib import Path
from pipelines.errors import HomeUnusable
from pipelines.home import Home
from pipelines.runs.journal import finish

home = Home(Path(sys.argv[1]))
limit = home.journal.stat().st_size + 40
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    finish(home, "x", 0, "Publié")
except HomeUnusable as error:
    print(error)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "maison")


def test_no_journal_no_run(home: Home) -> None:
    assert runs(home) == []
    assert not home.root.exists(), "asking makes nothing"


def test_runs_come_back_newest_first(home: Home) -> None:
    first = start(home, source="data.gouv", lignes=3)
    finish(home, first, 0, "Version publiée", lignes=12, version="v1")
    second = start(home)
    finish(home, second, 4, "Refusé")
    newest, oldest = runs(home)
    assert (newest.id, newest.state, newest.code) == (second, State.FAILED, 4)
    assert newest.details == {}
    assert (oldest.id, oldest.state, oldest.code) == (first, State.DONE, 0)
    assert oldest.message == "Version publiée"
    assert oldest.details == {"source": "data.gouv", "lignes": 12, "version": "v1"}
    assert oldest.ended is not None
    assert timedelta(0) <= oldest.ended - oldest.started < timedelta(minutes=1)
    assert abs(datetime.now(UTC) - oldest.started) < timedelta(minutes=1)


def test_the_journal_is_only_added_to(home: Home) -> None:
    run = start(home)
    before = home.journal.read_bytes()
    finish(home, run, 0, "Inchangé")
    after = home.journal.read_bytes()
    assert after.startswith(before)
    assert [json.loads(line)["evenement"] for line in after.splitlines()] == ["debut", "fin"]


def test_under_way_then_interrupted_by_kill_9(home: Home) -> None:
    with process(_REFRESH, home.root) as child:
        run = hear(child)
        newest, forgotten = runs(home)
        assert (newest.id, newest.state) == (run, State.RUNNING)
        assert forgotten.state == State.INTERRUPTED, "a process has one run under way at most"
        child.send_signal(signal.SIGKILL)
        child.wait(30)
    newest = runs(home)[0]
    assert (newest.id, newest.state) == (run, State.INTERRUPTED)
    assert newest.state == "interrompu"
    assert (newest.ended, newest.code, newest.message) == (None, None, None)


def test_an_older_run_stays_interrupted_while_another_process_refreshes(home: Home) -> None:
    with process(_REFRESH, home.root) as child:
        hear(child)
        child.kill()
        child.wait(30)
    with refresh_lock(home):
        mine = start(home)
        states = {run.id: run.state for run in runs(home)}
    assert states.pop(mine) == State.RUNNING
    assert set(states.values()) == {State.INTERRUPTED}


def test_only_the_process_that_holds_the_lock_is_under_way(home: Home) -> None:
    with process(_REFRESH, home.root) as child:
        theirs = hear(child)
        mine = start(home)
        states = {run.id: run.state for run in runs(home)}
    assert states[theirs] == State.RUNNING
    assert states[mine] == State.INTERRUPTED


def test_a_line_torn_anywhere_costs_that_line_only(home: Home) -> None:
    kept = start(home, source="a")
    finish(home, kept, 0, "Publié")
    whole = home.journal.read_bytes()
    torn = start(home, source="é")
    full = home.journal.read_bytes()
    for end in range(len(whole) + 1, len(full)):
        home.journal.write_bytes(full[:end])
        # Without its newline alone, a line has lost nothing.
        lost = end < len(full) - 1
        assert [run.id for run in runs(home)] == ([kept] if lost else [torn, kept])
        added = start(home)
        assert runs(home)[0].id == added
        assert len(runs(home)) == (2 if lost else 3)
        finish(home, added, 0, "Publié")
        assert runs(home)[0].state == State.DONE


def test_kill_9_while_writing(home: Home) -> None:
    for pause in (0.0, 0.002, 0.005, 0.01):
        with process(_WRITER, home.root, 100_000) as child:
            hear(child)
            time.sleep(pause)
            child.send_signal(signal.SIGKILL)
            child.wait(30)
        found = runs(home)
        assert found
        assert {run.state for run in found[1:]} <= {State.DONE, State.INTERRUPTED}
        last = start(home)
        assert runs(home)[0].id == last
        assert len(runs(home)) == len(found) + 1


def test_several_processes_write_at_once(home: Home) -> None:
    with (
        process(_WRITER, home.root, 40) as a,
        process(_WRITER, home.root, 40) as b,
        process(_WRITER, home.root, 40) as c,
    ):
        for child in (a, b, c):
            child.communicate(timeout=3000)
            assert child.returncode == 0
    found = runs(home)
    assert len(found) == 120
    assert {run.state for run in found} == {State.DONE}


def test_a_full_disk_is_told_and_the_journal_goes_on_after(home: Home) -> None:
    run = start(home)
    with process(_FULL, home.root) as child:
        out, _ = child.communicate(timeout=30)
    assert out.startswith("Il n'y a plus de place pour écrire dans")
    finish(home, run, 3, "Source absente")
    assert [found.state for found in runs(home)] == [State.FAILED]


def test_an_unreadable_journal_is_told(home: Home) -> None:
    home.root.write_text("")
    with pytest.raises(HomeUnusable):
        runs(home)
    with pytest.raises(HomeUnusable):
        start(home)

"""The refresh lock, with real processes: they are started, killed and left to die."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import HomeUnusable, RefreshRunning
from pipelines.home import Home
from pipelines.lock import refresh_lock, running
from tests.processes import hear, process, say

_TAKER = """
import sys
from pathlib import Path
from pipelines.errors import RefreshRunning
from pipelines.home import Home
from pipelines.lock import refresh_lock

sys.stdin.readline()
try:
    with refresh_lock(Home(Path(sys.argv[1]))):
        print("pris", flush=True)
        sys.stdin.readline()
except RefreshRunning as error:
    print(f"refusé {error.code} {error}", flush=True)
"""

_FORKER = """
import os, sys, time
from pathlib import Path
from pipelines.home import Home
from pipelines.lock import refresh_lock, running

home = Home(Path(sys.argv[1]))
with refresh_lock(home):
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "maison")


def test_second_process_is_refused_and_told_who_holds(home: Home) -> None:
    with process(_TAKER, home.root) as first, process(_TAKER, home.root) as second:
        say(first)
        assert hear(first) == "pris"
        say(second)
        answer = hear(second)
        holder = running(home)
        assert holder is not None
        assert holder["pid"] == first.pid
        since = datetime.fromisoformat(holder["depuis"])
        assert abs(datetime.now().astimezone() - since) < timedelta(minutes=1)
        assert answer == (
            f"refusé 5 Une actualisation est déjà en cours (processus {first.pid}, "
            f"depuis {since:%H:%M}) : attendez sa fin, puis relancez la commande ; "
            "« opac status » dit où elle en est."
        )


def test_of_four_at_once_one_wins(home: Home) -> None:
    with (
        process(_TAKER, home.root) as a,
        process(_TAKER, home.root) as b,
        process(_TAKER, home.root) as c,
        process(_TAKER, home.root) as d,
    ):
        children = [a, b, c, d]
        for child in children:
            say(child)
        answers = sorted(hear(child)[:6] for child in children)
        assert answers == ["pris", "refusé", "refusé", "refusé"]


def test_the_next_one_takes_it_after_the_end(home: Home) -> None:
    with process(_TAKER, home.root) as first:
        say(first)
        assert hear(first) == "pris"
        say(first)
        assert first.wait(30) == 0
    assert running(home) is None
    with refresh_lock(home):
        assert running(home) is not None


def test_kill_9_frees_the_lock(home: Home) -> None:
    with process(_TAKER, home.root) as first:
        say(first)
        assert hear(first) == "pris"
        first.send_signal(signal.SIGKILL)
        first.wait(30)
    assert home.lock.read_text(), "the dead process has left its name"
    assert running(home) is None
    with refresh_lock(home):
        holder = running(home)
        assert holder is not None
        assert holder["pid"] == os.getpid()


def test_kill_9_frees_the_lock_though_a_forked_child_survives(home: Home) -> None:
    with process(_FORKER, home.root) as parent:
        child = int(hear(parent))
        try:
            parent.send_signal(signal.SIGKILL)
            parent.wait(30)
            os.kill(child, 0)
            with refresh_lock(home):
                pass
        finally:
            os.kill(child, signal.SIGKILL)


def test_nested_use_in_one_process_is_free(home: Home) -> None:
    with refresh_lock(home):
        with refresh_lock(home):
            pass
        assert running(home) is not None, "the inner one must not free it"
        with process(_TAKER, home.root) as other:
            say(other)
            assert hear(other).startswith("refusé")
    assert running(home) is None


def test_freed_when_the_body_fails(home: Home) -> None:
    with pytest.raises(ZeroDivisionError), refresh_lock(home):
        _ = 1 // 0
    assert running(home) is None


def test_two_homes_do_not_hinder_each_other(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "autre")
    with refresh_lock(home):
        assert running(other) is None
        with process(_TAKER, other.root) as child:
            say(child)
            assert hear(child) == "pris"


def test_running_is_nobody_before_the_first_refresh(home: Home) -> None:
    assert running(home) is None
    assert not home.root.exists(), "asking makes nothing"


def test_a_probe_does_not_refuse_the_refresh_that_starts(home: Home) -> None:
    home.root.mkdir()
    fd = os.open(home.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_SH)  # what `running` does, for longer

    def release() -> None:
        time.sleep(0.05)
        os.close(fd)

    probe = threading.Thread(target=release)
    assert running(home) is None, "two who ask do not see each other"
    probe.start()
    with refresh_lock(home):
        probe.join()


@contextmanager
def held_by(home: Home, text: str) -> Iterator[None]:
    """Hold the lock from outside of the library, with this text in it."""
    home.root.mkdir()
    home.lock.write_text(text)
    fd = os.open(home.lock, os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)


def test_the_day_is_told_when_it_is_not_today(home: Home) -> None:
    since = "2026-03-01T05:15:00+01:00"
    with (
        held_by(home, json.dumps({"pid": 1234, "depuis": since})),
        pytest.raises(RefreshRunning, match=r"\(processus 1234, depuis le 01/03/2026 à 05:15\)"),
        refresh_lock(home),
    ):
        pass


def test_a_holder_that_has_not_signed_yet_is_refused_all_the_same(home: Home) -> None:
    with held_by(home, ""):
        assert running(home) == {}
        with pytest.raises(RefreshRunning, match="déjà en cours : attendez"), refresh_lock(home):
            pass


def test_a_home_that_is_a_file_is_told(home: Home) -> None:
    home.root.write_text("")
    with pytest.raises(HomeUnusable, match="ne peut pas être utilisé"), refresh_lock(home):
        pass
    with pytest.raises(HomeUnusable, match="ne peut pas être utilisé"):
        running(home)

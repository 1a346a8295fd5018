"""Killed at any moment, or started twice: the release stands and the next run works."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from pipelines.home import Home
from pipelines.lock import running
from pipelines.runs import journal
from tests.launcher import Launcher
from tests.pipeline import lists
from tests.pipeline.commands import Opac, Ran, ended, released, start
from tests.processes import still_running

_PATIENCE = 300.0


def _count(home: Path, pattern: str) -> int:
    return len([*home.glob(pattern)])


# Each moment is known by what the run has just written.
_MOMENTS: dict[str, Callable[[Path], bool]] = {
    "reading": lambda home: _count(home, "construction/lots") > 0,
    "building": lambda home: _count(home, "construction/opac.duckdb*") > 0,
    "checked": lambda home: _count(home, "rapports/*/rapport.json") > 1,
    "releasing": lambda home: _count(home, "versions/*.duckdb") > 1,
}


@pytest.fixture
def asked(home: Path, tmp_path: Path) -> tuple[object, ...]:
    source = tmp_path / "liste.csv"
    source.write_bytes(lists.next_list())
    return ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", home)


def _killed_when(moment: Callable[[], bool], asked: tuple[object, ...]) -> Ran:
    """Start a refresh and kill it, as ``kill -9`` does, at a moment of its run."""
    child = start(*asked)
    limit = time.monotonic() + _PATIENCE
    while not moment() and child.poll() is None and time.monotonic() < limit:
        time.sleep(0.001)
    family = psutil.Process(child.pid).children(recursive=True) if child.poll() is None else []
    child.kill()
    ran = ended(child)
    assert not still_running(family, _PATIENCE), "the process of the checks outlived its own"
    return ran


def _forked_and_killed_when(
    moment: Callable[[], bool], asked: tuple[object, ...], launcher: Launcher
) -> Ran:
    """The same in a process that has nothing to import, whose checks are made by another's."""
    child = launcher.start(*asked)
    limit = time.monotonic() + _PATIENCE
    while not moment() and psutil.pid_exists(child) and time.monotonic() < limit:
        time.sleep(0.001)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return launcher.ended()


@pytest.mark.parametrize("name", _MOMENTS)
def test_a_killed_refresh_leaves_the_release(
    name: str, home: Path, asked: tuple[object, ...], opac: Opac, launcher: Launcher
) -> None:
    before = released(home)

    if name == "checked":  # when its checks have a process of their own
        ran = _killed_when(lambda: _MOMENTS[name](home), asked)
    else:
        ran = _forked_and_killed_when(lambda: _MOMENTS[name](home), asked, launcher)

    assert ran.code == -9, ran
    assert _MOMENTS[name](home), "it was killed there"
    after = released(home)
    assert after == before or after.rows == lists.COUNT + 3, "the old release or the new, whole"
    assert journal.runs(Home(home))[0].state is journal.State.INTERRUPTED
    opac(*asked).succeeded()
    assert released(home).rows == lists.COUNT + 3
    # A version completed just before its switch stays; never half of one.
    assert _count(home, "versions/*.duckdb") == _count(home, "versions/*.json") <= 3


def test_the_second_of_two_refreshes_says_so_and_leaves(
    home: Path, asked: tuple[object, ...], opac: Opac
) -> None:
    before = released(home)
    first = start(*asked)
    while not running(Home(home)) and first.poll() is None:
        time.sleep(0.01)

    opac(*asked).refused(5, f"(processus {first.pid}, depuis", "opac status")

    assert released(home) == before
    ended(first).succeeded()
    assert released(home).rows == lists.COUNT + 3
    assert len(journal.runs(Home(home))) == 2, "the second never was a run"

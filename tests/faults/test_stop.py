"""SIGTERM to a refresh: it ends in seconds, says so, and the next one works."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.home import Home
from pipelines.lock import running
from pipelines.runs import journal
from pipelines.warehouse.build import reset
from tests.launcher import Launcher
from tests.pipeline import lists
from tests.pipeline.commands import released

_SECONDS = 60.0  # two on an idle machine
_STOPPED = 143

# Each moment is known by what the run has just written.
_MOMENTS: dict[str, Callable[[Path], bool]] = {
    "reading": lambda home: (home / "construction" / "lots").exists(),
    "following": lambda home: (home / "construction" / "suivi.duckdb").exists(),
    "building": lambda home: (home / "construction" / "opac.duckdb.wal").exists(),
}


def _wait(moment: Callable[[Path], bool], home: Path) -> None:
    limit = time.monotonic() + 300
    while not moment(home):
        assert time.monotonic() < limit, "the moment never came"
        time.sleep(0.002)


def _asked(home: Path, tmp_path: Path) -> tuple[object, ...]:
    source = tmp_path / "liste.csv"
    source.write_bytes(lists.next_list())
    return ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", home)


def test_asked_to_stop_at_several_moments(home: Path, launcher: Launcher, tmp_path: Path) -> None:
    asked, before, at = _asked(home, tmp_path), released(home), Home(home)
    for moment in _MOMENTS.values():
        reset(at)  # what the one before left would be taken for its moment
        child = launcher.start(*asked)
        _wait(moment, home)

        sent = time.monotonic()
        os.kill(child, signal.SIGTERM)
        ran = launcher.ended()

        assert time.monotonic() - sent < _SECONDS
        assert (ran.code, ran.out) == (_STOPPED, ""), ran
        assert "arrêtée avant sa fin : la version publiée est intacte" in ran.err
        assert len(ran.err.splitlines()) == 1
        assert released(home) == before
        assert running(at) is None
        last = journal.runs(at)[0]
        assert (last.state, last.code) == (journal.State.FAILED, _STOPPED), "no run left open"

    launcher.run(*asked).succeeded()
    assert released(home).rows == lists.COUNT + 3

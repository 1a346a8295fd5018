"""A refresh asked to end, by the keyboard or by the system, ends at once and says so."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.lock import running
from pipelines.runs.journal import State, runs
from tests.orchestration.daemons import environment, family, wait_for
from tests.pipeline.commands import ended, start
from tests.pipeline.lists import good_list
from tests.processes import still_running
from tests.registers.server import FILE, RegisterServer, csv


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (signal.SIGTERM, 143, "L'actualisation a été arrêtée avant sa fin : la version publiée"),
        (signal.SIGINT, 130, "Interrompu au clavier ; la version publiée est intacte."),
    ],
)
def test_a_refresh_asked_to_end(
    number: int, code: int, told: str, tmp_path: Path, register_server: RegisterServer
) -> None:
    home = Home(tmp_path / "maison")
    register_server.script(FILE, csv(good_list()).but(stall=120.0))
    child = start("refresh", env=environment(home, register_server, OPAC_READ_TIMEOUT="60"))
    wait_for(lambda: register_server.count(FILE), 300, lambda: str(child.poll()))
    everyone = family(child.pid)

    asked = time.monotonic()
    child.send_signal(number)
    ran = ended(child)

    assert time.monotonic() - asked < 60, "the source would have held it for two minutes"
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.count("\n") == 1, ran.err
    assert not still_running(everyone, 5)
    (run,) = runs(home)
    assert (run.state, run.code) == (State.FAILED, code)
    assert str(run.message).startswith(told)
    assert running(home) is None

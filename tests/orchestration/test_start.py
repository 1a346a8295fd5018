"""``opac demarrer``: both services on one home, and no process left behind."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from pipelines.home import Home
from pipelines.lock import running
from pipelines.runs.journal import State, runs
from pipelines.settings import ROOT
from tests.orchestration.daemons import environment, family, program, wait_for
from tests.pipeline.commands import ended, start
from tests.pipeline.lists import good_list
from tests.ports import reserved_port
from tests.processes import still_running
from tests.registers.server import FILE, RegisterServer, csv

_LAUNCH = """
mutation ($config: RunConfigData!) {
  launchRun(executionParams: {
    selector: {
      repositoryLocationName: "opac", repositoryName: "__repository__", jobName: "refresh"
    }
    runConfigData: $config
  }) { __typename ... on PythonError { message } }
}
"""
_AUTOMATIONS = """
{ schedulesOrError(repositorySelector: {
    repositoryName: "__repository__", repositoryLocationName: "opac"
  }) { ... on Schedules { results { name scheduleState { status } } } } }
"""


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as found:
        yield found


@contextmanager
def started(home: Home, port: int, server: RegisterServer) -> Iterator[subprocess.Popen[str]]:
    """Start both on a home; whatever is left of them at the end is killed."""
    with subprocess.Popen(
        [program("opac"), "demarrer", "--port", str(port)],
        cwd=ROOT,
        env=environment(home, server, OPAC_READ_TIMEOUT="60"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        try:
            told = child.stdout.readline()
            assert told.startswith(f"Opac tourne : http://127.0.0.1:{port} (dossier {home.root})")
            yield child
        finally:
            left = family(child.pid) if child.poll() is None else []
            for one in left:
                one.kill()


def _ask(port: int, query: str, **variables: object) -> dict[str, object]:
    answer = requests.post(
        f"http://127.0.0.1:{port}/graphql",
        json={"query": query, "variables": variables},
        timeout=300,
    ).json()
    assert "errors" not in answer, answer
    data: dict[str, object] = answer["data"]
    return data


def test_sigterm_under_a_running_refresh_leaves_nothing_behind(
    tmp_path: Path, port: int, register_server: RegisterServer
) -> None:
    home = Home(tmp_path / "maison")
    register_server.script(FILE, csv(good_list()).but(stall=120.0))
    with started(home, port, register_server) as child:
        schedules = _ask(port, _AUTOMATIONS)["schedulesOrError"]
        assert schedules == {
            "results": [
                {"name": name, "scheduleState": {"status": "RUNNING"}}
                for name in ("nuit", "reprise")
            ]
        }
        assert _ask(port, _LAUNCH, config={})["launchRun"] == {"__typename": "LaunchRunSuccess"}
        wait_for(lambda: register_server.count(FILE), 300, lambda: str(runs(home)))
        assert [run.state for run in runs(home)] == [State.RUNNING]
        with reserved_port() as other:
            assert "tourne déjà sur ce dossier" in ended(
                start("demarrer", "--port", other, "--home", home.root)
            ).refused(2, f"(processus {child.pid})")
        everyone = family(child.pid)

        asked = time.monotonic()
        child.send_signal(signal.SIGTERM)
        code = child.wait(90)
        seconds = time.monotonic() - asked

    assert code == 0
    assert seconds < 60, "the source would have held it for two minutes"
    assert not still_running(everyone, 1)
    (run,) = runs(home)
    assert (run.state, run.code) == (State.FAILED, 143)
    assert str(run.message).startswith("L'actualisation a été arrêtée avant sa fin")
    assert running(home) is None

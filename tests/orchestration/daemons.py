"""Real daemons on a home, and what Dagster and the journal hold of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from pipelines.home import Home
from pipelines.orchestration.instance import URL, open_instance
from pipelines.settings import ROOT
from tests.registers.server import RegisterServer


def program(name: str) -> str:
    """A command of this environment."""
    return str(Path(sys.executable).with_name(name))


def environment(home: Home, server: RegisterServer, **more: str) -> dict[str, str]:
    """The variables of processes that work in this home and ask this server."""
    kept = {name: value for name, value in server.environment().items() if name != URL}
    return {**kept, "OPAC_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), **more}


@contextmanager
def daemon(home: Home, server: RegisterServer) -> Iterator[None]:
    """Run ``dagster-daemon`` with a night a minute; its log is in the home."""
    home.prepare()
    open_instance(home).dispose()
    command = [program("dagster-daemon"), "run", "-m", "tests.orchestration.every_minute"]
    with (
        (home.root / "daemon.log").open("ab") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(home, server),
            stdout=log,
            stderr=log,
            process_group=0,
        ) as running,
    ):
        try:
            yield
        finally:
            os.killpg(running.pid, signal.SIGKILL)


def wait_for(done: Callable[[], object], seconds: float, why: Callable[[], str]) -> None:
    """Wait until something is so."""
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit, why()
        time.sleep(0.2)


def family(pid: int) -> list[psutil.Process]:
    """A process and all those that it started."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]

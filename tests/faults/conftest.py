"""Processes of ``opac`` at a fraction of their cost, homes to hurt, and what must still hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.settings import ROOT
from tests.pipeline.commands import Ran
from tests.pipeline.conftest import (
    _good,  # noqa: F401
    home,  # noqa: F401
    isolate,
    opac,  # noqa: F401
)


class Launcher:
    """Starts ``opac`` as processes, one at a time, already imported."""

    def __init__(self, child: subprocess.Popen[str], folder: Path) -> None:
        self._child = child
        self._out, self._err = folder / "sortie", folder / "erreurs"

    def start(self, *args: object, env: Mapping[str, str] | None = None) -> int:
        """Start a command; give the number of its process."""
        order = {
            "args": list(map(str, args)),
            "out": str(self._out),
            "err": str(self._err),
            "env": dict(env or {}),
        }
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        return int(self._answer())

    def ended(self) -> Ran:
        """Wait for the command and tell how it ended."""
        code = int(self._answer())
        return Ran(code, self._out.read_text(), self._err.read_text())

    def run(self, *args: object, env: Mapping[str, str] | None = None) -> Ran:
        """Run a command to its end."""
        self.start(*args, env=env)
        return self.ended()

    def signalled(self, after: float, number: int, *args: object) -> Ran:
        """Run a command and send it a signal after some seconds, unless it has ended."""
        child = self.start(*args)
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(child, number)
        return self.ended()

    def _answer(self) -> str:
        assert self._child.stdout is not None
        answer = self._child.stdout.readline()
        assert answer, "the launcher has ended"
        return answer


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    folder = tmp_path_factory.mktemp("lanceur")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPAC_")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.launcher", str(folder / "gx.log")],
        cwd=ROOT,
        env={**kept, "NO_PROXY": "*", "no_proxy": "*"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        made = Launcher(child, folder)
        made._answer()
        yield made
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(timeout=60) == 0


@pytest.fixture
def isolated(gx: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the refreshes of this process cost what those of the launcher do."""
    isolate(monkeypatch)

"""Processes of ``opac`` at a fraction of their cost: imported once, then forked.

An order is a line of JSON, ``{"args", "out", "err", "env", "before", "by_dagster"}``; the answers
are the number of the process, then, once it has ended, its exit code. Great Expectations serves
one after the other, and runs are recorded in memory: both take longer than all the rest of a small
refresh.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from pipelines.quality.gx_client import GxWorker
from pipelines.settings import ROOT
from tests.light import Remembering
from tests.pipeline.commands import Ran


@contextmanager
def launching(folder: Path, kept: Path) -> Iterator[Launcher]:
    """Start a launcher, which writes in a folder what its processes tell.

    What Great Expectations says is in ``kept`` (:class:`tests.light.Remembering`).
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("OPAC_")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.launcher", str(folder / "gx.log"), str(kept)],
        cwd=ROOT,
        env={**others, "NO_PROXY": "*", "no_proxy": "*"},
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


class Launcher:
    """Starts ``opac`` as processes, one at a time, already imported."""

    def __init__(self, child: subprocess.Popen[str], folder: Path) -> None:
        self._child = child
        self._out, self._err = folder / "sortie", folder / "erreurs"

    def start(
        self,
        *args: object,
        env: Mapping[str, str] | None = None,
        before: str = "",
        by_dagster: bool = True,
    ) -> int:
        """Start a command, bound by the Python lines run ``before`` it; give its process' number.

        Unless Dagster is asked for, a refresh goes step by step: half of its cost is Dagster's.
        """
        order = {
            "args": list(map(str, args)),
            "out": str(self._out),
            "err": str(self._err),
            "env": dict(env or {}),
            "before": before,
            "by_dagster": by_dagster,
        }
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        return int(self._answer())

    def ended(self) -> Ran:
        """Wait for the command and tell how it ended."""
        code = int(self._answer())
        return Ran(code, self._out.read_text(), self._err.read_text())

    def run(self, *args: object, **how: Any) -> Ran:
        """Run a command to its end."""
        self.start(*args, **how)
        return self.ended()

    def signalled(self, after: float, number: int, *args: object, **how: Any) -> Ran:
        """Run a command and send it a signal after some seconds, unless it has ended."""
        child = self.start(*args, **how)
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(child, number)
        return self.ended()

    def _answer(self) -> str:
        assert self._child.stdout is not None
        answer = self._child.stdout.readline()
        assert answer, "the launcher has ended"
        return answer


def main() -> None:
    """Answer the orders of stdin."""
    worker = _new()
    _import()
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _run(order, worker)
        print(child, flush=True)
        status = os.waitpid(child, 0)[1]
        worker = _listening(worker)
        print(os.waitstatus_to_exitcode(status), flush=True)
    worker.close()


def _import() -> None:
    import dagster as dg
    import duckdb
    import great_expectations  # noqa: F401

    import pipelines.cli.main
    import pipelines.definitions
    import pipelines.quality.gate
    import pipelines.watch.round
    import tests.light
    from tests.pipeline.conftest import low_floor

    assert duckdb, (pipelines.definitions, tests.light)
    dg.DagsterInstance.get = dg.DagsterInstance.ephemeral  # type: ignore[method-assign]
    pipelines.quality.gate.threshold = low_floor  # type: ignore[attr-defined]


def _run(order: dict[str, Any], worker: GxWorker) -> None:
    """Be ``opac``, to the end."""
    import pipelines.orchestration.resources
    import pipelines.refresh
    import tests.light
    from pipelines.cli.main import main as opac

    # It is not a child of this process, which could not tell whether it has ended.
    worker.start().poll = lambda: None  # type: ignore[method-assign]

    @contextmanager
    def lent(log: Path) -> Iterator[GxWorker]:
        yield worker

    tests.light.lend(worker)
    if not order["by_dagster"]:
        pipelines.refresh._execute = tests.light.step_by_step
    pipelines.refresh.shared_worker = lent  # type: ignore[attr-defined]
    pipelines.orchestration.resources.shared_worker = lent  # type: ignore[attr-defined]
    os.environ.update(order["env"])
    exec(order["before"], {})
    for number, name in enumerate((os.devnull, order["out"], order["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["opac", *order["args"]]
    code: object = 1
    try:
        opac()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _listening(worker: GxWorker) -> GxWorker:
    """Have Great Expectations forget what a killed process asked of it."""
    process = worker.start()
    stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    try:
        stdin.write(b'{"base": "", "checks": []}\n')
        stdin.flush()
        while answer := stdout.readline():
            if answer == b"[]\n":
                return worker
    except BrokenPipeError:
        pass
    return _new()


def _new() -> GxWorker:
    log, kept = map(Path, sys.argv[1:3])
    worker = Remembering(log, kept)
    worker.start()
    return worker


if __name__ == "__main__":
    main()

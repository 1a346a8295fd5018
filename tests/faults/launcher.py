"""Imports once, then forks for each ``opac`` it is asked for: a process of its own to kill.

An order is a line of JSON, ``{"args", "out", "err", "env"}``; the answers are the number of the
process, then, once it has ended, its exit code. Great Expectations serves one after the other,
and runs are recorded in memory: both take longer than all the rest of a small refresh.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from pipelines.quality.gx_client import GxWorker


def main() -> None:
    """Answer the orders of stdin."""
    log = Path(sys.argv[1])
    worker = GxWorker(log)
    worker.start()
    _import()
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _run(order, worker)
        print(child, flush=True)
        status = os.waitpid(child, 0)[1]
        worker = _listening(worker, log)
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
    from tests.pipeline.conftest import low_floor

    assert duckdb, pipelines.definitions
    dg.DagsterInstance.get = dg.DagsterInstance.ephemeral  # type: ignore[method-assign]
    pipelines.quality.gate.threshold = low_floor  # type: ignore[attr-defined]


def _run(order: dict[str, Any], worker: GxWorker) -> None:
    """Be ``opac``, to the end."""
    import pipelines.orchestration.resources
    import pipelines.refresh
    from pipelines.cli.main import main as opac

    # It is not a child of this process, which could not tell whether it has ended.
    worker.start().poll = lambda: None  # type: ignore[method-assign]

    @contextmanager
    def lent(log: Path) -> Iterator[GxWorker]:
        yield worker

    pipelines.refresh.shared_worker = lent  # type: ignore[attr-defined]
    pipelines.orchestration.resources.shared_worker = lent  # type: ignore[attr-defined]
    os.environ.update(order["env"])
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


def _listening(worker: GxWorker, log: Path) -> GxWorker:
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
    fresh = GxWorker(log)
    fresh.start()
    return fresh


if __name__ == "__main__":
    main()

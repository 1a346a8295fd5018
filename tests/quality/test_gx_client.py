"""What becomes of the checks when the process of Great Expectations fails them."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Timer

import pytest

from pipelines.quality.controls import Status
from pipelines.quality.gx_client import GxWorker
from pipelines.quality.suites import suites
from pipelines.settings import ROOT
from tests.quality.bases import CONTEXT, core, refused

CORE = suites(CONTEXT)["socle"]
# The process, telling at its end what became of the libraries it imported.
_TOLD = """
import gc, json, sys
from pipelines.quality.gx_worker import main
main()
libraries = ("altair", "scipy.stats")
inside = [name for name in sys.modules if name.startswith(tuple(f"{one}." for one in libraries))]
told = [[one in sys.modules for one in libraries], inside, gc.isenabled(), gc.get_freeze_count()]
print(json.dumps(told), file=sys.stderr)
"""


def test_a_process_that_dies_leaves_nothing_evaluated(tmp_path: Path) -> None:
    base = core(tmp_path)
    log = tmp_path / "gx.log"
    spared = replace(CORE[0], sans_objet="trop peu de lignes")
    with GxWorker(log) as dying:
        process = dying.start()
        Timer(0.2, process.kill).start()  # while it imports
        # More than a pipe holds: it is still being written to when it dies.
        controls = dying.validate(base, [*CORE * 100, spared])
        assert all(refused(c, f"code -9 ; détail dans « {log} »") for c in controls[:-1])
        assert controls[-1].statut is Status.SANS_OBJET
        assert all(refused(c, "code -9") for c in dying.validate(base, CORE))
        assert dying.start() is process
    dying.close()


def test_a_process_that_is_late_is_ended(tmp_path: Path) -> None:
    with GxWorker(tmp_path / "gx.log") as late:
        controls = late.validate(core(tmp_path), CORE, timeout=0.2)
        assert all(refused(c, "pas de réponse de Great Expectations en 0,20 s") for c in controls)
        assert late.start().poll() == -9


def test_closing_ends_the_process_and_a_validation_under_way(tmp_path: Path) -> None:
    worker = GxWorker(tmp_path / "gx.log")
    worker.close()
    process = worker.start()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(worker.validate, core(tmp_path), CORE)
        worker.close()
        assert all(refused(c, "code -15") for c in answer.result())
    assert process.returncode == -15
    assert all(refused(c, "code -15") for c in worker.validate(tmp_path / "x.duckdb", CORE))


def test_what_the_process_prints_goes_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that cannot even start says why in the log, not on the user's screen."""
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "nulle part"))
    with GxWorker(tmp_path / "gx.log") as broken:
        process: subprocess.Popen[bytes] = broken.start()
        assert process.wait(timeout=30) != 0
        assert all(refused(c, "s'est arrêté") for c in broken.validate(tmp_path / "x", CORE))
    assert (tmp_path / "gx.log").read_text(errors="replace").strip()


def test_what_no_check_of_ours_needs_is_never_executed(tmp_path: Path) -> None:
    base = core(tmp_path)
    checks = [
        {"table": c.table, "requete": c.requete, "type": c.expectation, "kwargs": c.kwargs}
        for c in CORE
        if c.sans_objet is None
    ]
    done = subprocess.run(
        [sys.executable, "-c", _TOLD],
        cwd=ROOT,
        input=json.dumps({"base": str(base), "checks": checks}) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    outcomes = json.loads(done.stdout)
    assert len(outcomes) == len(checks)
    assert all(outcome["cause"] is None for outcome in outcomes)
    imported, executed, collecting, left_out = json.loads(done.stderr.splitlines()[-1])
    assert imported == [True, True]  # Great Expectations still asks for them
    assert executed == []
    assert collecting
    assert left_out > 10_000

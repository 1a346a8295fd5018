"""What becomes of the checks when the process of Great Expectations fails them."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Timer

import pytest

from pipelines.quality.controls import Status
from pipelines.quality.gx_client import GxWorker
from pipelines.quality.suites import suites
from tests.quality.bases import CONTEXT, core, refused

CORE = suites(CONTEXT)["socle"]


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

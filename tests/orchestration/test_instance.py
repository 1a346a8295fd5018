"""Dagster's storage in a home: its configuration, and how little it keeps."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

import pipelines.orchestration.instance
from pipelines.home import Home
from pipelines.orchestration.instance import URL, close_dead, configure, open_instance, prune
from tests.processes import hear, process, say

_SUCCESS = dg.DagsterRunStatus.SUCCESS


def test_one_run_at_a_time_and_nothing_sent(instance: dg.DagsterInstance) -> None:
    queue = instance.get_concurrency_config().run_queue_config

    assert queue is not None
    assert queue.max_concurrent_runs == 1
    assert not instance.telemetry_enabled
    assert instance.run_monitoring_enabled, "a run that died must not keep the others waiting"
    assert instance.run_monitoring_max_runtime_seconds == 3600


def test_the_configuration_is_renewed_only_when_it_is_another(home: Home) -> None:
    configure(home)
    path = home.dagster / "dagster.yaml"
    before, text = path.stat().st_ino, path.read_text()
    configure(home)
    assert path.stat().st_ino == before

    path.write_text("telemetry:\n  enabled: true\n")
    configure(home)

    assert path.read_text() == text


def test_nothing_is_written_while_another_process_opens_the_home(home: Home) -> None:
    with process(_OPENER, home.root) as opener:
        assert hear(opener) == "prêt"
        with (home.dagster / "ouverture.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            say(opener)
            time.sleep(0.3)
            assert [one.name for one in home.dagster.iterdir()] == ["ouverture.lock"]
        assert hear(opener) == "ouvert"
    assert (home.dagster / "dagster.yaml").exists()


def test_the_address_of_postgresql_is_named_and_never_written(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, "postgresql://opac:motdepasse@127.0.0.1:5432/dagster")

    configure(home)

    text = (home.dagster / "dagster.yaml").read_text()
    assert "env: OPAC_DAGSTER_URL" in text
    assert "motdepasse" not in text


def test_processes_that_open_a_new_home_at_once_make_it_once(home: Home) -> None:
    with ExitStack() as stack:
        children = [stack.enter_context(process(_OPENER, home.root)) for _ in range(3)]
        for child in children:
            assert hear(child) == "prêt"
        for child in children:
            say(child)
        assert [hear(child) for child in children] == ["ouvert"] * 3
    bases = [*home.dagster.rglob("*.db")]
    assert len(bases) >= 3
    for base in bases:
        with closing(sqlite3.connect(base)) as con:
            assert con.execute("select count(*) from alembic_version").fetchone() == (1,), base


_OPENER = """
import sys
from pathlib import Path
import dagster
from pipelines.home import Home
from pipelines.orchestration.instance import open_instance

print("prêt", flush=True)
sys.stdin.readline()
open_instance(Home(Path(sys.argv[1]))).dispose()
print("ouvert", flush=True)
"""


def test_a_run_that_died_without_a_word_does_not_keep_the_queue_waiting(
    home: Home, instance: dg.DagsterInstance
) -> None:
    run_id = _record(instance, 1, dg.DagsterRunStatus.STARTED)
    fresh = _record(instance, 0, dg.DagsterRunStatus.STARTED)
    with process(_HOLDER, home.root) as holder:
        assert hear(holder) == "tenu"
        assert close_dead(instance, home) == 0, "it may be the one that holds the home"

    assert close_dead(instance, home) == 1

    told = {run.run_id: run.status for run in instance.get_runs()}
    assert told == {run_id: dg.DagsterRunStatus.FAILURE, fresh: dg.DagsterRunStatus.STARTED}


_HOLDER = """
import sys
from pathlib import Path
from pipelines.home import Home
from pipelines.lock import refresh_lock

with refresh_lock(Home(Path(sys.argv[1]))):
    print("tenu", flush=True)
    sys.stdin.readline()
"""


# --- What is kept of old runs -------------------------------------------------------------------


def _record(
    instance: dg.DagsterInstance, days: float, status: dg.DagsterRunStatus = _SUCCESS
) -> str:
    """Record a run of that many days ago, with an event and its asset."""
    run = dg.DagsterRun(job_name="refresh", run_id=str(uuid4()), status=status)
    at = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    instance.run_storage.add_historical_run(run, at)
    instance.report_engine_event("Fin", run)
    return run.run_id


def _kept(home: Home, instance: dg.DagsterInstance) -> set[str]:
    """The runs that are left: their rows, their events and their files agree."""
    runs = {record.dagster_run.run_id for record in instance.get_run_records()}
    files = {path.stem for path in (home.dagster / "history" / "runs").glob("*-*.db")}
    assert {run for run in files if instance.all_logs(run)} == files == runs
    return runs


def test_old_runs_go_with_their_events_and_files(home: Home, instance: dg.DagsterInstance) -> None:
    _record(instance, 91)
    kept = {_record(instance, 89), _record(instance, 0)}
    unfinished = _record(instance, 200, dg.DagsterRunStatus.STARTED)

    assert prune(instance) == 1

    assert _kept(home, instance) == kept | {unfinished}
    assert prune(instance) == 0


def test_only_so_many_runs_are_kept(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines.orchestration.instance, "_KEPT_RUNS", 3)
    made = [_record(instance, days) for days in (5, 4, 3, 2, 1)]

    assert prune(instance) == 2

    assert _kept(home, instance) == set(made[2:])


# --- Where a home may be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Partage%20OPAC",
        "%2525",
        "100%",
        "a#b",
        "été & œuvre",
        "an=2026",
        "a@b:c",
        "l'a\"b",
        "a+b;c",
    ],
)
def test_a_home_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path / name)
    home.prepare()
    with open_instance(home) as instance:
        assert instance.get_runs_count() == 0
        assert not instance.telemetry_enabled
        assert list(instance.all_instigator_state()) == []
    assert {path.relative_to(home.root).as_posix() for path in home.root.rglob("*.db")} == {
        "dagster/history/runs.db",
        "dagster/history/runs/index.db",
        "dagster/schedules/schedules.db",
    }
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_nothing_is_sent_from_a_home_whose_configuration_dagster_misses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path / "[x]")
    home.prepare()
    configure(home)
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"]

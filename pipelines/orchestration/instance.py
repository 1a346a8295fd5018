"""Dagster's own storage in a home: its configuration, its opening, what is kept of old runs."""

from __future__ import annotations

import datetime as dt
import fcntl
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import HomeUnusable
from pipelines.home import Home, home_errors
from pipelines.lock import running

if TYPE_CHECKING:
    import dagster as dg

# The address of a PostgreSQL, with its password: read by Dagster itself, written nowhere.
URL = "OPAC_DAGSTER_URL"
# The driver that Dagster's library speaks to; SQLAlchemy would take another.
_PLAIN, _DRIVEN = re.compile(r"^postgres(ql)?://"), "postgresql+psycopg2://"
# A run takes the lock of the home within that time of its start.
_STARTED = dt.timedelta(minutes=2)
_KEPT_RUNS = 200
_KEPT_DAYS = 90

_CONFIGURATION = """\
# Dagster's storage for this home, written by opac: what is changed here is lost.
# Nothing is sent anywhere, and no window asks for a mail address.
telemetry:
  enabled: false
nux:
  enabled: false
# One refresh at a time; the others wait.
concurrency:
  runs:
    max_concurrent_runs: 1
# Runs print nothing: four processes each would watch for it, and its files would stay.
compute_logs:
  module: dagster.core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
# A run whose process died without a word must not keep the others waiting.
run_monitoring:
  enabled: true
  max_runtime_seconds: 3600
# The sensor of notices ticks every minute.
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 2
      success: 90
      failure: 90
"""
_SQLITE = """\
run_storage:
  module: pipelines.orchestration.storage
  class: RunStorage
  config:
    dagster_home:
      env: DAGSTER_HOME
schedule_storage:
  module: pipelines.orchestration.storage
  class: ScheduleStorage
  config:
    dagster_home:
      env: DAGSTER_HOME
event_log_storage:
  module: pipelines.orchestration.event_log
  class: EventLog
  config:
    dagster_home:
      env: DAGSTER_HOME
"""
_POSTGRESQL = f"""\
storage:
  postgres:
    postgres_url:
      env: {URL}
"""


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's Dagster, one process at a time.

    Two at once would spoil its tables, or move each other's half-written configuration.

    Raises:
        HomeUnusable: its PostgreSQL does not answer.
    """
    with home_errors(home.root):
        home.dagster.mkdir(parents=True, exist_ok=True)
        with (home.dagster / "ouverture.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            configure(home)
            return _postgresql() if os.environ.get(URL) else _sqlite()


def open_as_left(home: Home) -> dg.DagsterInstance:
    """Open what the home itself keeps of Dagster, without anything being written in it."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(home.dagster)
    return dg.DagsterInstance.from_config(str(home.dagster))


def configure(home: Home) -> None:
    """Write the configuration of the home's Dagster, and have this process use it.

    Only one process may do so at a time: see ``open_instance``.
    """
    text = _CONFIGURATION
    if url := os.environ.get(URL):
        text += _POSTGRESQL
        os.environ[URL] = _PLAIN.sub(_DRIVEN, url)
    else:
        text += _SQLITE
    path = home.dagster / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        part = path.with_suffix(".partiel")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    # Said twice: Dagster looks for its file as for a pattern, and misses it below « [x] ».
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"


def _sqlite() -> dg.DagsterInstance:
    import dagster as dg

    return dg.DagsterInstance.get()


def _postgresql() -> dg.DagsterInstance:
    import dagster as dg
    from dagster_postgres.utils import DagsterPostgresException
    from sqlalchemy.exc import SQLAlchemyError

    logging.disable(logging.WARNING)  # of each try
    try:
        return dg.DagsterInstance.get()
    except (DagsterPostgresException, SQLAlchemyError) as error:
        raise HomeUnusable(
            f"La base PostgreSQL de Dagster ({URL}) ne répond pas : vérifiez l'adresse et que le "
            f"serveur tourne, ou retirez {URL} pour revenir à SQLite ; la version publiée est "
            "intacte."
        ) from error
    finally:
        logging.disable(logging.NOTSET)


def close_dead(instance: dg.DagsterInstance, home: Home) -> int:
    """Record as failed the runs whose process died without a word; count them.

    One that runs holds the lock of the home. Left as running, a dead one keeps the queue waiting.
    """
    from dagster import DagsterRunStatus, RunsFilter

    started_before = dt.datetime.now(dt.UTC) - _STARTED
    dead = [
        record.dagster_run
        for record in instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
        if record.create_timestamp.astimezone(dt.UTC) < started_before
    ]
    if not dead or running(home) is not None:
        return 0
    for run in dead:
        instance.report_run_failed(run, "Son processus est mort sans dire sa fin.")
    return len(dead)


def prune(instance: dg.DagsterInstance) -> int:
    """Delete finished runs of over 90 days, or before the last 200, with their events; count them.

    What they released, and the journal, stay.
    """
    from dagster import DagsterRunStatus, RunsFilter

    finished = [
        DagsterRunStatus.SUCCESS,
        DagsterRunStatus.FAILURE,
        DagsterRunStatus.CANCELED,
    ]
    oldest = dt.datetime.now(dt.UTC) - dt.timedelta(days=_KEPT_DAYS)
    records = instance.get_run_records(RunsFilter(statuses=finished))
    old = [
        record.dagster_run.run_id
        for rank, record in enumerate(records)
        if rank >= _KEPT_RUNS or record.create_timestamp.astimezone(dt.UTC) < oldest
    ]
    for run_id in old:
        instance.delete_run(run_id)
        if instance.is_persistent:
            _delete_files(Path(instance.root_directory), run_id)
    return len(old)


def _delete_files(root: Path, run_id: str) -> None:
    """Delete what Dagster leaves of a deleted run under SQLite: its file, emptied."""
    for path in (root / "history" / "runs").glob(f"{run_id}.db*"):
        path.unlink()

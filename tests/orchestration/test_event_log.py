"""Dagster's log of events with kept connections: the same log, in the same place."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import dagster as dg

from pipelines.home import Home
from pipelines.orchestration.event_log import EventLog
from pipelines.orchestration.instance import open_as_left, open_instance


def _log(home: Home) -> Path:
    return home.dagster / "history" / "runs"


def _begun(instance: dg.DagsterInstance) -> dg.DagsterRun:
    run = dg.DagsterRun(job_name="refresh", run_id=str(uuid4()))
    instance.add_run(run)
    instance.report_engine_event("Début", run)
    return run


def _told(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str | None]:
    return [entry.get_dagster_event().message for entry in instance.all_logs(run.run_id)]


def test_files_stay_open_until_the_end(home: Home) -> None:
    with open_instance(home) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        run = _begun(instance)
        # Beside a base that a process has open, SQLite keeps what is not yet copied into it.
        assert (_log(home) / f"{run.run_id}.db-wal").exists()
    assert [*_log(home).glob("*-wal")] == []


def test_only_the_index_and_one_run_stay_open(home: Home, instance: dg.DagsterInstance) -> None:
    runs = [_begun(instance) for _ in range(4)]

    assert [_told(instance, run) for run in runs] == [["Début"]] * 4

    opened = {path.name.removesuffix(".db-wal") for path in _log(home).glob("*-wal")}
    assert opened == {"index", runs[-1].run_id}


def test_another_process_reads_what_is_written(home: Home, instance: dg.DagsterInstance) -> None:
    run = _begun(instance)
    asset = dg.AssetMaterialization("archive")
    instance.report_runless_asset_event(asset)

    with open_instance(home) as other:
        assert _told(other, run) == ["Début"]
        assert other.all_asset_keys() == [asset.asset_key]
        other.report_engine_event("Suite", run)

    assert _told(instance, run) == ["Début", "Suite"]


def test_what_the_index_holds_is_asked_once_and_what_it_lacks_each_time(
    home: Home, instance: dg.DagsterInstance
) -> None:
    log = instance.event_log_storage
    assert isinstance(log, EventLog)
    assert not log.has_table("neuve")
    assert not log.has_asset_key_col("neuve")
    assert log.has_table("dynamic_partitions")
    assert log.has_asset_key_col("cached_status_data")
    with closing(sqlite3.connect(_log(home) / "index.db")) as con:
        con.execute("create table neuve (n int)")
        con.execute("alter table asset_keys add column neuve int")
        con.execute("drop table dynamic_partitions")
        con.execute("alter table asset_keys rename column cached_status_data to autre")

    assert log.has_table("neuve")
    assert log.has_asset_key_col("neuve")
    assert log.has_table("dynamic_partitions")
    assert log.has_asset_key_col("cached_status_data")


def test_a_page_that_watches_a_run_is_told_at_once(
    home: Home, instance: dg.DagsterInstance
) -> None:
    run = _begun(instance)
    seen = threading.Event()
    with open_instance(home) as page:
        page.watch_event_logs(run.run_id, None, lambda *_: seen.set())
        instance.report_engine_event("Suite", run)
        assert seen.wait(10)


def test_the_log_that_dagster_kept_before_goes_on(home: Home) -> None:
    with dg.DagsterInstance.local_temp(str(home.dagster)) as before:
        assert not isinstance(before.event_log_storage, EventLog)
        run = _begun(before)

    with open_instance(home) as after:
        assert _told(after, run) == ["Début"]


def test_the_log_goes_with_a_home_that_moves(home: Home, tmp_path: Path) -> None:
    with open_instance(home) as instance:
        run = _begun(instance)
    moved = Home(home.root.rename(tmp_path / "ailleurs"))

    with open_as_left(moved) as instance:
        assert _told(instance, run) == ["Début"]

    assert [path.name for path in tmp_path.iterdir()] == ["ailleurs"]


def test_threads_write_in_turn(instance: dg.DagsterInstance) -> None:
    run = _begun(instance)
    texts = [str(number) for number in range(8)]
    threads = [
        threading.Thread(target=instance.report_engine_event, args=(text, run)) for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, _told(instance, run)[1:])) == texts

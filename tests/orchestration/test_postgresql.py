"""Dagster's storage on a real PostgreSQL: by one variable, for commands and daemons alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.errors import HomeUnusable
from pipelines.home import Home
from pipelines.orchestration.instance import URL, open_instance, prune
from pipelines.runs.journal import State, runs
from pipelines.warehouse.release import current
from tests.orchestration.daemons import wait_for
from tests.orchestration.postgresql import postgresql
from tests.pipeline.commands import ended, start
from tests.pipeline.lists import DAY, good_list


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture
def home(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv(URL, address)
    monkeypatch.setenv("DAGSTER_HOME", "")  # opening sets it: put back afterwards
    return Home(tmp_path / "maison")


def test_a_refresh_is_recorded_there(home: Home, tmp_path: Path, address: str) -> None:
    wait_for(lambda: _opens(home), 300, lambda: "PostgreSQL does not answer")
    source = tmp_path / "liste.csv"
    source.write_bytes(good_list())
    asked = ("refresh", "--source", source, "--date", DAY, "--home", home.root)

    ended(start(*asked, env={URL: address})).succeeded()

    release = current(home)
    assert release is not None
    with open_instance(home) as instance:
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.SUCCESS
        event = instance.get_latest_materialization_event(dg.AssetKey(["publication", "opac"]))
        assert event is not None
        assert event.run_id == run.run_id
        assert "Postgres" in type(instance.run_storage).__name__
        assert not (home.dagster / "history").exists(), "nothing beside it"
        _grow_old(instance)
        assert prune(instance) == 1
        assert instance.get_runs() == []
        assert instance.all_logs(run.run_id) == []


def _opens(home: Home) -> bool:
    try:
        open_instance(home).dispose()
    except HomeUnusable:
        return False
    return True


def _grow_old(instance: dg.DagsterInstance) -> None:
    from sqlalchemy import text

    with instance.run_storage.connect() as con:  # type: ignore[attr-defined]
        con.execute(
            text("update runs set create_timestamp = create_timestamp - interval '91 days'")
        )


def test_a_postgresql_that_does_not_answer_is_told(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = "postgresql://opac:motdepasse@127.0.0.1:1/postgres"
    source = tmp_path / "liste.csv"
    source.write_bytes(good_list())

    ran = ended(start("refresh", "--source", source, "--home", home.root, env={URL: closed}))

    ran.refused(6, "OPAC_DAGSTER_URL", "ne répond pas")
    assert "motdepasse" not in home.log.read_text()
    (run,) = runs(home)
    assert (run.state, run.code) == (State.FAILED, 6)

"""The dialect alone: what Great Expectations does with a connection, done here by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine, create_engine, text

import pipelines.quality.gx_dialect  # noqa: F401 (registers duckdb+gx)

ROWS = 5000


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(f"create table t as select range as n from range({ROWS})")
    return path


@pytest.fixture
def engine(base: Path) -> Iterator[Engine]:
    options = {"database": str(base), "read_only": True, "config": {"threads": 1}}
    engine = create_engine("duckdb+gx://", connect_args=options)
    yield engine
    engine.dispose()


def test_rows_are_read_after_the_connection_was_given_back(engine: Engine) -> None:
    with engine.begin() as connection:
        result = connection.execute(text("select n from t"))
    assert len(result.fetchall()) == ROWS


def test_two_results_are_read_in_turn_on_one_connection(engine: Engine) -> None:
    with engine.connect() as connection:
        first = connection.execute(text("select n from t order by n"))
        assert first.fetchone() == (0,)
        second = connection.execute(text("select -n from t order by n"))
        assert (second.fetchone(), first.fetchone()) == ((0,), (1,))


def test_it_reads_only(engine: Engine) -> None:
    with (
        engine.connect() as connection,
        pytest.raises(Exception, match="read-only"),
    ):
        connection.execute(text("create table u as select 1 as n"))


def test_closing_lets_go_of_the_file_whatever_was_left_unread(engine: Engine, base: Path) -> None:
    with engine.connect() as connection:
        unread = connection.execute(text("select n from t"))
        assert unread.fetchone() == (0,)
    engine.dispose()
    with duckdb.connect(base) as writer:
        writer.execute("create table u as select 1 as n")

"""Settings of the connections that build."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.warehouse.literals import build_config


@pytest.mark.parametrize(("lines", "threads"), [(0, 1), (122_880, 1), (122_881, 2)])
def test_a_second_thread_is_for_a_second_group_of_rows(lines: int, threads: int) -> None:
    with duckdb.connect(config=build_config(lines)) as con:
        assert con.execute("select current_setting('threads')").fetchall() == [(threads,)]

"""Some models of a release made again, beside copies of the tables that they read."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.warehouse.literals import MEMORY, literal
from pipelines.warehouse.models import Model, load_models, load_reference_files


@contextmanager
def beside(release: Path, chosen: Sequence[Model]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a new database that holds all the tables of the release but ``chosen``."""
    names = {model.full_name for model in chosen}
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(config={"threads": 2, "memory_limit": MEMORY}) as con,
    ):
        con.execute(f"attach {literal(str(release))} as publiee (read_only)")
        con.execute(f"attach {literal(f'{folder}/nuit.duckdb')} as opac (storage_version 'v1.0.0')")
        con.execute("use opac")
        con.execute("set preserve_insertion_order = false")
        for model in load_models():
            con.execute(f"create schema if not exists {model.schema}")
            if model.is_view and model.full_name not in names:
                con.execute(f"create view {model.full_name} as {model.sql}")
            elif model.full_name not in names:
                con.execute(f"create table {model.full_name} as from publiee.{model.full_name}")
        con.execute("attach ':memory:' as execution")
        con.execute("create table execution.liste as select date_contenu from meta.publication")
        load_reference_files(con)
        con.execute("checkpoint opac")
        yield con


def timed_models(con: duckdb.DuckDBPyConnection, run: Callable[[], object]) -> tuple[float, float]:
    """Seconds that the models take, and the megabytes that they make."""
    before = _size(con)
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    con.execute("checkpoint opac")
    return seconds, (_size(con) - before) / 1e6


def _size(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("select path from duckdb_databases() where database_name = 'opac'").fetchone()
    assert row is not None
    return Path(row[0]).stat().st_size

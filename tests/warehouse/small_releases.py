"""Small releases for tests: built as the warehouse builds, each row naming its list."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from pipelines.home import Home
from pipelines.warehouse.release import Release, open_readonly, release

ROWS = 500


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def build(home: Home, name: str, *extra: str) -> Path:
    """Make a small build as the warehouse does: each row carries the name of its list."""
    path = home.build / "construction.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as construction (storage_version 'v1.0.0')")
        connection.execute("use construction")
        for statement in (
            "create schema meta",
            "create schema socle",
            "create schema marche",
            f"create table meta.publication as select '{sha(name)}' as sha256, {ROWS} as lignes",
            "create table socle.organisme as select printf('%011d', n) as nda, "
            f"'{sha(name)}' as sha256, date '2026-01-31' as jour, [n, n + 1] as liste "
            f"from range({ROWS}) t(n)",
            "comment on table socle.organisme is 'Organismes'",
            "comment on column socle.organisme.nda is 'Numéro de déclaration'",
            "create view marche.compte as select count(*) as n from socle.organisme",
            *extra,
        ):
            connection.execute(statement)
        connection.execute("use memory")
        connection.execute("detach construction")
    return path


def publish(home: Home, name: str, kept: int = 7) -> Release:
    return release(home, build(home, name), {"sha256": sha(name), "source": name}, kept)


def content(connection: duckdb.DuckDBPyConnection) -> tuple[int, list[str]]:
    """Read a whole base: its rows, and the lists they and the publication come from."""
    row = connection.execute(
        "select count(*), list_distinct(list(o.sha256) || list(p.sha256)) "
        "from socle.organisme o, meta.publication p"
    ).fetchone()
    assert row is not None
    return row


def holds(path: Path, name: str) -> bool:
    with open_readonly(path) as connection:
        return content(connection) == (ROWS, [sha(name)])

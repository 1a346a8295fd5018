"""Dagster's event log in the home: its own, in SQLite, with connections that are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import event as happening
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

from pipelines.orchestration.storage import InHome


class EventLog(InHome, SqliteEventLogStorage):
    """Dagster's log of events, one file a run and an index of all.

    Dagster opens a file anew for each statement, and closing it copies to its place what was
    written: over a thousand times a refresh, a third of the time of a small one. Here the index,
    and the run last written or read, stay open; what the index was seen to hold is not asked again.
    """

    folder = "history/runs"

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept: dict[str, Engine] = {}
        self._seen: set[tuple[str, str]] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_local(cls, base_dir: str, inst_data: ConfigurableClassData | None = None) -> EventLog:
        """Open the log of this folder."""
        return cls(base_dir, inst_data)

    def has_table(self, table_name: str) -> bool:
        """Tell whether the index holds a table: it never loses one."""
        return self._once("table", table_name, super().has_table)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        found = super()._has_asset_key_col_on_connection
        return self._once("column", column_name, lambda name: found(conn, name))

    def _once(self, kind: str, name: str, found: Callable[[str], bool]) -> bool:
        if (kind, name) not in self._seen and found(name):
            self._seen.add((kind, name))
        return (kind, name) in self._seen

    def store_event(self, event: EventLogEntry) -> None:
        """Write an event, and have the page of the run, which watches this file, read it."""
        super().store_event(event)
        os.utime(self.path_for_shard(event.run_id))

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        with self._db_lock:
            while self._kept:
                self._kept.popitem()[1].dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if shard not in self._initialized_dbs:
            with super()._connect(shard):
                pass
        with self._db_lock, self._engine(shard).begin() as con:
            yield con

    def _engine(self, shard: str) -> Engine:
        if shard not in self._kept:
            for other in self._kept.keys() - {INDEX_SHARD_NAME}:
                self._kept.pop(other).dispose()
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                # One thread at a time: they wait for the lock.
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            happening.listen(engine, "connect", _written_without_waiting)
            self._kept[shard] = engine
        return self._kept[shard]


def _written_without_waiting(con: Any, _: object) -> None:
    """Not wait for the disk: a power cut costs the log its last lines, and never spoils it."""
    con.execute("pragma synchronous = normal")

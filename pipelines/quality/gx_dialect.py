"""``duckdb+gx``: the SQLAlchemy dialect through which Great Expectations reads DuckDB.

Great Expectations reads its rows after it has given the connection back; duckdb-engine runs every
statement on that one connection, whose rollback then drops the rows. Here each statement has a
DuckDB cursor of its own, and a transaction, useless on a file opened read-only, does nothing.
Importing the module registers the dialect.
"""

from __future__ import annotations

from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, CursorWrapper, Dialect
from sqlalchemy.dialects import registry


class _Connection(ConnectionWrapper):
    """A connection whose every cursor is its own, outside any transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._connection = connection

    def cursor(self) -> CursorWrapper:
        return CursorWrapper(self._connection.cursor(), self)

    def begin(self) -> None:
        pass

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass


class GxDialect(Dialect):
    """duckdb-engine's dialect, with the connection above."""

    driver = "gx"
    supports_statement_cache = False

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        """Open the file, passing DuckDB its path and these two settings only.

        What duckdb-engine adds (settings of the URL, user agent) is left out: all the
        connections of a process to one file must bear the very same configuration.
        """
        return _Connection(
            duckdb.connect(
                cparams["database"], read_only=cparams["read_only"], config=cparams["config"]
            )
        )


registry.register("duckdb.gx", __name__, "GxDialect")

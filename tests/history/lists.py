"""Lists followed one after the other, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from pipelines.history.lists import DatedList
from pipelines.history.state import Following
from pipelines.warehouse.models import FOLLOWING
from tests.warehouse.frames import ORGANISME, Row, table

# What lists say, by date; and, where a layout lacks columns, those.
Lists = Mapping[str, Sequence[Row]]
Event = tuple[str, ...]


@contextmanager
def followed(
    lists: Lists, absentes: Mapping[str, Sequence[str]] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Follow lists in the order of their dates."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(f"attach ':memory:' as {FOLLOWING}")
        con.execute("attach ':memory:' as preparation")
        following = Following(con)
        follow(con, following, lists, absentes or {})
        yield con


def follow(
    con: duckdb.DuckDBPyConnection,
    following: Following,
    lists: Lists,
    absentes: Mapping[str, Sequence[str]],
) -> None:
    """Bring a state to these lists."""
    dated = [
        DatedList(date, fingerprint(rows), len(rows), "actuelle", "fichier")
        for date, rows in sorted(lists.items())
    ]
    for one in following.lacking(dated):
        table(con, "preparation.organisme", ORGANISME, lists[one.date])
        absent = ", ".join(f"'{name}'" for name in absentes.get(one.date, ()))
        following.follow(
            one, f"select *, [{absent}]::varchar[] as absentes from preparation.organisme"
        )


def fingerprint(rows: Sequence[Row]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def state(con: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    """Every row of the state, in an order of its own."""
    return {
        name: con.execute(f"from {FOLLOWING}.{name} order by all").fetchall()
        for name in ("instantane", "version", "evenement")
    }


def events(con: duckdb.DuckDBPyConnection) -> list[Event]:
    """The events: date, number, type, category, before, after."""
    return con.execute(
        "select instantane_apres::varchar, nda, type, coalesce(categorie, ''), "
        f"coalesce(avant, ''), coalesce(apres, '') from {FOLLOWING}.evenement order by all"
    ).fetchall()

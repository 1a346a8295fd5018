"""Values written in SQL text, because DuckDB imports pandas for its first bound parameter."""

from __future__ import annotations

import datetime as dt
import glob
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

# What DuckDB may hold in memory; beyond it spills beside the file.
MEMORY = "700MB"
# Rows that DuckDB hands to one thread at a time.
_GROUP = 122_880

Value = str | int | bool | dt.date | None


def build_config(lines: int) -> dict[str, Any]:
    """Give the settings of a connection that builds from a list of so many lines.

    Where the list is one group of rows, a second thread has no work, and spins while it waits.
    """
    return {"threads": 1 if lines <= _GROUP else 2, "memory_limit": MEMORY}


def literal(value: Value) -> str:
    """Write one value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dt.date):
        return f"date '{value.isoformat()}'"
    return "'" + value.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """Write the path of one file that DuckDB reads: it takes a path for a pattern."""
    return literal(glob.escape(str(path)))


def rows(entries: Iterable[Mapping[str, Value]], types: Mapping[str, str]) -> str:
    """Write a query that gives ``entries``, with the columns and types asked for."""
    values = ["(" + ", ".join(literal(entry[name]) for name in types) + ")" for entry in entries]
    columns = ", ".join(f"{name}::{kind} as {name}" for name, kind in types.items())
    empty = "(" + ", ".join("null" for _ in types) + ")"
    source = ", ".join(values or [empty])
    return f"select {columns} from (values {source}) as v ({', '.join(types)})" + (
        "" if values else " limit 0"
    )


def texts(names: Sequence[str], entries: Iterable[Sequence[str | None]]) -> str:
    """Write a query that gives rows of texts, however many: one literal is parsed, not each cell.

    Parameters would do as well, but DuckDB imports pandas to bind them.
    """
    form = json.dumps([dict.fromkeys(names, "VARCHAR")])
    body = json.dumps([dict(zip(names, entry, strict=True)) for entry in entries])
    return (
        f"select r.* from (select unnest(from_json({literal(body)}, {literal(form)})) as r) as tout"
    )

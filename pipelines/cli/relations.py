"""Rows of the release written as CSV, JSON or Parquet; what every form of answer shares."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.common import json_text

if TYPE_CHECKING:
    import duckdb

_FETCHED = 5_000


def tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """List the tables and views of the release, with their schema."""
    rows = con.execute(
        "select table_schema, table_name from information_schema.tables order by all"
    ).fetchall()
    return [".".join(row) for row in rows]


def rows_of(relation: duckdb.DuckDBPyRelation) -> Iterator[tuple[Any, ...]]:
    """Give the rows one by one; they are fetched by blocks."""
    while chunk := relation.fetchmany(_FETCHED):
        yield from chunk


def joined(value: Any) -> Any:
    """Write a list in one cell."""
    if isinstance(value, list):
        return ", ".join("" if item is None else str(item) for item in value)
    return str(value) if isinstance(value, dict) else value


def write_file(relation: duckdb.DuckDBPyRelation, fmt: str, target: Path) -> None:
    """Write the rows as ``fmt``: parquet, json or csv."""
    if fmt == "parquet":
        relation.write_parquet(str(target))
    elif fmt == "json":
        target.write_text(as_json(relation), encoding="utf-8")
    else:
        # With a mark, or spreadsheets read accents as something else.
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            write_csv(file, relation)


def write_csv(file: Any, relation: duckdb.DuckDBPyRelation) -> None:
    """Write the rows as CSV, names of columns first."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(relation.columns)
    for row in rows_of(relation):
        writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return joined(value)


def as_json(relation: duckdb.DuckDBPyRelation) -> str:
    """Write the rows as a JSON list of objects."""
    columns: list[str] = []
    for name in relation.columns:
        own = name
        while own in columns:  # two tables joined may both have a « nda »
            own += "_1"
        columns.append(own)
    return json_text([dict(zip(columns, row, strict=True)) for row in rows_of(relation)])

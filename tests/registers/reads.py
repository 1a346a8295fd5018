"""Reading a small list whole, for tests: its rows, what was set aside, what was repaired."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipelines.registers.contract import FLAGS, NAMES
from pipelines.registers.layout import Layout
from pipelines.registers.normalise import normalise
from pipelines.registers.reading import Block, ListReader, Rejected
from tests.registers.rows import Override, Row, row, wire

DATE = dt.date(2026, 1, 15)


class Read(NamedTuple):
    """All the blocks of a list, put together."""

    rows: pl.DataFrame
    rejected: list[Rejected]
    repaired: list[int]
    layout: Layout

    def values(self, name: str) -> list[str | int | None]:
        return self.rows[name].to_list()


class Typed(NamedTuple):
    """The typed rows of a list and its doubts."""

    rows: pl.DataFrame
    anomalies: pl.DataFrame
    without_nda: pl.DataFrame

    def value(self, name: str) -> object:
        """The value of a column of the only row."""
        assert self.rows.height == 1
        return self.rows[name].item()

    def doubts(self) -> set[tuple[str, str, str | None]]:
        """Rule, column and value of each doubt."""
        return set(self.anomalies.select("regle", "champ", "valeur").iter_rows())

    def rules(self) -> set[str]:
        return set(self.anomalies["regle"])


def lines_of(data: bytes) -> list[str]:
    """The lines of a list, its header first."""
    return data.decode().splitlines()


def wanted(line: Row, from_mirror: bool) -> tuple[str | None, ...]:
    """What reading gives for a row that was written."""
    changed = dict(line)
    if from_mirror:
        changed["code_postal"] = str(int(line["code_postal"] or 0))
        changed["fin_exercice"] = "-".join(reversed((line["fin_exercice"] or "").split("/")))
    return tuple(changed[name] or None for name in NAMES)


def kept(found: Read) -> dict[int, tuple[str | None, ...]]:
    """The values of each row kept, by line."""
    return {line[0]: line[1:] for line in found.rows.iter_rows()}


def read_file(path: Path) -> Read:
    reader = ListReader(path)
    blocks = list(reader.blocks())
    none = pl.DataFrame(schema={"ligne": pl.Int64, **dict.fromkeys(NAMES, pl.String)})
    return Read(
        pl.concat([none, *(block.rows for block in blocks)]).sort("ligne"),
        sorted((r for block in blocks for r in block.rejected), key=lambda r: r.ligne),
        sorted(ligne for block in blocks for ligne in block.repaired),
        reader.layout,
    )


def read(folder: Path, data: bytes) -> Read:
    path = folder / "liste.csv"
    path.write_bytes(data)
    return read_file(path)


def typed(folder: Path, data: bytes, date: dt.date = DATE) -> Typed:
    """Read and type a list of one block."""
    found = read(folder, data)
    block = Block(found.rows, found.rejected, found.repaired)
    done = normalise(block, date, found.layout)
    return Typed(done.rows, done.anomalies, done.without_nda)


def only(folder: Path, **changes: Override) -> Typed:
    """Read and type a clean row, but for ``changes``."""
    return typed(folder, wire([row(4, **changes)]))


def flags(*values: str | None) -> dict[str, Override]:
    """The four flags, in the order of the contract."""
    return dict(zip(FLAGS, values, strict=True))

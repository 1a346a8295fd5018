"""Three nights, their databases made once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.light import made_once
from tests.watch.nights import FIRST, LISTS, Nights, build


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[dt.date, Path]:
    """The database of each list, its history made of those before."""
    folder = made_once(tmp_path_factory, "veille", _make)
    return {dt.date.fromisoformat(date): folder / f"{date}.duckdb" for date in LISTS}


def _make(folder: Path) -> None:
    for date in LISTS:
        build({d: rows for d, rows in LISTS.items() if d <= date}, folder / f"{date}.duckdb")


@pytest.fixture
def nights(tmp_path: Path, bases: dict[dt.date, Path]) -> Nights:
    """A home where the first list is released."""
    made = Nights(tmp_path / "maison", bases)
    made.release(FIRST)
    return made

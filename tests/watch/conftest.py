"""Three nights, their databases made once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.watch.nights import FIRST, LISTS, Nights, build


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[dt.date, Path]:
    """The database of each list, its history made of those before."""
    folder = tmp_path_factory.mktemp("nuits")
    made = {}
    for date in LISTS:
        made[dt.date.fromisoformat(date)] = folder / f"{date}.duckdb"
        build({d: rows for d, rows in LISTS.items() if d <= date}, folder / f"{date}.duckdb")
    return made


@pytest.fixture
def nights(tmp_path: Path, bases: dict[dt.date, Path]) -> Nights:
    """A home where the first list is released."""
    made = Nights(tmp_path / "maison", bases)
    made.release(FIRST)
    return made

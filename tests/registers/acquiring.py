"""Homes and files to acquire lists with, for tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.settings import PARIS
from tests.registers.rows import wire_rows

DATA = wire_rows(20)


def prepared(folder: Path) -> Home:
    """Make an empty home."""
    home = Home(folder / "home")
    home.prepare()
    return home


def today() -> dt.date:
    """The day in Paris."""
    return dt.datetime.now(PARIS).date()


def write(path: Path, data: bytes = DATA) -> Path:
    """Write a list, by default one of twenty rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def refusal(kind: type[Exception], call: Callable[..., object], *args: object, **more: int) -> str:
    """What a call that must be refused says."""
    with pytest.raises(kind) as raised:
        call(*args, **more)
    return str(raised.value)

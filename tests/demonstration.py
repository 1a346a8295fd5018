"""The base of the demonstration, as ``make run`` builds it, once for the tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import SAMPLE, Settings
from tests.light import made_once, released

_made: list[Path] = []


def demonstration(factory: pytest.TempPathFactory) -> Path:
    """Give a home built from the embedded lists; it is only to be read."""
    if not _made:
        _made.append(made_once(factory, "demonstration", _make) / "maison")
    return _made[0]


def _make(folder: Path) -> None:
    released(Settings(home=folder / "maison"), SAMPLE)

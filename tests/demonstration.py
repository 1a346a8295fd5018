"""The base of the demonstration, as ``make run`` builds it, once for the tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.refresh import refresh
from pipelines.settings import SAMPLE, Settings

_made: list[Path] = []


def demonstration(factory: pytest.TempPathFactory) -> Path:
    """Give a home built from the embedded lists; it is only to be read."""
    if not _made:
        home = factory.mktemp("demonstration") / "maison"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", "")  # a refresh sets it: put back afterwards
            refresh(Settings(home=home), source=SAMPLE)
        _made.append(home)
    return _made[0]

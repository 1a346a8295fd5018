"""A home for one test, and its Dagster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.home import Home
from pipelines.orchestration.instance import URL, open_instance


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv(URL, raising=False)
    monkeypatch.setenv("DAGSTER_HOME", "")  # opening sets it: put back afterwards
    home = Home(tmp_path / "maison d'un « porteur »")
    home.prepare()
    return home


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with open_instance(home) as opened:
        yield opened

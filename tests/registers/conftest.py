"""Fetching from the server of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.registers.download import Fetched, NotModified, Validators, fetch
from tests.registers.fetching import Fetch
from tests.registers.server import RegisterServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "construction"
    path.mkdir()
    return path


@pytest.fixture
def ask(register_server: RegisterServer, folder: Path) -> Fetch:
    """Fetch with the settings of the server, others on request."""

    def call(
        known: dict[str, Validators] | None = None, progress: bool = False, **changes: Any
    ) -> Fetched | NotModified:
        settings = register_server.settings(folder.parent, **changes)
        return fetch(settings, folder, known or {}, progress)

    return call

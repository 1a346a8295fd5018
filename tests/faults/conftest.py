"""Homes to hurt, and what must still hold."""

from __future__ import annotations

import pytest

from tests.pipeline.conftest import (
    _good,  # noqa: F401
    home,  # noqa: F401
    isolate,
    opac,  # noqa: F401
)


@pytest.fixture
def isolated(gx: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the refreshes of this process cost what those of the launcher do."""
    isolate(monkeypatch)

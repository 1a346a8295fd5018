"""What several rooms' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.registers.server import RegisterServer, serve


@pytest.fixture(scope="session")
def gx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Import Great Expectations once for all the refreshes of this process."""
    # Dagster and all the assets: most tests do without.
    from tests.light import great_expectations

    with great_expectations(tmp_path_factory.mktemp("gx") / "gx.log"):
        yield


@pytest.fixture
def register_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegisterServer]:
    """A well-behaved source on loopback, to be scripted into another one."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    with serve() as server:
        yield server

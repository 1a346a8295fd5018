"""What several rooms' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.registers.server import RegisterServer, serve

# Minutes of waiting, or one long test: begun last, they would leave a processor idle.
_LONG = (
    "orchestration/test_firing.py",
    "faults/test_kill.py",
    "pipeline/test_interruptions.py",
    "orchestration/test_signals.py",
    "orchestration/test_start.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(_LONG))


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

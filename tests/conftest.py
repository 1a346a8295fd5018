"""What several rooms' tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.registers.server import RegisterServer, serve

if TYPE_CHECKING:
    from tests.launcher import Launcher

# Minutes of waiting, or one long test: begun last, they would leave a processor idle.
_LONG = (
    "orchestration/test_firing.py",
    "faults/test_kill.py",
    "pipeline/test_interruptions.py",
    "orchestration/test_signals.py",
    "orchestration/test_start.py",
)
# How long an example takes says how busy the machine is.
settings.register_profile("sans-limite", parent=settings.default, deadline=None)
settings.load_profile("sans-limite")
CHROMIUM = shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(_LONG))


@pytest.fixture(scope="session")
def gx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Import Great Expectations once for all the refreshes of this process."""
    # Dagster and all the assets: most tests do without.
    from tests.light import great_expectations, said_to_all

    with great_expectations(tmp_path_factory.mktemp("gx"), said_to_all(tmp_path_factory)):
        yield


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Start ``opac`` as processes that have already imported what they need."""
    from tests.launcher import launching
    from tests.light import said_to_all

    folder = tmp_path_factory.mktemp("lanceur")
    with launching(folder, said_to_all(tmp_path_factory)) as started:
        yield started


@pytest.fixture
def register_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegisterServer]:
    """A well-behaved source on loopback, to be scripted into another one."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    with serve() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium, to lay out the pages that the project writes."""
    if CHROMIUM is None:
        reason = "chromium manque : apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()

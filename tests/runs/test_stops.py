"""A signal may come out of a run as any error: it is the signal that is told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import pipelines.refresh
from pipelines.errors import OpacError, Stopped
from pipelines.home import Home
from pipelines.runs import journal
from pipelines.runs.entry import is_interruption
from pipelines.settings import Settings

_STOPPED = "L'actualisation a été arrêtée avant sa fin : la version publiée est intacte ; "
_LEFT = "Interrompu au clavier ; la version publiée est intacte."


@contextmanager
def _no_worker(log: Path) -> Iterator[None]:
    yield


def _signalled(number: signal.Signals, hidden: bool) -> Any:
    """Make a run that turns a signal into another error, with or without a trace of it."""

    def execute(*_: object) -> None:
        try:
            os.kill(os.getpid(), number)
            for _turn in range(1_000_000):
                pass
        except KeyboardInterrupt:
            if not hidden:
                raise TypeError("fermé à moitié")  # noqa: B904
        raise TypeError("fermé à moitié")

    return execute


@pytest.fixture
def heard() -> Iterator[None]:
    """Have Ctrl-C interrupt, whatever the process that runs the tests was started with."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(pipelines.refresh, "shared_worker", _no_worker)
    return Settings(home=tmp_path)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(
    ("number", "raised", "code", "told"),
    [
        (signal.SIGTERM, Stopped, 143, _STOPPED),
        (signal.SIGINT, KeyboardInterrupt, 130, _LEFT),
    ],
)
def test_a_signal_turned_into_another_error(
    number: signal.Signals,
    raised: type[BaseException],
    code: int,
    told: str,
    hidden: bool,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipelines.refresh, "_execute", _signalled(number, hidden))

    with pytest.raises(raised):
        pipelines.refresh.refresh(settings)

    home = Home(settings.home)
    (run,) = journal.runs(home)
    assert (run.state, run.code) == (journal.State.FAILED, code)
    assert str(run.message).startswith(told)
    assert "TypeError: fermé à moitié" in home.log.read_text("utf-8"), "it may be our fault"


def test_the_same_error_without_a_signal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def execute(*_: object) -> None:
        raise TypeError("fermé à moitié")

    monkeypatch.setattr(pipelines.refresh, "_execute", execute)
    with pytest.raises(OpacError, match="erreur imprévue \\(TypeError\\)"):
        pipelines.refresh.refresh(settings)


def test_an_interruption_behind_another_error() -> None:
    error = TypeError("fermé à moitié")
    error.__context__ = RuntimeError("Query interrupted")
    assert is_interruption(error)
    assert not is_interruption(TypeError("fermé à moitié"))
    assert not is_interruption(None)

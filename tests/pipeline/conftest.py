"""Homes with a good release, made once and copied; one process for Great Expectations."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

import pipelines.orchestration.resources
import pipelines.quality.gate
import pipelines.refresh
from pipelines.quality.gx_client import GxWorker
from pipelines.quality.thresholds import threshold
from pipelines.settings import Settings
from tests.pipeline.commands import Opac, Refresh
from tests.pipeline.lists import DAY, good_list
from tests.registers.server import RegisterServer, serve

_worker: list[GxWorker] = []


@contextmanager
def _lent(log: Path) -> Iterator[GxWorker]:
    """Lend the one worker of the tests, which goes on after each refresh."""
    yield _worker[0]


@pytest.fixture(scope="session")
def gx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Import Great Expectations once for all the refreshes of this process."""
    with GxWorker(tmp_path_factory.mktemp("gx") / "gx.log") as worker:
        _worker[:] = [worker]
        yield


_on_disk = dg.DagsterInstance.get


def isolate(patch: pytest.MonkeyPatch) -> None:
    """Share the worker, and let only the variables that a test sets count.

    Runs are recorded in memory: on disk, that takes longer than all the rest of a small refresh.
    """
    patch.setattr(dg.DagsterInstance, "get", dg.DagsterInstance.ephemeral)
    patch.setattr(pipelines.refresh, "shared_worker", _lent)
    patch.setattr(pipelines.orchestration.resources, "shared_worker", _lent)
    for name in [name for name in os.environ if name.startswith("OPAC_")]:
        patch.delenv(name)
    patch.setenv("DAGSTER_HOME", "")  # a refresh sets it: put back afterwards


@pytest.fixture(autouse=True)
def _isolated(gx: None, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record the runs in the home, as out of tests."""
    monkeypatch.setattr(dg.DagsterInstance, "get", _on_disk)


def low_floor(name: str, day: dt.date) -> float:
    """The thresholds, but for the floor of the official list: ours is small."""
    return 500.0 if name == "plancher_lignes" else threshold(name, day)


@pytest.fixture
def opac(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Opac:
    return Opac(capfd, monkeypatch)


@pytest.fixture(scope="session")
def _good(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    folder = tmp_path_factory.mktemp("bon")
    source = folder / "liste.csv"
    source.write_bytes(good_list())
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch)
        patch.setattr(dg.DagsterInstance, "get", _on_disk)
        pipelines.refresh.refresh(Settings(home=folder / "maison"), source, DAY)
    return folder / "maison"


@pytest.fixture
def home(_good: Path, tmp_path: Path) -> Path:
    """A home of local files with a good release, for one test."""
    shutil.copytree(_good, tmp_path / "maison", symlinks=True)
    return tmp_path / "maison"


@pytest.fixture(scope="session")
def _good_official(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    home = tmp_path_factory.mktemp("officiel") / "maison"
    with pytest.MonkeyPatch.context() as patch, serve(good_list()) as server:
        isolate(patch)
        patch.setattr(pipelines.quality.gate, "threshold", low_floor)
        set_environment(patch, server)
        pipelines.refresh.refresh(Settings.load(home), date=DAY)
    return home


@pytest.fixture
def official_home(
    _good_official: Path,
    tmp_path: Path,
    register_server: RegisterServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A home of the official list with a good release; the environment names the server."""
    monkeypatch.setattr(pipelines.quality.gate, "threshold", low_floor)
    set_environment(monkeypatch, register_server)
    shutil.copytree(_good_official, tmp_path / "maison", symlinks=True)
    return tmp_path / "maison"


def set_environment(patch: pytest.MonkeyPatch, server: RegisterServer) -> None:
    """Point the settings to the server, as the variables of a process would."""
    for name, value in server.environment().items():
        if name.startswith("OPAC_") or name.lower() == "no_proxy":
            patch.setenv(name, value)
    patch.setenv("OPAC_ATTEMPTS", "2")


@pytest.fixture
def refresh(opac: Opac, home: Path, tmp_path: Path) -> Refresh:
    return Refresh(opac, home, tmp_path)

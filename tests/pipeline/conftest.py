"""Homes with a good release, made once and copied; one process for Great Expectations."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import dagster as dg
import pytest

import pipelines.quality.gate
import pipelines.refresh
import pipelines.warehouse.models
from pipelines.quality.thresholds import threshold
from pipelines.settings import Settings
from tests.light import lighten, made_once
from tests.pipeline.commands import Opac, Refresh
from tests.pipeline.lists import DAY, good_list
from tests.registers.server import RegisterServer, serve

_on_disk = dg.DagsterInstance.get
_by_dagster = pipelines.refresh._execute


def isolate(patch: pytest.MonkeyPatch) -> None:
    """Refresh at little cost, and let only the variables that a test sets count.

    The runs of the job are recorded in memory: on disk takes longer than a small refresh itself.
    Tables have no comments: they take a third of the time of small ones.
    """
    lighten(patch)
    patch.setattr(pipelines.warehouse.models, "_comments", lambda *_: "")
    patch.setattr(dg.DagsterInstance, "get", dg.DagsterInstance.ephemeral)
    for name in [name for name in os.environ if name.startswith("OPAC_")]:
        patch.delenv(name)


@pytest.fixture(autouse=True)
def _isolated(gx: None, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def whole_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Dagster run the job, as out of tests."""
    monkeypatch.setattr(pipelines.refresh, "_execute", _by_dagster)


@pytest.fixture
def recorded(whole_job: None, monkeypatch: pytest.MonkeyPatch) -> None:
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
    return made_once(tmp_path_factory, "bon", _make_good) / "maison"


def _make_good(folder: Path) -> None:
    """Release the good list, by Dagster, in the home of this folder."""
    source = folder / "liste.csv"
    source.write_bytes(good_list())
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch)
        patch.setattr(pipelines.refresh, "_execute", _by_dagster)
        patch.setattr(dg.DagsterInstance, "get", _on_disk)
        pipelines.refresh.refresh(Settings(home=folder / "maison"), source, DAY)


@pytest.fixture
def home(_good: Path, tmp_path: Path) -> Path:
    """A home of local files with a good release, for one test."""
    shutil.copytree(_good, tmp_path / "maison", symlinks=True)
    return tmp_path / "maison"


@pytest.fixture(scope="session")
def _good_official(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    return made_once(tmp_path_factory, "officiel", _make_official) / "maison"


def _make_official(folder: Path) -> None:
    """Release the good list, fetched, in the home of this folder."""
    with pytest.MonkeyPatch.context() as patch, serve(good_list()) as server:
        isolate(patch)
        patch.setattr(pipelines.quality.gate, "threshold", low_floor)
        set_environment(patch, server)
        pipelines.refresh.refresh(Settings.load(folder / "maison"), date=DAY)


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

"""Refreshes at a fraction of their cost, and folders made once for all the processes of a run."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from functools import cache
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest

import assets.modeles
import pipelines.orchestration.resources
import pipelines.refresh
from assets.archive import RefreshConfig, reception
from assets.controle import rapport
from assets.modeles import modeles
from assets.preparation import organisme_prepare
from assets.publication import publication
from assets.suivi import suivi_historique
from pipelines.home import Home
from pipelines.orchestration.keys import LIST
from pipelines.orchestration.resources import HomeResource
from pipelines.quality.checks import Check
from pipelines.quality.gate import GateChecks
from pipelines.quality.gx_client import GxWorker
from pipelines.runs.entry import Outcome
from pipelines.settings import Settings
from tests.models_once import content, remembering

_worker: list[GxWorker] = []
# Where what is the same for all the processes of a run is kept.
_shared: list[Path] = []


class Remembering(GxWorker):
    """Asks Great Expectations once what it says of the same rows, for all the processes of a run.

    What a check measures follows from the rows of its query alone: it is kept by their hash.
    """

    def __init__(self, log: Path, folder: Path) -> None:
        super().__init__(log)
        self._kept = folder

    def _ask(self, base: Path, checks: list[Check], timeout: float) -> list[dict[str, Any]]:
        import duckdb

        try:
            with duckdb.connect(base, read_only=True) as con:
                rows = {query: content(con, query) for query in {_query(c) for c in checks}}
        except duckdb.Error:  # a query that cannot run is for Great Expectations to say
            return super()._ask(base, checks, timeout)
        names = [
            sha256(repr((rows[_query(c)], c.expectation, c.kwargs)).encode()).hexdigest()
            for c in checks
        ]
        new = [n for n, name in enumerate(names) if not (self._kept / name).exists()]
        told = super()._ask(base, [checks[n] for n in new], timeout) if new else []
        found = dict(zip(new, told, strict=True))
        for n, outcome in found.items():
            if outcome["cause"] is None:
                (part := self._kept / f"{names[n]}.{os.getpid()}").write_text(json.dumps(outcome))
                part.rename(self._kept / names[n])
        return [
            found[n] if n in found else json.loads((self._kept / name).read_text())
            for n, name in enumerate(names)
        ]


def _query(check: Check) -> str:
    return check.requete or f"select * from {check.table}"


def lend(worker: GxWorker) -> None:
    """Have the refreshes of this process use a worker that is already there."""
    _worker[:] = [worker]


@contextmanager
def lent(log: Path) -> Iterator[GxWorker]:
    """Lend the one worker of the tests, which goes on after each refresh."""
    yield _worker[0]


@contextmanager
def great_expectations(folder: Path, kept: Path) -> Iterator[None]:
    """Import Great Expectations once for all the refreshes of this process.

    Its log is in ``folder``; what it says, in ``kept``, which others may share.
    """
    _shared[:] = [kept]
    with Remembering(folder / "gx.log", kept) as worker:
        lend(worker)
        yield


def step_by_step(settings: Settings, home: Home, asked: Mapping[str, Any]) -> None:
    """Call the steps of the job in their order, as Dagster does, and record nothing of them.

    Half of the refresh of a small list is what Dagster writes of it.
    """
    resource = HomeResource(home=str(settings.home))
    with (
        GateChecks(resource.settings, _worker[0]) as checks,
        redirect_stderr(StringIO()),
        dg.build_asset_context(instance=_nothing_recorded()) as context,
    ):
        resource._checks = checks
        received = _body(reception)(context, RefreshConfig(**asked), resource)
        if LIST not in [one.asset_key for one in received]:
            return
        _body(organisme_prepare)(resource)
        _body(suivi_historique)(context, resource)
        list(_body(modeles)(resource))
        _body(rapport)(resource)
        _body(publication)(resource)


@cache  # making one stamps its tables with their revisions, which Dagster reads all again
def _nothing_recorded() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


def _body(step: dg.AssetsDefinition) -> Callable[..., Any]:
    """Give the function of a step; called through Dagster, it would keep the home's lock."""
    return cast("Callable[..., Any]", cast(Any, step.op.compute_fn).decorated_fn)


def lighten(patch: pytest.MonkeyPatch) -> None:
    """Have refreshes of this process share the worker, go step by step, make no table twice."""
    share_worker(patch)
    patch.setattr(pipelines.refresh, "_execute", step_by_step)
    patch.setattr(assets.modeles, "build_models", remembering(_shared[0]))


def share_worker(patch: pytest.MonkeyPatch) -> None:
    """Have the refreshes of this process share the worker."""
    patch.setattr(pipelines.refresh, "shared_worker", lent)
    patch.setattr(pipelines.orchestration.resources, "shared_worker", lent)
    patch.setenv("DAGSTER_HOME", "")  # a whole refresh sets it: put back afterwards


def released(settings: Settings, *args: Any) -> Outcome:
    """Refresh a home that a fixture makes."""
    with pytest.MonkeyPatch.context() as patch:
        lighten(patch)
        return pipelines.refresh.refresh(settings, *args)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Give this process' copy of a folder that one process of the run has made."""
    shared = shared_by_all(factory)
    folder, done = shared / f"{name}-modele", shared / f"{name}-fait"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()  # fails if making it failed before
            make(folder)
            done.touch()
    return shutil.copytree(folder, factory.mktemp(name) / name, symlinks=True)


def shared_by_all(factory: pytest.TempPathFactory) -> Path:
    """The folder of all the processes of a run."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def said_to_all(factory: pytest.TempPathFactory) -> Path:
    """The folder of what Great Expectations has said, to any process of a run."""
    folder = shared_by_all(factory) / "gx-dit"
    folder.mkdir(exist_ok=True)
    return folder

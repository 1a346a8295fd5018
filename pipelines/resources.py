"""The Dagster resource: the home, its lock for the time of a run, the worker of the checks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from pipelines.home import Home
from pipelines.lock import refresh_lock
from pipelines.quality.gate import GateChecks
from pipelines.quality.gx_client import shared_worker
from pipelines.settings import Settings


class HomeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The home that a run works in. Empty: ``OPAC_HOME``, or the default home."""

    home: str = ""
    _checks: GateChecks | None = PrivateAttr(default=None)

    @property
    def settings(self) -> Settings:
        """Settings, with this home."""
        return Settings.load(Path(self.home) if self.home else None)

    @property
    def paths(self) -> Home:
        """Paths of this home."""
        return Home(self.settings.home)

    @property
    def checks(self) -> GateChecks:
        """The checks of this run, evaluated by a process alive for its time."""
        assert self._checks is not None, "the resource is used inside a run"  # noqa: S101
        return self._checks

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HomeResource"]:
        """Hold the home's lock for the run."""
        home = self.paths
        home.prepare()
        with (
            refresh_lock(home),
            shared_worker(home.log) as worker,
            GateChecks(self.settings, worker) as checks,
        ):
            self._checks = checks
            yield self

"""The Dagster resource: the home, its lock for the time of a run, its journal, its checks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from pipelines.home import Home
from pipelines.lock import refresh_lock
from pipelines.orchestration.instance import prune
from pipelines.orchestration.keys import JOB, LIST, RECEPTION, RELEASE
from pipelines.quality.gate import GateChecks
from pipelines.quality.gx_client import shared_worker
from pipelines.runs.entry import BY_COMMAND, Entry, is_interruption, source_of
from pipelines.settings import Settings

# What the job begins and ends with: a run without both is no refresh.
_ENDS = {LIST, RELEASE}


class HomeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The home that a run works in. Empty: ``OPAC_HOME``, or the default home."""

    home: str = ""
    _checks: GateChecks | None = PrivateAttr(default=None)
    _failure: BaseException | None = PrivateAttr(default=None)

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

    def note_failure(self, error: BaseException) -> None:
        """Keep the error of a step for the journal; that of the first step is the cause."""
        self._failure = self._failure or error

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[HomeResource]:
        """Hold the home's lock for the run, and write the run in the journal."""
        home = self.paths
        home.prepare()
        with refresh_lock(home):
            entry = _entry(home, context.run)
            failure: BaseException | None = None
            try:
                with shared_worker(home.log) as worker, GateChecks(self.settings, worker) as checks:
                    self._checks = checks
                    yield self
                    # Dagster does not throw here what ends a run: it is being handled above.
                    failure = self._failure or sys.exception()
                    if is_interruption(failure):
                        worker.close()  # a validation under way would hold the end up
                if entry and failure is None:
                    entry.done()
            except BaseException as error:
                failure = error
                raise
            finally:
                if entry and failure:
                    entry.failed(failure)
            if context.instance:
                prune(context.instance)


def _entry(home: Home, run: dg.DagsterRun | None) -> Entry | None:
    """Open the journal entry of a whole run of the job that no command tells of."""
    if run is None or run.job_name != JOB:
        return None
    # The page names every asset of the job; a person may leave some out.
    if run.asset_selection and not run.asset_selection >= _ENDS:
        return None
    # « dagster job execute » makes the resources again, to give the results of a run that ended.
    if run.is_finished:
        return None
    if BY_COMMAND.items() <= run.tags.items():
        return None
    ops: Any = run.run_config.get("ops", {})
    return Entry(home, source_of(ops.get(RECEPTION, {}).get("config", {})))


@dg.failure_hook(required_resource_keys={"home"})
def note_failure(context: dg.HookContext) -> None:
    """Keep the error of a failed step: Dagster goes on, and keeps its text only."""
    if context.op_exception is not None:
        context.resources.home.note_failure(context.op_exception)

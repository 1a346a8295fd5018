"""A refresh from a command: the Dagster job run in this process, and what is told after it."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from pipelines.errors import OpacError, RefreshRunning, Stopped, UsageError
from pipelines.home import Home, home_errors
from pipelines.imports import collector_paused
from pipelines.lock import refresh_lock
from pipelines.orchestration.instance import open_instance
from pipelines.quality.gx_client import shared_worker
from pipelines.runs.entry import BY_COMMAND, Entry, Outcome, is_interruption, source_of
from pipelines.settings import Settings
from pipelines.warehouse.release import current
from pipelines.watch.round import run_round


def refresh(
    settings: Settings,
    source: Path | None = None,
    date: dt.date | None = None,
    accepted: Mapping[str, str] | None = None,
    progress: bool = False,
) -> Outcome:
    """Run the job ``refresh`` in this process, write it in the journal, send what is to be told.

    Of ``settings``, the job is given the home; it reads the others from the environment, as it
    does under Dagster.

    Raises:
        OpacError: nothing was released; the message says why and what to do.
    """
    asked = {
        "source": str(source.absolute()) if source else "",
        "date": date.isoformat() if date else "",
        "accepter": dict(accepted or {}),
        "progression": progress,
    }
    return _run(settings, asked)


def rebuild(settings: Settings, *, from_nothing: bool = False) -> Outcome:
    """Build and release again from the list of the current release, with all that was archived.

    ``from_nothing``: history is made again from the archive.

    Raises:
        OpacError: nothing was released; the message says why and what to do.
    """
    release = current(Home(settings.home))
    if release is None:
        raise UsageError("Aucune version n'est publiée : lancez d'abord « opac refresh ».")
    asked = {"contenu": release.meta["sha256"], "refaire_historique": from_nothing}
    return _run(settings, asked)


def _run(settings: Settings, asked: dict[str, Any]) -> Outcome:
    """Run the job under the lock of the home; once it is free, send what is to be told."""
    try:
        outcome = _recorded(settings, asked)
    except (RefreshRunning, Stopped):
        raise
    except OpacError:
        _tell(settings)
        raise
    return replace(outcome, non_avises=_tell(settings))


def _tell(settings: Settings) -> tuple[str, ...]:
    return run_round(settings).failed


def _recorded(settings: Settings, asked: dict[str, Any]) -> Outcome:
    home = Home(settings.home)
    home.prepare()
    # Great Expectations takes seconds to import: its process starts before everything else.
    with (
        _sigterm() as received,
        refresh_lock(home),
        home_errors(home.root),
        shared_worker(home.log),
    ):
        entry = Entry(home, source_of(asked))
        try:
            _execute(settings, home, asked)
            return entry.done()
        except BaseException as error:
            # Raised wherever the signal finds the run, it may come here as any other error.
            asked_to_end = received()
            if signal.SIGTERM in asked_to_end:
                raise entry.stopped(error) from error
            if signal.SIGINT in asked_to_end or is_interruption(error):
                entry.left(error)
                raise KeyboardInterrupt from error
            raise entry.failed(error) from error


def _execute(settings: Settings, home: Home, asked: dict[str, Any]) -> None:
    # Inside: Dagster takes a second to import, which « opac refresh --help » and a refused request
    # would wait for too.
    with collector_paused():
        from pipelines.definitions import defs
        from pipelines.orchestration.keys import JOB, RECEPTION

    # On a full disk, Dagster writes there what it cannot record, beside the error that it raises.
    # On a terminal, the progress of the download is shown there too.
    aside = nullcontext() if asked.get("progression") else redirect_stderr(StringIO())
    with open_instance(home) as instance, aside:
        defs.resolve_job_def(JOB).execute_in_process(
            run_config={
                "ops": {RECEPTION: {"config": asked}},
                "resources": {"home": {"config": {"home": str(settings.home)}}},
                # What an operator needs is told by the command; the rest is in Dagster's log.
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            tags=BY_COMMAND,
        )


@contextmanager
def _sigterm() -> Iterator[Callable[[], frozenset[int]]]:
    """Have SIGTERM interrupt this process as Ctrl-C does; give what tells which signals came.

    While it runs a job, Dagster handles both signals by one function of its own: what signal it
    was, only Python's wakeup descriptor says.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    earlier = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)

    def received() -> frozenset[int]:
        try:
            return frozenset(os.read(reader, 1024))
        except BlockingIOError:
            return frozenset()

    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.set_wakeup_fd(earlier)
        os.close(reader)
        os.close(writer)

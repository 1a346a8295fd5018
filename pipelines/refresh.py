"""A refresh: the Dagster job run in this process, and what any run of it tells in the journal."""

from __future__ import annotations

import datetime as dt
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from pipelines import journal
from pipelines.errors import OpacError, RefreshRunning, Stopped, UsageError
from pipelines.home import Home, home_errors, unusable
from pipelines.imports import collector_paused
from pipelines.lock import refresh_lock
from pipelines.quality.gx_client import shared_worker
from pipelines.registers.archive import Archive
from pipelines.settings import Settings
from pipelines.warehouse.release import Release, current

# The step that is told what to read.
RECEPTION = "reception"
# Where a list came from, in the journal: a path, or one of these.
FROM_SOURCE, FROM_ARCHIVE = "liste officielle", "archive"
# The tag of a run whose command writes the journal itself.
BY_COMMAND = {"opac/lancee_par": "commande"}
_KEYBOARD = 130


@dataclass(frozen=True)
class Outcome:
    """How a refresh ended: a new release, or the current one kept because nothing changed."""

    release: Release
    changed: bool
    message: str
    # Why notices could not all be prepared or sent, in French.
    non_avises: tuple[str, ...] = ()


class Entry:
    """A run in the journal, from its start to its end."""

    def __init__(self, home: Home, source: str) -> None:
        self._home = home
        self._before = current(home)
        self._run = journal.start(home, source=source)

    def done(self) -> Outcome:
        """Write that the run went to its end; give its outcome.

        Raises:
            OpacError: it released nothing, and there was nothing before.
        """
        outcome = _outcome(self._home, self._before)
        journal.finish(self._home, self._run, 0, outcome.message, version=outcome.release.version)
        return outcome

    def failed(self, error: BaseException) -> OpacError:
        """Write that the run failed; give the sentence for the user."""
        told = _told(self._home, error)
        journal.finish(self._home, self._run, told.code, str(told))
        return told

    def left(self) -> None:
        """Write that the user interrupted the run."""
        told = "Interrompu au clavier ; la version publiée est intacte."
        journal.finish(self._home, self._run, _KEYBOARD, told)


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


def source_of(asked: Mapping[str, Any]) -> str:
    """Say where the list comes from, given what the step of reception is asked."""
    if asked.get("contenu"):
        return FROM_ARCHIVE
    return str(asked.get("source") or FROM_SOURCE)


def is_interruption(error: BaseException | None) -> bool:
    """Tell whether an error is Ctrl-C, SIGTERM or a cancelled run."""
    from dagster import DagsterExecutionInterruptedError

    # Within a query, DuckDB makes an error of its own of the signal.
    in_query = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    return in_query or isinstance(error, (KeyboardInterrupt, DagsterExecutionInterruptedError))


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
    from pipelines.watch.round import go_round

    return go_round(settings).failed


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
            if is_interruption(error) and not received():
                entry.left()
                raise KeyboardInterrupt from error
            raise entry.failed(error) from error


def _execute(settings: Settings, home: Home, asked: dict[str, Any]) -> None:
    from pipelines.instance import open_instance

    with collector_paused():
        from pipelines.definitions import defs

    # On a full disk, Dagster writes there what it cannot record, beside the error that it raises.
    # On a terminal, the progress of the download is shown there too.
    aside = nullcontext() if asked.get("progression") else redirect_stderr(StringIO())
    with open_instance(home) as instance, aside:
        defs.resolve_job_def("refresh").execute_in_process(
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
def _sigterm() -> Iterator[Callable[[], bool]]:
    """Have SIGTERM interrupt this process as Ctrl-C does; give what tells whether it came.

    While it runs a job, Dagster handles both signals by one function of its own: what signal it
    was, only Python's wakeup descriptor says.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    earlier = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)

    def received() -> bool:
        try:
            return signal.SIGTERM in os.read(reader, 1024)
        except BlockingIOError:
            return False

    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.set_wakeup_fd(earlier)
        os.close(reader)
        os.close(writer)


def _outcome(home: Home, before: Release | None) -> Outcome:
    """Compare the release before a run with the one after.

    Raises:
        OpacError: there is none.
    """
    after = current(home)
    if after is None:
        raise OpacError(
            f"La construction s'est terminée sans rien publier : le détail est dans {home.log}."
        )
    changed = before is None or after.version != before.version
    day = after.meta["date_contenu"]
    if changed:
        return Outcome(after, changed, f"Version {after.version} publiée (liste du {day}).")
    seen = Archive(home).latest()
    if seen is not None and seen.date_contenu < day and seen.sha256 != after.meta["sha256"]:
        return Outcome(
            after,
            changed,
            f"La source a rendu une liste plus ancienne ({seen.date_contenu}) que celle de la "
            f"version publiée ({day}) : archivée pour l'historique, elle n'est pas publiée.",
        )
    return Outcome(
        after, changed, f"Inchangé : la version {after.version} vient déjà de cette liste ({day})."
    )


def _told(home: Home, error: BaseException) -> OpacError:
    """Find the sentence for the user behind an error, and keep its traceback in the log."""
    if is_interruption(error):
        return Stopped(
            "L'actualisation a été arrêtée avant sa fin : la version publiée est intacte ; "
            "relancez-la, ou attendez la prochaine nuit."
        )
    kept = log_traceback(home, error)
    for cause in _chain(error):
        if isinstance(cause, OpacError):
            return cause
        if (told := unusable(home.root, cause)) is not None:
            return told
    return OpacError(
        f"L'actualisation a échoué sur une erreur imprévue ({type(error).__name__}) : la version "
        f"publiée est intacte ; {kept}."
    )


def _chain(error: BaseException) -> list[BaseException]:
    """List an error and those it came from, each once (a chain may close on itself)."""
    chain: list[BaseException] = []
    seen: BaseException | None = error
    while seen is not None and seen not in chain:
        chain.append(seen)
        seen = seen.__cause__ or seen.__context__
    return chain


def log_traceback(home: Home, error: BaseException) -> str:
    """Write a traceback in the home's log; give the clause that says where to find it."""
    stamp = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    text = "".join(traceback.format_exception(error))
    try:
        with home.log.open("a", encoding="utf-8") as file:
            file.write(f"--- {stamp}\n{text}\n")
    except OSError:
        return f"le détail n'a pas pu être écrit dans {home.log}, vérifiez la place et les droits"
    return f"le détail est dans {home.log}, joignez-le à votre signalement"

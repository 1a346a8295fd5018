"""A run as the journal holds it: from where its list comes, how it ends, in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.errors import OpacError, Stopped
from pipelines.home import Home, unusable
from pipelines.log import log_traceback
from pipelines.registers.archive import Archive
from pipelines.runs import journal
from pipelines.warehouse.release import Release, current

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
    # What is to be known of the list received, in French.
    reserves: tuple[str, ...] = ()
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
        if is_interruption(error):
            return self.stopped(error)
        told = _sentence(self._home, error)
        journal.finish(self._home, self._run, told.code, str(told))
        return told

    def stopped(self, error: BaseException) -> Stopped:
        """Write that the run was asked to end; give the sentence for whoever asked."""
        self._keep(error)
        told = Stopped(
            "L'actualisation a été arrêtée avant sa fin : la version publiée est intacte ; "
            "relancez-la, ou attendez la prochaine nuit."
        )
        journal.finish(self._home, self._run, told.code, str(told))
        return told

    def left(self, error: BaseException) -> None:
        """Write that the user interrupted the run."""
        self._keep(error)
        told = "Interrompu au clavier ; la version publiée est intacte."
        journal.finish(self._home, self._run, _KEYBOARD, told)

    def _keep(self, error: BaseException) -> None:
        # An interruption tells nothing; what it was turned into may be a fault of ours.
        if not _interrupts(error):
            log_traceback(self._home, error)


def source_of(asked: Mapping[str, Any]) -> str:
    """Say where the list comes from, given what the step of reception is asked."""
    if asked.get("contenu"):
        return FROM_ARCHIVE
    return str(asked.get("source") or FROM_SOURCE)


def is_interruption(error: BaseException | None) -> bool:
    """Tell whether an error is Ctrl-C, SIGTERM or a cancelled run, or comes from one of them."""
    # Of what an interruption closes half-way, some raise another error.
    return error is not None and any(map(_interrupts, _chain(error)))


def _interrupts(error: BaseException) -> bool:
    from dagster import DagsterExecutionInterruptedError

    # Within a query, DuckDB makes an error of its own of the signal.
    in_query = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    return in_query or isinstance(error, (KeyboardInterrupt, DagsterExecutionInterruptedError))


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
    seen = Archive(home).latest()
    reserves = tuple(seen.avertissements) if seen is not None else ()
    if changed:
        told = f"Version {after.version} publiée (liste du {day})."
        return Outcome(after, changed, told, reserves)
    if seen is not None and seen.date_contenu < day and seen.sha256 != after.meta["sha256"]:
        return Outcome(
            after,
            changed,
            f"La source a rendu une liste plus ancienne ({seen.date_contenu}) que celle de la "
            f"version publiée ({day}) : archivée pour l'historique, elle n'est pas publiée.",
            reserves,
        )
    told = f"Inchangé : la version {after.version} vient déjà de cette liste ({day})."
    return Outcome(after, changed, told, reserves)


def _sentence(home: Home, error: BaseException) -> OpacError:
    """Find the sentence for the user behind an error, and keep its traceback in the log."""
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

"""A refresh in this process: the Dagster job, its journal entry, its outcome in one sentence."""

from __future__ import annotations

import datetime as dt
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines import journal
from pipelines.errors import OpacError, UsageError
from pipelines.home import Home, home_errors, unusable
from pipelines.lock import refresh_lock
from pipelines.quality.gx_client import shared_worker
from pipelines.registers.archive import Archive
from pipelines.settings import Settings
from pipelines.warehouse.release import Release, current

_DAGSTER_YAML = """\
# Storage of the runs of this home. Nothing is sent anywhere.
telemetry:
  enabled: false
# No window that asks for a mail address.
nux:
  enabled: false
"""


@dataclass(frozen=True)
class Outcome:
    """How a refresh ended: a new release, or the current one kept because nothing changed."""

    release: Release
    changed: bool
    message: str


def refresh(
    settings: Settings,
    source: Path | None = None,
    date: dt.date | None = None,
    accepted: Mapping[str, str] | None = None,
    progress: bool = False,
) -> Outcome:
    """Run the job ``refresh`` in this process and write the run in the journal.

    Of ``settings``, the job is given the home; it reads the others from the environment, as it
    does under Dagster.

    Raises:
        OpacError: nothing was released; the message says why and what to do.
    """
    asked = _config(settings, source, date, accepted, progress)
    return _recorded(settings, str(source) if source else "liste officielle", asked)


def rebuild(settings: Settings, *, from_nothing: bool = False) -> Outcome:
    """Build and release again from the list of the current release, with all that was archived.

    ``from_nothing``: history is made again from the archive.

    Raises:
        OpacError: nothing was released; the message says why and what to do.
    """
    release = current(Home(settings.home))
    if release is None:
        raise UsageError("Aucune version n'est publiée : lancez d'abord « opac refresh ».")
    asked = _config(settings)
    asked["ops"]["archive__liste_publique_of"]["config"] |= {
        "contenu": release.meta["sha256"],
        "refaire_historique": from_nothing,
    }
    return _recorded(settings, "archive", asked)


def _recorded(settings: Settings, source: str, asked: dict[str, Any]) -> Outcome:
    """Run the job with what was asked, under the lock of the home, and write it in the journal."""
    home = Home(settings.home)
    home.prepare()
    # Great Expectations takes seconds to import: its process starts before everything else.
    with refresh_lock(home), home_errors(home.root), shared_worker(home.log):
        run = journal.start(home, source=source)
        try:
            outcome = _run(settings, home, asked)
        except KeyboardInterrupt:
            journal.finish(
                home, run, 130, "Interrompu au clavier ; la version publiée est intacte."
            )
            raise
        except Exception as error:
            told = _told(home, error)
            journal.finish(home, run, told.code, str(told))
            raise told from error
        journal.finish(home, run, 0, outcome.message, version=outcome.release.version)
        return outcome


def _run(settings: Settings, home: Home, config: dict[str, Any]) -> Outcome:
    before = current(home)
    prepare_dagster(home)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    import dagster as dg

    from pipelines.definitions import defs

    with dg.DagsterInstance.get() as instance:
        defs.resolve_job_def("refresh").execute_in_process(run_config=config, instance=instance)
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


def prepare_dagster(home: Home) -> None:
    """Give the home's Dagster its configuration, once."""
    path = home.dagster / "dagster.yaml"
    if not path.exists():
        with home_errors(home.root):
            home.dagster.mkdir(parents=True, exist_ok=True)
            path.write_text(_DAGSTER_YAML, encoding="utf-8")


def _config(
    settings: Settings,
    source: Path | None = None,
    date: dt.date | None = None,
    accepted: Mapping[str, str] | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    asked = {
        "source": str(source.absolute()) if source else "",
        "date": date.isoformat() if date else "",
        "accepter": dict(accepted or {}),
        "progression": progress,
    }
    return {
        "ops": {"archive__liste_publique_of": {"config": asked}},
        "resources": {"home": {"config": {"home": str(settings.home)}}},
        # What an operator needs is told by the command; the rest is in Dagster's own log.
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


def _told(home: Home, error: Exception) -> OpacError:
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

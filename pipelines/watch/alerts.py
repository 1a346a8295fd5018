"""What operators must know of the refreshes: failed, too old, frozen, working again.

What is wrong now is compared with what was told: called again, or after a crash, it tells nothing
twice and forgets nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from pipelines.errors import Stopped, UsageError
from pipelines.french import date_courte, instant
from pipelines.home import Home
from pipelines.notices.outbox import Genre, Notice, now, post
from pipelines.notices.settings import Recipient, notice_settings
from pipelines.registers.archive import OFFICIAL, Archive
from pipelines.registers.seen import frozen, last_seen
from pipelines.runs import journal
from pipelines.runs.entry import FROM_ARCHIVE, FROM_SOURCE
from pipelines.runs.journal import Run, State
from pipelines.settings import PARIS, Settings

# A trouble that is told is told again as over; the keys of both begin so.
_TROUBLE, _OVER = "panne:", "fin:"
# Ended by whoever launched it, or by the service that runs it: they know.
_STOPPED = {130, Stopped.code}
# A run that lasts longer hides nothing.
_PATIENCE = dt.timedelta(hours=1)
# A clock is set by that much without anybody's noticing.
_CLOCK = dt.timedelta(hours=1)


@dataclass(frozen=True)
class _Alert:
    cle: str
    objet: str
    texte: str
    donnees: dict[str, Any]

    def to(self, recipient: Recipient) -> Notice:
        return Notice(
            self.cle, recipient.nom, Genre.EXPLOITATION, self.objet, self.texte, self.donnees
        )


def post_alerts(settings: Settings, con: sqlite3.Connection) -> int:
    """Queue what the operators were not told yet, in the transaction of ``con``; count it.

    Raises:
        UsageError: ``avis.toml`` is wrong.
        HomeUnusable: the journal cannot be read.
    """
    home = Home(settings.home)
    recipients = notice_settings(home).receiving(Genre.EXPLOITATION)
    runs = journal.runs(home)
    if not recipients or not runs:
        return 0
    archive = Archive(home)
    failing = _failing(runs)
    if failing is not None and failing.state is State.INTERRUPTED:
        # One that ends while the journal is read looks as if it had died: it is read again.
        runs = journal.runs(home)
        failing = _failing(runs)
    troubles = [_failure(failing)] if failing else []
    troubles += _unseen(settings, archive, runs)
    alerts = troubles + _frozen(archive)
    posted = 0
    for recipient in recipients:
        mine = alerts if troubles else alerts + _over(con, recipient, runs)
        posted += post(con, [alert.to(recipient) for alert in mine])
    return posted


def _failing(runs: list[Run]) -> Run | None:
    """Give the last run that failed or died, unless one that succeeded since makes up for it.

    To build again from the archive makes up for a build, not for a source that does not answer.
    """
    rebuilt = False
    for run in runs:
        of_archive = run.details.get("source") == FROM_ARCHIVE
        if run.state is State.DONE and not of_archive:
            return None
        rebuilt = rebuilt or run.state is State.DONE
        if run.state is State.RUNNING or _known(run) or (of_archive and rebuilt):
            continue
        if run.state is not State.DONE:
            return run
    return None


def _known(run: Run) -> bool:
    """Tell whether whoever launched a run knows why it failed: stopped it, or asked it wrongly.

    To ask for the official list cannot be mistyped: the night does it.
    """
    typed = run.details.get("source") not in {FROM_SOURCE, FROM_ARCHIVE}
    return run.code in _STOPPED or (typed and run.code == UsageError.code)


def _failure(run: Run) -> _Alert:
    moment = run.ended or run.started
    known = {"execution": run.id, "debut": run.started.isoformat()}
    if run.state is State.INTERRUPTED:
        return _Alert(
            f"{_TROUBLE}interrompu:{_day(moment)}",
            "Actualisation interrompue",
            f"L'actualisation commencée le {_said(run.started)} n'a pas été menée à son terme : "
            "son processus s'est arrêté sans rien dire (machine éteinte, mémoire épuisée, arrêt "
            "forcé). La version publiée est intacte. La prochaine actualisation reprendra d'elle-"
            "même ; « opac refresh » en lance une tout de suite.",
            known,
        )
    # Times, sizes and numbers of builds change from one try to the next: the failure is the same.
    same = hashlib.sha256(re.sub(r"\d+", "0", run.message or "").encode()).hexdigest()[:12]
    return _Alert(
        f"{_TROUBLE}echec:{run.code}:{same}:{_day(moment)}",
        f"Actualisation échouée (code {run.code})",
        f"L'actualisation finie le {_said(moment)} a échoué : {run.message}\n\n"
        "Ce qui était publié le reste. « opac status » dit où en sont les actualisations, "
        "« opac refresh » en lance une.",
        {**known, "fin": moment.isoformat(), "code": run.code, "message": run.message},
    )


def _unseen(settings: Settings, archive: Archive, runs: list[Run]) -> list[_Alert]:
    """Tell, once a day, that the register was not seen for too long, or seen in the future."""
    seen = last_seen(archive)
    moment = now()
    # Local files come when somebody brings them.
    if seen is None or archive.origin() != OFFICIAL:
        return []
    known = {"derniere_consultation": seen.isoformat()}
    if seen > moment + _CLOCK:
        return [
            _Alert(
                f"{_TROUBLE}horloge:{_day(moment)}",
                "Horloge de la machine à vérifier",
                f"Le registre aurait été consulté le {_said(seen)}, et l'horloge de la machine dit "
                f"le {_said(moment)} : vérifiez-la. Tant que cette date n'est pas passée, un "
                "registre trop ancien ne peut pas être signalé.",
                known,
            )
        ]
    age = (moment - seen).total_seconds() / 3600
    under_way = any(
        run.state is State.RUNNING and abs(moment - run.started) < _PATIENCE for run in runs[:1]
    )
    if age <= settings.stale_hours or under_way:
        return []
    return [
        _Alert(
            f"{_TROUBLE}ancien:{_day(seen)}:{_day(moment)}",
            "Registre non consulté depuis trop longtemps",
            f"La source n'a plus donné ni confirmé la liste depuis le {_said(seen)}, soit "
            f"{age:.0f} h (au plus {settings.stale_hours:.0f} h attendues) : ce qui est publié "
            "vieillit. Vérifiez que « opac demarrer » tourne et que la machine atteint la source ; "
            "« opac status » dit où en sont les actualisations, « opac refresh » en lance une.",
            {**known, "heures": round(age)},
        )
    ]


def _frozen(archive: Archive) -> list[_Alert]:
    """Tell, once a content, that the source gives it again and again as if it were new."""
    found = frozen(archive)
    if found is None:
        return []
    return [
        _Alert(
            f"fige:{found.sha256}",
            "Liste figée à la source",
            f"Du {date_courte(found.depuis)} au {date_courte(found.jusqu_a)}, la source a donné le "
            "même contenu sous des dates qui avancent : la liste n'est plus mise à jour, et ce qui "
            "est publié a l'âge de ce contenu. Rien n'est à réparer ici ; regardez sur "
            "data.gouv.fr si un arrêt est annoncé.",
            {
                "sha256": found.sha256,
                "depuis": found.depuis.isoformat(),
                "jusqu_a": found.jusqu_a.isoformat(),
            },
        )
    ]


def _over(con: sqlite3.Connection, recipient: Recipient, runs: list[Run]) -> list[_Alert]:
    """Tell a recipient that the trouble told last is over, unless that was told."""
    told = con.execute(
        "select cle, objet, identifiant from avis where destinataire = ?"
        f" and (cle glob '{_TROUBLE}*' or cle glob '{_OVER}*') order by rang desc limit 1",
        (recipient.nom,),
    ).fetchone()
    done = next((run for run in runs if run.state is State.DONE), None)
    if told is None or told["cle"].startswith(_OVER) or done is None:
        return []
    return [
        _Alert(
            f"{_OVER}{told['identifiant']}",
            "Actualisation rétablie",
            f"Le dernier incident signalé (« {told['objet']} ») est terminé. Dernière "
            f"actualisation réussie, le {_said(done.ended or done.started)} : {done.message}",
            {"incident": told["identifiant"], "execution": done.id},
        )
    ]


def _day(moment: dt.datetime) -> str:
    return moment.astimezone(PARIS).date().isoformat()


def _said(moment: dt.datetime) -> str:
    return f"{instant(moment.astimezone(PARIS))} (heure de Paris)"

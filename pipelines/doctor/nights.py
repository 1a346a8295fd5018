"""The nights: what the journal says, when the source was seen, whether the next one will come."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from pipelines.doctor.finding import Finding, Patient, broken, look, well
from pipelines.errors import HomeUnusable, OpacError
from pipelines.french import combien, instant
from pipelines.notices.outbox import Genre, State
from pipelines.notices.settings import notice_settings
from pipelines.orchestration.instance import URL, open_as_left, open_instance
from pipelines.registers.archive import OFFICIAL
from pipelines.registers.seen import frozen, last_seen
from pipelines.runs import journal

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.scheduler.instigation import InstigatorState

# The daemon says every half minute that it is alive.
_SILENT = dt.timedelta(minutes=5)
_START = "« opac demarrer » (ou le service systemd de deploy/)"


def runs(patient: Patient) -> Iterator[Finding]:
    """Tell how the last run ended, and of those that were cut short."""
    found = journal.runs(patient.home)
    if not found:
        yield look("Aucune exécution n'est au journal", "« opac refresh ».")
        return
    last = found[0]
    told = f"Dernière exécution : {last.state}, commencée le {_moment(last.started)}"
    if last.state is journal.State.FAILED:
        yield look(
            f"{told} : {last.message}", "suivez cette phrase, puis relancez « opac refresh »."
        )
    elif last.state is journal.State.INTERRUPTED:
        yield look(f"{told}, sans dire sa fin (arrêt brutal)", "relancez « opac refresh ».")
    else:
        cut = sum(run.state is journal.State.INTERRUPTED for run in found)
        more = f" ; {combien(cut, 'exécution interrompue', 'exécutions interrompues')} avant elle"
        yield well(told + more * bool(cut))


def source(patient: Patient) -> Iterator[Finding]:
    """Tell when the source was last seen, and whether what it gives still moves."""
    archive, hours = patient.archive, patient.settings.stale_hours
    seen, origin = last_seen(archive), archive.origin()
    if seen is None:
        yield look("Aucune liste n'a encore été reçue", "« opac refresh ».")
        return
    told = f"Liste vue pour la dernière fois le {_moment(seen)}"
    if origin != OFFICIAL:
        yield well(f"{told}, d'un fichier local : sa fraîcheur dépend de vous")
        return
    age = dt.datetime.now(dt.UTC) - seen
    if age > dt.timedelta(hours=hours):
        yield broken(
            f"{told}, il y a plus de {hours:g} h : ce qui est publié vieillit",
            "« opac refresh » ; puis voyez pourquoi les nuits ne passent plus (ci-dessous).",
        )
    elif age < -dt.timedelta(hours=1):
        yield look(f"{told}, dans l'avenir", "mettez l'horloge de cette machine à l'heure.")
    else:
        yield well(told)
    if (still := frozen(archive)) is not None:
        yield look(
            f"La source redonne la même liste ({still.sha256[:12]}…) du {still.depuis} au "
            f"{still.jusqu_a}, sous des dates qui avancent",
            "rien à réparer ici : demandez à la source (data.gouv.fr) pourquoi la liste est figée.",
        )


def schedule(patient: Patient) -> Iterator[Finding]:
    """See that Dagster's daemon lives, that its schedules run, that the last tick went well."""
    folder = patient.home.dagster
    postgresql = bool(os.environ.get(URL))
    started = postgresql or (folder / "history" / "runs.db").exists()
    if not (folder / "dagster.yaml").exists() or not started:
        yield look("La nuit n'est pas programmée", f"{_START}.")
        return
    try:
        instance = open_instance(patient.home) if postgresql else open_as_left(patient.home)
    except HomeUnusable as error:
        told, _, mend = str(error).partition(" : ")
        yield broken(told, mend)
        return
    with instance:
        yield from _schedule(instance)


def _schedule(instance: dg.DagsterInstance) -> Iterator[Finding]:
    from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus

    beat = instance.get_daemon_heartbeats().get("SCHEDULER")
    if beat is None:
        yield look("La nuit n'est pas programmée", f"{_START}.")
        return
    heard = dt.datetime.fromtimestamp(beat.timestamp, dt.UTC)
    if abs(dt.datetime.now(dt.UTC) - heard) > _SILENT:
        yield broken(
            f"Le service des nuits ne tourne plus depuis le {_moment(heard)}", f"{_START}."
        )
        return
    sound = True
    states = instance.all_instigator_state()
    for state in states:
        name = state.instigator_name
        if state.status is InstigatorStatus.STOPPED:
            sound = False
            yield broken(
                f"« {name} » est arrêté à la main",
                "remettez-le en marche dans la page de Dagster (onglet Automation).",
            )
        tick = _last_tick(instance, state)
        if tick is not None and tick.status is TickStatus.FAILURE:
            sound = False
            yield broken(
                f"Le dernier déclenchement de « {name} » a échoué "
                f"({_moment(dt.datetime.fromtimestamp(tick.timestamp, dt.UTC))})",
                "lisez son erreur dans la page de Dagster (onglet Automation).",
            )
    if sound:
        names = ", ".join(f"« {state.instigator_name} »" for state in states)
        yield well(f"Le service des nuits tourne{' : ' + names if names else ''}")


def _last_tick(instance: dg.DagsterInstance, state: InstigatorState) -> dg.InstigatorTick | None:
    found = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    return found[0] if found else None


def notices(patient: Patient) -> Iterator[Finding]:
    """See that ``avis.toml`` can be read and that every notice is received."""

    home = patient.home
    try:
        recipients = notice_settings(home).recipients
    except OpacError as error:
        told, _, mend = str(error).rpartition(" : ")
        yield broken(told, mend)
        return
    path, counts, watching = home.root / "avis.sqlite", dict[str, int](), list[str]()
    if path.exists():
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as con:
            counts = dict(con.execute("select etat, count(*) from avis group by etat"))
            if con.execute("select 1 from sqlite_master where name = 'veille'").fetchone():
                found = con.execute("select distinct destinataire from veille order by 1")
                watching = [row[0] for row in found]
    receiving = {one.nom for one in recipients if Genre.VEILLE in one.recoit}
    if unheard := [name for name in watching if name not in receiving]:
        yield broken(
            f"Des lignes de veille sont pour qui ne reçoit pas la veille : {', '.join(unheard)}",
            "remettez ce nom dans avis.toml (avec « veille » dans « recoit »), ou retirez-les par "
            "« opac veille retirer --tout --pour NOM ».",
        )
    bad = counts.get(State.REFUSED, 0) + counts.get(State.GIVEN_UP, 0)
    if bad:
        yield broken(
            combien(bad, "avis refusé ou abandonné", "avis refusés ou abandonnés"),
            "« opac avis » dit lesquels et pourquoi ; corrigez avis.toml, puis essayez-le par "
            "« opac avis essayer ».",
        )
    else:
        waiting = counts.get(State.WAITING, 0)
        yield well(
            f"{combien(len(recipients), 'destinataire')}, aucun avis refusé, {waiting} en attente"
        )


def _moment(time: dt.datetime) -> str:
    return instant(time.astimezone())

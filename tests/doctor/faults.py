"""Faults planted in a home, each with the check that finds it and the advice that it gives."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo

from pipelines.home import Home
from pipelines.notices.outbox import Genre, Notice, post
from pipelines.notices.store import store
from pipelines.orchestration.instance import open_as_left
from pipelines.registers.archive import Archive, Sighting
from pipelines.runs import journal
from pipelines.warehouse.release import current
from pipelines.watch.schema import DDL

_ORIGIN = RemoteInstigatorOrigin(
    RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("opac"), "__repository__"), "nuit"
)


def sightings(home: Home) -> list[Sighting]:
    return list(Archive(home).sightings())


def _write_sightings(home: Home, sightings: list[Sighting]) -> None:
    text = "".join(json.dumps(asdict(one)) + "\n" for one in sightings)
    (home.archive / "observations.jsonl").write_text(text)


def see(home: Home, **changes: Any) -> None:
    """Have every list been seen otherwise than it was."""
    _write_sightings(home, [replace(one, **changes) for one in sightings(home)])


def beat(home: Home, age: float = 0.0) -> None:
    """Have the daemon of Dagster said, ``age`` seconds ago, that it lives."""
    moment = dt.datetime.now(dt.UTC).timestamp() - age
    with open_as_left(home) as instance:
        instance.add_daemon_heartbeat(DaemonHeartbeat(moment, "SCHEDULER", "essai", []))


def _scheduled(home: Home, status: InstigatorStatus, tick: TickStatus) -> None:
    with open_as_left(home) as instance:
        data = ScheduleInstigatorData("15 5 * * *")
        state = InstigatorState(_ORIGIN, InstigatorType.SCHEDULE, status, data)
        instance.add_instigator_state(state)
        failed = tick is TickStatus.FAILURE
        instance.create_tick(
            TickData(
                *(_ORIGIN.get_id(), "nuit", InstigatorType.SCHEDULE, tick),
                dt.datetime.now(dt.UTC).timestamp(),
                run_ids=[] if failed else ["essai"],
                error=SerializableErrorInfo("essai", [], None) if failed else None,
                selector_id=state.selector_id,
            )
        )


class Fault(NamedTuple):
    """What is done to a home, which check says it, how grave it is, and in which words."""

    plant: Callable[[Home], object]
    check: str
    state: str
    told: str
    mend: str


def _content(home: Home) -> Path:
    (path,) = home.archive.glob("contenus/??/*.zst")
    return path


def _spoil(path: Path, share: float = 0.5) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    middle = int(len(data) * share)
    data[middle : middle + 64] = bytes(byte ^ 0xFF for byte in data[middle : middle + 64])
    path.write_bytes(data)


def base(home: Home, *, courante: bool = True) -> Path:
    found = current(home)
    assert found is not None
    (other,) = [path for path in home.releases.glob("*.duckdb") if path != found.path]
    return found.path if courante else other


def _change(home: Home, *statements: str) -> None:
    """Change the current release behind the back of everyone."""
    path = base(home)
    path.chmod(0o644)
    with duckdb.connect(path) as con:
        for statement in statements:
            con.execute(statement)
    path.chmod(0o444)


def _cut(path: Path, size: int) -> None:
    path.chmod(0o644)
    os.truncate(path, size)


def _resheet(home: Home, **changes: object) -> None:
    path = base(home, courante=False)
    sheet = path.with_name(path.stem.removeprefix("opac-") + ".json")
    meta = json.loads(sheet.read_text())
    sheet.write_text(json.dumps({**meta, **changes}))


def _admit_older(home: Home, *, admitted: bool = True) -> None:
    """An older list, archived, and (or not) admitted to history."""
    archive = Archive(home)
    body = home.root.parent / "ancienne.csv"
    body.write_bytes(b"une liste de la veille")
    sha256 = archive.store(body)
    last = sightings(home)[-1]
    archive.add(replace(last, sha256=sha256, date_contenu="2025-10-14", origine="importée"))
    if admitted:
        archive.admit(sha256)


def _store_alone(home: Home) -> None:
    body = home.root.parent / "seule.csv"
    body.write_bytes(b"une liste dont rien ne parle")
    Archive(home).store(body)


def _hang_on_nothing(home: Home) -> None:
    path = home.archive / "contenus" / "ab" / f"{'ab' * 32}-{'cd' * 32}.zst"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"rien")
    last = sightings(home)[-1]
    Archive(home).add(replace(last, sha256="ab" * 32, origine="importée"))


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def _link(home: Home, target: str) -> None:
    home.database.unlink()
    home.database.symlink_to(target)


def copy_for_link(home: Home) -> None:
    path = home.database.resolve()
    home.database.unlink()
    shutil.copyfile(path, home.database)


def spoil_sheet(home: Home) -> None:
    next(home.releases.glob("*.json")).write_text("{")


def _freeze(home: Home) -> None:
    last = sightings(home)[-1]
    Archive(home).add(replace(last, date_contenu="2025-10-25"))


def _run(home: Home, code: int | None) -> None:
    run = journal.start(home, source="essai")
    if code is not None:
        journal.finish(home, run, code, "La source n'a pas répondu : réessayez.")


def ago(**age: float) -> str:
    return (dt.datetime.now(dt.UTC) - dt.timedelta(**age)).isoformat(timespec="seconds")


def _watch_for_nobody(home: Home) -> None:
    with store(home, DDL) as con:
        con.execute(
            "insert into veille (destinataire, identifiant, faits, ndas, ajoute, dit) "
            "values ('partie', '11000000011', '{}', '[]', '2026-11-22', '{}')"
        )


def _refuse_notice(home: Home) -> None:
    with store(home) as con:
        post(con, [Notice("a", "local", Genre.EXPLOITATION, "Essai", "Un essai.")])
        con.execute("update avis set etat = 'refusé'")


_OVERLAP = (
    "insert into historique.organisme_version select * replace (valide_du + 3 as valide_du) "
    "from historique.organisme_version order by nda limit 2"
)
_EVENT = (
    "insert into historique.evenement (nda, type, date_constat, instantane_avant) "
    "select '11000000011', 'APPARITION', date_instantane{plus}, date_instantane "
    "from historique.instantane"
)
BACKUP = "restaurez le dossier « archive » depuis une sauvegarde"
_REBUILD = "« opac historique reconstruire »"

FAULTS: dict[str, Fault] = {
    "torn writing": Fault(
        lambda home: (home.archive / "contenus" / "x.12.partiel").write_bytes(b"x" * 2000),
        *("restes", "à regarder", "1 reste d'actualisations interrompues (2,0\u00a0ko), dont"),
        "la prochaine actualisation",
    ),
    "base without its sheet": Fault(
        lambda home: (home.releases / "opac-20200101T000000Z-ab.duckdb").touch(),
        *("restes", "à regarder", "opac-20200101T000000Z-ab.duckdb", "les efface"),
    ),
    "content put aside": Fault(
        lambda home: (home.archive / "contenus" / "x.abime").touch(),
        *("restes", "à regarder", "1 contenu abîmé mis de côté", "supprimez ces fichiers .abime"),
    ),
    "damaged content": Fault(
        lambda home: _spoil(_content(home)),
        *("contenus", "en panne", "1 contenu abîmé (", f"{BACKUP} ; si la source"),
    ),
    "cut content": Fault(
        lambda home: _cut(_content(home), 100),
        *("contenus", "en panne", "1 contenu abîmé (", BACKUP),
    ),
    "content gone": Fault(
        lambda home: _content(home).unlink(),
        *("observations", "en panne", "dont le contenu manque", BACKUP),
    ),
    "orphan": Fault(
        _store_alone,
        *("observations", "à regarder", "1 contenu archivé sans observation", "ou laissez-le"),
    ),
    "torn sighting": Fault(
        lambda home: append(home.archive / "observations.jsonl", '{"date_contenu": "20'),
        *("observations", "à regarder", "1 ligne illisible", "il n'y a rien à faire"),
    ),
    "admission of the unseen": Fault(
        lambda home: Archive(home).admit("ab" * 32),
        *("observations", "en panne", "sans observation (abababababab…)", "avant toute"),
    ),
    "no link": Fault(
        lambda home: home.database.unlink(),
        *("version courante", "en panne", "ne mène à aucune version", "« opac rollback »"),
    ),
    "link to a lost version": Fault(
        lambda home: _link(home, "versions/opac-20200101T000000Z-ab.duckdb"),
        *("version courante", "en panne", "ne mène à aucune version", "« opac rollback »"),
    ),
    "older base cut": Fault(
        lambda home: _cut(base(home, courante=False), 1_000_000),
        *("versions", "à regarder", "ne s'ouvre pas", "elle n'est pas courante : supprimez"),
    ),
    "sheet of another list": Fault(
        lambda home: _resheet(home, sha256="ab" * 32),
        *("versions", "à regarder", "ne dit pas la même liste que sa fiche", "supprimez"),
    ),
    "table with a hole": Fault(
        lambda home: _change(home, "delete from meta.publication"),
        *("versions", "en panne", "n'a pas exactement une ligne", "« opac rollback »"),
    ),
    "other rules": Fault(
        lambda home: [
            sheet.write_text(sheet.read_text().replace('"historique": "', '"historique": "x'))
            for sheet in home.releases.glob("*.json")
        ],
        *("historique", "à regarder", "par d'autres règles", _REBUILD),
    ),
    "list not told": Fault(
        _admit_older,
        *("historique", "à regarder", "1 liste archivée", _REBUILD),
    ),
    "list the archive forgot": Fault(
        lambda home: _change(
            home,
            "insert into historique.instantane by name select * replace "
            "('cd' as sha256, date_instantane - 9 as date_instantane) from historique.instantane",
        ),
        *("historique", "en panne", "raconte 1 liste que l'archive ne nomme plus (2025-10-06)"),
        "avant toute actualisation",
    ),
    "overlap": Fault(
        lambda home: _change(home, _OVERLAP),
        *(
            "historique",
            "en panne",
            "se chevaucher » ne se vérifie pas (2 lignes)",
            _REBUILD,
        ),
    ),
    "event of an unknown date": Fault(
        lambda home: _change(home, _EVENT.format(plus=" + 1")),
        *(
            "historique",
            "en panne",
            "listes suivies » ne se vérifie pas (1 ligne)",
            _REBUILD,
        ),
    ),
    "event told twice": Fault(
        lambda home: _change(home, *[_EVENT.format(plus="")] * 2),
        *("historique", "en panne", "qu'une fois » ne se vérifie pas (1 ligne)", _REBUILD),
    ),
    "organisation that history forgot": Fault(
        lambda home: _change(
            home,
            "delete from historique.organisme_version "
            "where nda in (select min(nda) from socle.organisme)",
        ),
        *(
            "historique",
            "en panne",
            "se taisent pas » ne se vérifie pas (1 ligne)",
            _REBUILD,
        ),
    ),
    "failed run": Fault(
        lambda home: _run(home, 3),
        *("exécutions", "à regarder", "échoué", "relancez « opac refresh »"),
    ),
    "run cut short": Fault(
        lambda home: _run(home, None),
        *("exécutions", "à regarder", "interrompu", "relancez « opac refresh »"),
    ),
    "not seen since": Fault(
        lambda home: see(home, vu=ago(hours=40)),
        *("source", "en panne", "il y a plus de 36 h", "« opac refresh »"),
    ),
    "seen tomorrow": Fault(
        lambda home: see(home, vu=ago(hours=-30)),
        *("source", "à regarder", "dans l'avenir", "à l'heure"),
    ),
    "frozen": Fault(
        _freeze,
        *("source", "à regarder", "du 2025-10-15 au 2025-10-25", "pourquoi la liste est figée"),
    ),
    "never scheduled": Fault(
        lambda home: shutil.rmtree(home.dagster),
        *("nuits", "à regarder", "La nuit n'est pas programmée", "« opac demarrer »"),
    ),
    "daemon silent": Fault(
        lambda home: beat(home, 900),
        *("nuits", "en panne", "ne tourne plus depuis le", "« opac demarrer »"),
    ),
    "schedule stopped": Fault(
        lambda home: _scheduled(home, InstigatorStatus.STOPPED, TickStatus.SUCCESS),
        *("nuits", "en panne", "« nuit » est arrêté", "page de Dagster"),
    ),
    "tick failed": Fault(
        lambda home: _scheduled(home, InstigatorStatus.RUNNING, TickStatus.FAILURE),
        *("nuits", "en panne", "Le dernier déclenchement de « nuit » a échoué", "page de Dagster"),
    ),
    "unreadable settings of notices": Fault(
        lambda home: (home.root / "avis.toml").write_text("[["),
        *("avis", "en panne", "n'est pas du TOML lisible", "corrigez-le"),
    ),
    "watched for nobody": Fault(
        _watch_for_nobody,
        *("avis", "en panne", "pour qui ne reçoit pas la veille : partie", "dans avis.toml"),
    ),
    "refused notice": Fault(
        _refuse_notice,
        *("avis", "en panne", "1 avis refusé ou abandonné", "« opac avis »"),
    ),
}

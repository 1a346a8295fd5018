"""``opac status``, ``path``, ``releases`` and ``rollback``."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from pipelines.lock import refresh_lock
from pipelines.registers.archive import Archive
from pipelines.runs import journal
from pipelines.settings import PARIS
from pipelines.warehouse.release import Release, release
from tests.cli.conftest import Released
from tests.pipeline.commands import Opac, Ran
from tests.registers.test_archive import SIGHTING
from tests.warehouse.small_releases import build, sha

KEYS = {
    "etat",
    "raison",
    "home",
    "version",
    "liste",
    "sha256",
    "date_contenu",
    "derniere_declaration",
    "derniere_execution",
    "code_derniere_execution",
    "reserves",
    "controles_en_defaut",
    "acceptations",
}


def today() -> dt.date:
    return dt.datetime.now(PARIS).date()


@pytest.fixture(autouse=True)
def _one_day() -> None:
    """Days are counted, and none may end meanwhile: wait for a midnight that is near."""
    now = dt.datetime.now(PARIS)
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), PARIS)
    if (left := (midnight - now).total_seconds()) < 60:
        time.sleep(left)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "maison")
    found.prepare()
    return found


def publish(home: Home, name: str = "liste", age: int = 0, **changes: Any) -> Release:
    """Release a small base whose sheet says what a real one does."""
    day = today() - dt.timedelta(days=age)
    meta = {
        "sha256": sha(name),
        "date_contenu": day.isoformat(),
        "derniere_declaration": day.isoformat(),
        "origine": "officielle",
        "route": "data.gouv",
        "lignes": 1500,
        "mises_a_part": 2,
        "acceptations": [],
        "avertissements": [],
        **changes,
    }
    return release(home, build(home, name), meta, 7)


def done(home: Home, code: int = 0, message: str = "Version publiée.") -> None:
    journal.finish(home, journal.start(home), code, message)


def status(opac: Opac, home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        opac("status", "--json", "--home", home.root).succeeded(),
    )
    assert found.keys() == KEYS
    return found


def test_status_of_a_real_release(opac: Opac, released: Released) -> None:
    ran = opac("status", "--home", released.home)
    assert (ran.code, ran.err) == (0, "")
    head, *lines = ran.out.splitlines()
    assert head.startswith("périmé — la liste publiée a ")
    told = dict(line.split(": ", 1) for line in lines)
    told = {name.strip(): value for name, value in told.items()}
    assert told["dossier"] == str(released.home)
    assert told["version"] == released.release.version
    assert told["liste"].startswith("2025-10-15, 2000 lignes dont 3 mises à part, fichier, sha256")
    assert told["dernière exécution"].startswith("réussi, il y a moins d'une heure — Version ")
    found = json.loads(opac("status", "--json", "--home", released.home).out)
    assert found.keys() == KEYS
    assert found["version"] == released.release.version
    assert found["sha256"] == released.release.meta["sha256"]
    assert (found["date_contenu"], found["code_derniere_execution"]) == ("2025-10-15", 0)
    assert found["controles_en_defaut"] == released.release.meta["avertissements"]
    assert found["acceptations"] == []


def test_status_absent_makes_nothing(opac: Opac, tmp_path: Path) -> None:
    found = status(opac, Home(tmp_path / "rien"))
    assert found["etat"] == "absent"
    assert "opac refresh" in found["raison"]
    assert (found["version"], found["derniere_execution"]) == (None, "aucune")
    assert list(tmp_path.iterdir()) == []


def test_status_up_to_date(opac: Opac, home: Home) -> None:
    version = publish(home).version
    done(home)
    found = status(opac, home)
    assert (found["etat"], found["version"]) == ("à jour", version)
    assert found["raison"] == f"liste du {today()}, vérifiée il y a moins d'une heure"


def test_status_stale_when_nothing_was_verified_lately(
    opac: Opac, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home)
    assert status(opac, home)["etat"] == "périmé"  # no run at all
    done(home, 3, "Injoignable.")
    assert status(opac, home)["etat"] == "périmé"  # none that succeeded
    done(home)
    assert status(opac, home)["etat"] == "à jour"
    done(home, 3, "Injoignable.")
    assert status(opac, home)["etat"] == "à jour"  # the last good one is recent
    monkeypatch.setenv("OPAC_STALE_HOURS", "0")
    found = status(opac, home)
    assert (found["etat"], found["raison"]) == (
        "périmé",
        "rien de vérifié depuis 0 h : relancez « opac refresh »",
    )


@pytest.mark.parametrize(("age", "state"), [(7, "à jour"), (8, "périmé"), (400, "périmé")])
def test_status_judges_the_age_of_the_list(opac: Opac, home: Home, age: int, state: str) -> None:
    publish(home, age=age)
    done(home)
    found = status(opac, home)
    assert found["etat"] == state
    assert state == "à jour" or f"a {age} jours" in found["raison"]


@pytest.mark.parametrize(("days", "state"), [(60, "à jour"), (61, "périmé")])
def test_status_tells_a_frozen_source(opac: Opac, home: Home, days: int, state: str) -> None:
    latest = today() - dt.timedelta(days=days)
    publish(home, derniere_declaration=latest.isoformat())
    done(home)
    found = status(opac, home)
    assert (found["etat"], found["derniere_declaration"]) == (state, latest.isoformat())
    assert state == "à jour" or f"aucune déclaration depuis le {latest}" in found["raison"]


def saw(home: Home, date: dt.date, vu: dt.datetime) -> None:
    """Record that the source gave the list of :func:`publish`."""
    sighting = replace(
        SIGHTING,
        sha256=sha("liste"),
        origine="officielle",
        date_contenu=date.isoformat(),
        vu=vu.isoformat(),
    )
    Archive(home).add(sighting)


def test_a_list_that_the_source_confirms_does_not_grow_old(opac: Opac, home: Home) -> None:
    day = today() - dt.timedelta(days=30)
    publish(home, age=30)
    done(home)
    saw(home, day, dt.datetime.now(dt.UTC) - dt.timedelta(days=8))
    assert "a 8 jours" in status(opac, home)["raison"]
    saw(home, day, dt.datetime.now(dt.UTC))
    assert status(opac, home)["etat"] == "à jour"


def test_status_tells_a_content_given_under_dates_that_move(opac: Opac, home: Home) -> None:
    publish(home, age=8)
    done(home)
    for age in (8, 0):
        day = dt.datetime.now(dt.UTC) - dt.timedelta(days=age)
        saw(home, day.date(), day)
    found = status(opac, home)
    assert found["etat"] == "périmé"
    assert "la liste est figée" in found["raison"]


def test_status_tells_what_was_said_of_the_list(opac: Opac, home: Home) -> None:
    publish(home)
    done(home)
    assert status(opac, home)["reserves"] == []
    told = ["La source date sa liste du 01/01/2100.", "Une autre phrase."]
    Archive(home).add(replace(SIGHTING, sha256=sha("liste"), avertissements=told))
    assert status(opac, home)["reserves"] == told
    shown = opac("status", "--home", home.root).succeeded()
    assert ": La source date sa liste du 01/01/2100. Une autre phrase." in " ".join(shown.split())


def test_status_of_local_files_needs_no_recent_run(opac: Opac, home: Home) -> None:
    publish(home, origine="fichiers locaux", derniere_declaration=None)
    found = status(opac, home)
    assert (found["etat"], found["raison"]) == ("à jour", f"liste locale du {today()}")


def test_status_tells_the_last_run(opac: Opac, home: Home) -> None:
    publish(home)
    done(home, 4, "Refusée par un contrôle.")
    found = status(opac, home)
    assert found["derniere_execution"] == (
        "échoué, il y a moins d'une heure — Refusée par un contrôle."
    )
    assert found["code_derniere_execution"] == 4
    journal.start(home)
    found = status(opac, home)
    assert found["derniere_execution"] == "interrompu, il y a moins d'une heure"
    assert found["code_derniere_execution"] is None
    with refresh_lock(home):
        journal.start(home)
        assert status(opac, home)["derniere_execution"].startswith("en cours, ")


def test_status_tells_findings_accepted_or_not(opac: Opac, home: Home) -> None:
    accepted = [{"regle": "comparaison.lignes", "motif": "campagne", "sha256": sha("liste")}]
    publish(home, acceptations=accepted, avertissements=["comparaison.lignes", "socle.age"])
    found = status(opac, home)
    assert found["acceptations"] == ["comparaison.lignes"]
    assert found["controles_en_defaut"] == ["comparaison.lignes", "socle.age"]
    told = opac("status", "--home", home.root).out
    assert "  contrôles en défaut  : comparaison.lignes, socle.age\n" in told
    assert "  écarts acceptés      : comparaison.lignes\n" in told


def test_path_is_what_other_tools_open(opac: Opac, released: Released) -> None:
    told = opac("path", "--home", released.home).succeeded()
    assert told == f"{released.home / 'opac.duckdb'}\n"


@pytest.mark.parametrize("command", ["path", "rollback"])
def test_nothing_released(opac: Opac, tmp_path: Path, command: str) -> None:
    ran = opac(command, "--home", tmp_path / "rien")
    assert (ran.code, ran.out) == (2, "")
    assert "Aucune version n'est publiée" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_no_release_to_list(opac: Opac, tmp_path: Path) -> None:
    assert "Aucune version publiée" in opac("releases", "--home", tmp_path).succeeded()
    assert json.loads(opac("releases", "--json", "--home", tmp_path).succeeded()) == []


def test_the_home_comes_from_the_environment_and_the_option_wins(
    opac: Opac, released: Released, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPAC_HOME", str(released.home))
    assert opac("path").out == f"{released.home / 'opac.duckdb'}\n"
    assert opac("path", "--home", tmp_path).code == 2


@pytest.fixture
def three(home: Home) -> list[Release]:
    """Three releases, oldest first."""
    return [publish(home, name, age) for name, age in (("a", 2), ("b", 1), ("c", 0))]


def listed(opac: Opac, home: Home) -> list[tuple[str, bool]]:
    found = json.loads(opac("releases", "--json", "--home", home.root).succeeded())
    return [(entry["version"], entry["courante"]) for entry in found]


def test_releases(opac: Opac, home: Home, three: list[Release]) -> None:
    old, mid, new = (found.version for found in three)
    assert listed(opac, home) == [(new, True), (mid, False), (old, False)]
    told = opac("releases", "--home", home.root).succeeded().splitlines()
    assert told[0].split() == ["version", "liste", "du", "lignes", "empreinte"]
    assert told[1].split() == ["●", new, str(today()), "1500", sha("c")[:12]]
    assert told[3].split() == [old, str(today() - dt.timedelta(days=2)), "1500", sha("a")[:12]]
    (first, *_) = json.loads(opac("releases", "--json", "--home", home.root).out)
    assert first["fichier"] == str(three[2].path)
    assert first["sha256"] == sha("c")


def test_rollback(opac: Opac, home: Home, three: list[Release]) -> None:
    old, mid, new = (found.version for found in three)
    ran = back(opac, home)
    assert ran.out == f"✓ Version courante : {mid} (liste du {today() - dt.timedelta(days=1)}).\n"
    assert listed(opac, home) == [(new, False), (mid, True), (old, False)]
    sql = "select sha256 from meta.publication"
    told = opac("query", sql, "--format", "csv", "--home", home.root)
    assert told.out == f"sha256\n{sha('b')}\n"
    assert back(opac, home).code == 0
    ran = back(opac, home)
    assert (ran.code, ran.out) == (2, "")
    assert "Aucune version ne précède" in ran.err
    assert f"{new}, {mid}" in ran.err
    assert back(opac, home, new).code == 0
    assert listed(opac, home)[0] == (new, True)


def test_rollback_to_an_unknown_version(opac: Opac, home: Home, three: list[Release]) -> None:
    ran = back(opac, home, "20200101T000000Z-abcdef01")
    assert ran.code == 2
    assert all(found.version in ran.err for found in three)
    assert listed(opac, home)[0] == (three[2].version, True)


def back(opac: Opac, home: Home, *version: str) -> Ran:
    return opac("rollback", *version, "--home", home.root)


def test_a_home_that_is_a_file(opac: Opac, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("x", encoding="utf-8")
    for command in (["status"], ["path"], ["releases"], ["query", "select 1"]):
        ran = opac(*command, "--home", tmp_path / "fichier")
        assert (ran.code, ran.out) == (6, ""), command
        assert "ne peut pas être utilisé" in ran.err

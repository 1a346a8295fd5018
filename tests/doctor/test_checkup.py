"""``opac doctor``: a healthy home is well; each fault is found by its check, and can be mended."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import dagster as dg
import duckdb
import pytest

import pipelines.quality.gate
from pipelines.doctor import checkup
from pipelines.doctor.finding import Finding
from pipelines.french import taille
from pipelines.home import Home
from pipelines.orchestration.instance import configure
from pipelines.registers.archive import OFFICIAL, now
from pipelines.settings import ROOT
from pipelines.warehouse.release import current, new_version, release
from tests.cli.conftest import Released
from tests.doctor.faults import (
    BACKUP,
    FAULTS,
    ago,
    append,
    base,
    beat,
    copy_for_link,
    see,
    sightings,
    spoil_sheet,
)
from tests.pipeline.commands import UNPRIVILEGED, Opac, ended, start
from tests.pipeline.conftest import low_floor
from tests.processes import hear, process

# --- A home in good health ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def _healthy(released: Released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose list is the official one, with two versions and a daemon that runs."""
    root = tmp_path_factory.mktemp("sain") / "maison"
    shutil.copytree(released.home, root, symlinks=True)
    home = Home(root)
    first = current(home)
    assert first is not None
    again = home.build / "encore.duckdb"
    shutil.copyfile(first.path, again)
    version = new_version(home, first.meta["sha256"])
    with duckdb.connect(again) as con:
        con.execute(f"update meta.publication set version = '{version}'")
    release(home, again, first.meta, 7, version)
    see(home, vu=now(), origine=OFFICIAL)
    _alive(root)
    return root


def _alive(root: Path) -> None:
    """Have the daemon heard less than a minute ago: after five it is said to be silent."""
    heard = root.with_name("entendu")
    if not heard.exists() or time.time() - heard.stat().st_mtime > 60:
        beat(Home(root))
        heard.touch()


@pytest.fixture
def home(_healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("OPAC_MAX_REJECTED_SHARE", "0.01")
    monkeypatch.setenv("DAGSTER_HOME", "")  # a refresh sets it: put back afterwards
    _alive(_healthy)
    shutil.copytree(_healthy, tmp_path / "maison", symlinks=True)
    return Home(tmp_path / "maison")


# --- Examining it -------------------------------------------------------------------------------


class Told(NamedTuple):
    """One line of ``opac doctor --json``."""

    controle: str
    etat: str
    constat: str
    remede: str | None


def examined(opac: Opac, home: Home) -> list[Told]:
    """Examine a home, and see that nothing of it is written."""
    before = _files(home)
    ran = opac("doctor", "--json", "--home", home.root)
    assert _files(home) == before
    found = json.loads(ran.out)
    told = [Told(**entry) for entry in found["controles"]]
    states = {one.etat for one in told}
    worst = next(state for state in ("en panne", "à regarder", "bien") if state in states)
    assert (found["etat"], ran.code, ran.err) == (worst, int(worst == "en panne"), "")
    assert all(bool(one.remede) == (one.etat != "bien") for one in told)
    return told


def _files(home: Home) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(home.root)): (
            path.stat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in home.root.rglob("*")
        if path.is_file()
    }


def faults(opac: Opac, home: Home) -> list[Told]:
    return [one for one in examined(opac, home) if one.etat != "bien"]


def test_a_healthy_home_is_well(opac: Opac, home: Home) -> None:
    told = examined(opac, home)

    assert [one.controle for one in told] == list(checkup.CHECKS)
    assert {one.etat for one in told} == {"bien"}
    said = {one.controle: one.constat for one in told}
    assert "2 versions" in said["version courante"]
    assert said["contenus"] == "1 contenu rendu à l'octet près"
    assert said["nuits"] == "Le service des nuits tourne"


def test_what_is_told_to_a_person(opac: Opac, home: Home) -> None:
    home.database.unlink()

    ran = opac("doctor", "--home", home.root)

    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0] == (
        "bien        droits            Tout appartient à ce compte, qui peut lire et écrire"
    )
    (place,) = [
        n for n, line in enumerate(lines) if line.startswith("en panne    version courante")
    ]
    assert lines[place + 1].strip() == (
        "→ « opac rollback » revient à la version conservée la plus récente."
    )
    assert lines[-1] == f"{home.root} : 11 bien, 1 en panne."


# --- Faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_its_check_alone(name: str, opac: Opac, home: Home) -> None:
    fault = FAULTS[name]
    fault.plant(home)

    (one,) = faults(opac, home)
    assert (one.controle, one.etat) == (fault.check, fault.state)
    assert fault.told in one.constat
    assert fault.mend in (one.remede or "")


# --- What a fault file cannot plant -------------------------------------------------------------


def test_files_of_another_account(opac: Opac, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)

    (one,) = faults(opac, home)

    assert (one.controle, one.etat) == ("droits", "à regarder")
    assert f"à un autre compte (numéro {mine}, ici {mine + 1})" in one.constat
    assert f"« chown -R COMPTE {home.root} »" in (one.remede or "")


def test_missing_rights(home: Home) -> None:
    home.journal.chmod(0o444)

    ran = ended(start("doctor", "--json", "--home", home.root, before=UNPRIVILEGED))

    (one,) = [c for c in json.loads(ran.out)["controles"] if c["etat"] != "bien"]
    assert (ran.code, one["controle"], one["etat"]) == (1, "droits", "en panne")
    assert f"1 fichier, dont « {home.journal} »" in one["constat"]
    assert f"« chmod -R u+rwX {home.root} »" in one["remede"]


def test_too_little_space(opac: Opac, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    found = current(home)
    assert found is not None
    needed = 3 * (found.path.stat().st_size + sightings(home)[-1].octets)

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=needed))
    assert faults(opac, home) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=needed - 1))
    (one,) = faults(opac, home)

    assert (one.controle, one.etat) == ("place", "en panne")
    told = f"{taille(needed - 1)} libres, une actualisation en demande {taille(needed)}"
    assert one.constat.replace("\u00a0", " ") == told


_HOLDER = """
import json, sys
from pathlib import Path
from pipelines.home import Home
from pipelines.lock import refresh_lock
home = Home(Path(sys.argv[1]))
with refresh_lock(home):
    if len(sys.argv) > 2:
        signed = json.loads(home.lock.read_text())
        home.lock.write_text(json.dumps({**signed, "depuis": sys.argv[2]}))
    print("tenu", flush=True)
    sys.stdin.read()
"""


def test_who_holds_the_home(opac: Opac, home: Home) -> None:
    left = home.archive / "contenus" / "x.12.partiel"
    left.touch()
    with process(_HOLDER, home.root, env={"PYTHONPATH": str(ROOT)}) as holder:
        assert hear(holder) == "tenu"
        told = examined(opac, home)
    assert {one.etat for one in told} == {"bien"}, "what it is writing is no leftover"
    (verrou,) = [one for one in told if one.controle == "verrou"]
    assert f"en cours, processus {holder.pid}, depuis le" in verrou.constat
    left.unlink()

    with process(_HOLDER, home.root, ago(hours=4), env={"PYTHONPATH": str(ROOT)}) as holder:
        assert hear(holder) == "tenu"
        (one,) = faults(opac, home)

    assert (one.controle, one.etat) == ("verrou", "à regarder")
    assert f"« kill {holder.pid} »" in (one.remede or "")


@pytest.mark.parametrize("line", ['{"a": 1}', '{"sha256": "ab", "inconnu": 2}'])
def test_sightings_that_are_none(opac: Opac, home: Home, line: str) -> None:
    """Nothing can be read of the archive: what needs it says so, and the rest is examined."""
    append(home.archive / "observations.jsonl", line)

    told = {one.controle: one for one in faults(opac, home)}

    assert told["observations"].constat.startswith("Une ligne d'« observations.jsonl »")
    assert BACKUP in (told["observations"].remede or "")
    assert {one.etat for one in told.values()} == {"en panne"}
    assert not told.keys() & {"contenus", "version courante", "avis", "nuits", "droits"}


def test_a_check_that_stumbles_is_told(
    opac: Opac, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(patient: object) -> Iterator[Finding]:
        raise RuntimeError("ORGANISME FICTIF")
        yield

    monkeypatch.setitem(checkup.CHECKS, "place", stumble)

    (one,) = faults(opac, home)

    assert (one.controle, one.etat) == ("place", "en panne")
    assert re.search(r"\(RuntimeError, test_checkup.py ligne \d+\)", one.constat)
    assert "FICTIF" not in one.constat, "an error may quote the list"


def test_a_postgresql_that_does_not_answer(
    opac: Opac, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # bound, not listening: refused at once
        taken.bind(("127.0.0.1", 0))
        address = f"postgresql://opac:secret@127.0.0.1:{taken.getsockname()[1]}/dagster"
        monkeypatch.setenv("OPAC_DAGSTER_URL", address)
        configure(home)

        (one,) = faults(opac, home)

    assert (one.controle, one.etat) == ("nuits", "en panne")
    assert "OPAC_DAGSTER_URL" in one.constat
    assert "vérifiez l'adresse" in (one.remede or "")
    assert "secret" not in f"{one}"


def test_no_home(opac: Opac, tmp_path: Path) -> None:
    ran = opac("doctor", "--home", tmp_path / "maison")
    assert ran.code == 1
    assert "n'existe pas" in ran.out
    assert not (tmp_path / "maison").exists()


def test_nothing_released_yet(opac: Opac, tmp_path: Path) -> None:
    home = Home(tmp_path / "maison")
    home.prepare()

    told = faults(opac, home)

    assert [(one.controle, one.etat) for one in told] == [
        (name, "à regarder") for name in ("version courante", "exécutions", "source", "nuits")
    ]
    assert all("« opac" in (one.remede or "") for one in told)


# --- Following the advice -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["no link", "link to a lost version"])
def test_rollback_mends_the_link(name: str, opac: Opac, home: Home) -> None:
    FAULTS[name].plant(home)
    opac("rollback", "--home", home.root).succeeded()
    assert faults(opac, home) == []


@pytest.mark.parametrize("plant", [copy_for_link, spoil_sheet])
def test_the_advice_about_the_link_is_complete(
    plant: Callable[[Home], object], opac: Opac, home: Home
) -> None:
    """What stops every command is told once, with the file to remove; then a rollback mends."""
    plant(home)
    told = {one.controle: one for one in faults(opac, home)}["version courante"]
    assert told.etat == "en panne"
    (wrong,) = [
        path
        for path in (home.database, *home.releases.glob("*.json"))
        if str(path) in told.constat + str(told.remede)
    ]
    wrong.unlink()
    assert "rollback" in f"{told.remede} {faults(opac, home)}"
    opac("rollback", "--home", home.root)
    assert "en panne" not in {one.etat for one in examined(opac, home)}


def test_rollback_leaves_a_damaged_version(opac: Opac, home: Home) -> None:
    FAULTS["table with a hole"].plant(home)
    bad = base(home)

    opac("rollback", "--home", home.root).succeeded()
    (one,) = faults(opac, home)
    assert (one.controle, one.etat) == ("versions", "à regarder")
    bad.unlink()
    bad.with_name(bad.stem.removeprefix("opac-") + ".json").unlink()
    assert faults(opac, home) == []


def test_history_made_again_is_well(
    opac: Opac, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines.quality.gate, "threshold", low_floor)
    monkeypatch.setattr(dg.DagsterInstance, "get", dg.DagsterInstance.ephemeral)
    for name in ("overlap", "event told twice", "organisation that history forgot"):
        FAULTS[name].plant(home)
    (one,) = faults(opac, home)
    assert all(
        words in one.constat for words in ("se chevaucher", "qu'une fois", "socle.organisme")
    )

    opac("historique", "reconstruire", "--home", home.root).succeeded()

    assert faults(opac, home) == []

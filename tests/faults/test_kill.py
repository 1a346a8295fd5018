"""``kill -9`` at random moments of refreshes, while a reader holds every release open."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines.doctor.checkup import examine
from pipelines.doctor.finding import Patient, State
from pipelines.history.lists import dated_lists
from pipelines.home import Home
from pipelines.registers.archive import Archive
from pipelines.registers.contents import file_sha256
from pipelines.runs import journal
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.release import current, open_readonly
from tests.launcher import Launcher
from tests.processes import ask, process, still_running
from tests.registers.rows import row, wire

_HISTORY = (
    *("historique.instantane", "historique.organisme_version", "historique.evenement"),
    *("marche.synthese_historique", "marche.evolution", "marche.survie_nouveaux"),
)

# Holds every release it is told of, by the link and by its name, and asks them all again each time.
_READER = """
import json, sys
from pathlib import Path
import duckdb
from pipelines.warehouse.release import open_readonly
held = []
for line in sys.stdin:
    link, base = map(Path, json.loads(line))
    held += [open_readonly(link), duckdb.connect(str(base), read_only=True)]
    print(json.dumps([
        con.execute(
            "select sha256, (select count(*) from socle.organisme), "
            "(select bit_xor(hash(o)) from socle.organisme as o)::varchar, "
            "(select count(*) from historique.evenement) from meta.publication"
        ).fetchone()
        for con in held
    ]), flush=True)
"""


def _lists(folder: Path, nights: int) -> list[Path]:
    """A list a night: three organisations leave and three come back, one more, some renamed."""
    folder.mkdir()
    paths = []
    for night in range(1, nights + 1):
        rows = [
            row(n, **({} if n % 100 else {"denomination": f"ORGANISME {n} DE LA NUIT {night}"}))
            for n in range(1, 600 + night)
            if n % 200 != night
        ]
        paths.append(folder / f"of_2024-10-{14 + night}.csv")
        paths[-1].write_bytes(wire(rows))
    return paths


def _history(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    found = current(home)
    assert found is not None
    with open_readonly(found.path) as con:
        return {name: con.execute(f"from {name} order by all").fetchall() for name in _HISTORY}


def _sound(home: Home, lists: list[Path], before: str | None) -> str | None:
    """What must hold after any kill; give the list of the release, the one before or the last."""
    found = current(home)
    if found is not None:
        with open_readonly(home.database) as con:
            rows = con.execute(
                "select sha256, lignes_liste = (select count(*) from socle.organisme) "
                "from meta.publication"
            ).fetchall()
        assert rows == [(found.meta["sha256"], True)]
    sha256 = None if found is None else found.meta["sha256"]
    assert sha256 in {before, file_sha256(lists[-1])}
    archive = Archive(home)
    examined = archive.examine(lambda done, total: None)
    assert (examined.damaged, examined.stranded) == ([], [])
    known = {file_sha256(path) for path in lists}
    seen = [sighting.sha256 for sighting in archive.sightings()]
    assert archive.admitted() <= set(seen) <= archive.held() <= known
    assert len(dated_lists(archive)) == len(archive.admitted())
    return sha256


def _bounded(home: Home) -> None:
    """What a killed refresh leaves is taken up by the next one: it does not pile up."""
    torn = [*home.archive.rglob("*.partiel"), *home.root.glob("*.tmp*")]
    assert len(torn) <= 1
    # Killed at once, it has not made its folders yet: « glob » finds nothing there.
    assert len([*home.releases.glob("*")]) <= 2 * (Settings.releases_kept + 1) + 1
    assert len([*home.build.glob("*")]) < 15


def _reached(home: Home) -> str:
    """How far a killed refresh had gone, by what it left."""
    state = home.build / "construction.json"
    if not state.exists():
        return "réception"
    version = json.loads(state.read_text())["version"]
    marks = {
        "publiée": home.releases / f"{version}.json",
        "contrôlée": home.reports / version / "rapport.json",
        "bâtie": home.build / "opac.duckdb",
        "suivie": home.build / "suivi.duckdb",
    }
    return next((name for name, path in marks.items() if path.exists()), "lecture")


@pytest.mark.parametrize(
    ("kills", "nights", "kinds"), [(5, 1, 2), pytest.param(20, 3, 3, marks=pytest.mark.lourd)]
)
def test_killed_many_times(
    kills: int, nights: int, kinds: int, launcher: Launcher, tmp_path: Path
) -> None:
    """Each night begins with its share of refreshes killed, and ends with one left alone."""
    seed = random.randrange(10**6)
    print(f"moments drawn from seed {seed}")
    draw = random.Random(seed)
    lists = _lists(tmp_path / "listes", nights)
    calm, home = Home(tmp_path / "calme"), Home(tmp_path / "maison")

    lasted = 0.0
    for path in lists:
        begun = time.monotonic()
        launcher.run("refresh", "--source", path, "--home", calm.root, by_dagster=False).succeeded()
        lasted = time.monotonic() - begun

    killed, runs, reached = 0, 0, Counter[str]()
    release: str | None = None
    answers: list[Any] = []
    with process(_READER, env={"PYTHONPATH": str(ROOT)}) as reader:
        for night in range(1, nights + 1):
            asked = ("refresh", "--source", lists[night - 1], "--home", home.root)
            while killed < kills * night // nights:
                runs += 1
                # In a fifth of a refresh, then in the next: few kills meet moments of all kinds.
                moment = (killed % 5 + draw.random()) / 5 * lasted
                ran = launcher.signalled(moment, signal.SIGKILL, *asked, by_dagster=False)
                assert ran.code in {0, -signal.SIGKILL}, ran
                killed += ran.code != 0
                far = _reached(home) if ran.code else "finie"
                reached[far] += 1
                # The machine may have less to do than when it was measured, or more.
                if far == "finie":
                    lasted = min(lasted, 0.8 * moment)
                elif far in ("réception", "lecture") and moment > lasted / 2:
                    lasted *= 1.25
                release = _sound(home, lists[:night], release)
                _bounded(home)
                if (found := current(home)) is not None:
                    told = ask(reader, json.dumps([str(home.database), str(found.path)]))
                    assert told[: len(answers)] == answers, "what was opened answers as before"
                    answers = told
            runs += 1
            launcher.run(*asked, by_dagster=False).succeeded()
            release = _sound(home, lists[:night], release)
            assert release == file_sha256(lists[night - 1])

    print(f"{runs} refreshes, {dict(reached)}")
    assert len(reached) >= kinds, "moments of several kinds"
    assert _history(home) == _history(calm)
    assert (home.archive / "admissions.jsonl").read_text().count("\n") == nights
    journaled = journal.runs(home)
    assert len(journaled) <= runs
    states = Counter(run.state for run in journaled)
    assert states[journal.State.DONE] >= runs - killed
    assert states.keys() <= {journal.State.DONE, journal.State.INTERRUPTED}
    assert journaled[0].state is journal.State.DONE
    checked = examine(Patient(Settings(home=home.root), lambda done, total: None))
    assert [one for one in checked if one.finding.state is State.BROKEN] == []


def test_what_reads_old_lists_ends_with_a_killed_refresh(
    launcher: Launcher, tmp_path: Path
) -> None:
    _lists(tmp_path / "listes", 3)
    home = tmp_path / "maison"
    child = launcher.start("refresh", "--source", tmp_path / "listes", "--home", home)
    limit = time.monotonic() + 300
    while len(family := psutil.Process(child).children(recursive=True)) < 3:
        assert time.monotonic() < limit, "two processes read, a third is Python's own"
        time.sleep(0.005)

    os.kill(child, signal.SIGKILL)

    assert launcher.ended().code == -signal.SIGKILL
    assert not still_running(family)

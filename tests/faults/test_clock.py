"""The system clock set back by a year: what came last is still last, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.history.lists import dated_lists
from pipelines.home import Home
from pipelines.registers.archive import Archive
from pipelines.runs import journal
from pipelines.settings import ROOT
from pipelines.warehouse.release import releases
from tests.pipeline import lists
from tests.pipeline.commands import Opac, Ran, ask, released

_YEAR = dt.timedelta(days=365)


def _a_year_ago(*args: object) -> Ran:
    """Run ``opac`` by the clock of a year ago."""
    faketime = shutil.which("faketime")
    if faketime is None:
        reason = "no faketime: apt-get install faketime"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # Only what the clock says goes back, not how long things take.
    command = [faketime, "-m", "--exclude-monotonic", "-f", "-365d", sys.executable]
    ran = subprocess.run(
        [*command, "-m", "pipelines.cli.main", *map(str, args)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.usefixtures("isolated")
def test_a_refresh_a_year_before_the_last_one(home: Path, opac: Opac, tmp_path: Path) -> None:
    source = tmp_path / "liste.csv"
    source.write_bytes(lists.next_list())
    asked = ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", home)
    before, at = released(home), Home(home)

    told = _a_year_ago(*asked).succeeded()

    assert "publiée (liste du 2024-10-16)" in told
    assert released(home).rows == lists.COUNT + 3
    newest, oldest = releases(at)
    assert (newest.courante, oldest.courante) == (True, False), "versions go on upwards"
    assert newest.version > oldest.version
    assert before.link.endswith(f"opac-{oldest.version}.duckdb")
    first, last = Archive(at).sightings()
    assert dt.datetime.fromisoformat(first.vu) - dt.datetime.fromisoformat(last.vu) > _YEAR / 2
    assert Archive(at).latest() == last, "what arrived last, whatever the clocks said"
    assert [one.date for one in dated_lists(Archive(at))] == ["2024-10-15", "2024-10-16"]
    dates = ask(home, "select date_instantane::varchar from historique.instantane order by 1")
    assert dates == [("2024-10-15",), ("2024-10-16",)]
    run = journal.runs(at)[0]
    assert (run.state, run.details["version"]) == (journal.State.DONE, newest.version)
    assert run.started < journal.runs(at)[1].started - _YEAR / 2

    # Back at the right time: unchanged is told as such, a new list is released after the others.
    assert "Inchangé" in opac(*asked).succeeded()
    source.write_bytes(lists.good_list().replace(b"RUE DE LA", b"QUAI DE LA"))
    opac(*asked[:3], "--date", "2024-10-17", *asked[5:]).succeeded()
    assert [found.courante for found in releases(at)] == [True, False, False]
    opac("rollback", "--home", home).succeeded()
    assert released(home).rows == lists.COUNT + 3

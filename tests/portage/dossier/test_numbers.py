"""Numbers of dossiers: in order, never twice, whatever dies."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import HomeUnusable
from pipelines.home import Home
from pipelines.portage.dossier import numbers
from pipelines.portage.dossier.numbers import (
    Number,
    issued,
    journal_path,
    record,
    reserve,
    reserved,
)
from pipelines.settings import ROOT
from tests.portage.dossier.dossiers import MOMENT
from tests.processes import hear, process, say

LATER = MOMENT.replace(year=2027)

_TAKER = """
import datetime as dt, sys
from pathlib import Path
from pipelines.home import Home
from pipelines.portage.dossier.numbers import reserve

sys.stdin.readline()
moment = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
print(*(reserve(Home(Path(sys.argv[1])), moment).mark for _ in range(25)), flush=True)
"""

_DIER = """
import datetime as dt, os, signal, sys
from pathlib import Path
from pipelines.home import Home
from pipelines.portage.dossier import numbers

def die(path, entry):
    real(path, entry) if sys.argv[2] == "after" else None
    os.kill(os.getpid(), signal.SIGKILL)

real, numbers.append_line = numbers.append_line, die
numbers.reserve(Home(Path(sys.argv[1])), dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
"""

_BOUND = """
import ctypes, datetime as dt, os, resource, sys
from pathlib import Path
from pipelines.errors import OpacError
from pipelines.home import Home
from pipelines.portage.dossier.numbers import reserve

if sys.argv[2] == "rights":
    # Root is bound as anyone else once these are gone.
    for capability in (1, 2) if os.geteuid() == 0 else ():
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):
            raise SystemExit("prctl")
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[3], sys.argv[1], "", ""])
if sys.argv[2]:
    size = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    print(reserve(Home(Path(sys.argv[1])), dt.datetime(2026, 3, 2, tzinfo=dt.UTC)).numero)
except OpacError as error:
    print(error.code, error)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "maison")


def bound(home: Home, limit: object) -> str:
    """Reserve in a process that has no rights, or no space beyond a size."""
    ran = subprocess.run(
        [sys.executable, "-c", _BOUND, str(home.root), str(limit), _BOUND],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def test_numbers_follow_each_other_and_start_again_each_year(home: Home) -> None:
    given = [reserve(home, moment).numero for moment in (MOMENT, MOMENT, LATER, MOMENT, LATER)]
    assert given == [
        *("OPAC-2026-000001", "OPAC-2026-000002", "OPAC-2027-000001"),
        *("OPAC-2026-000003", "OPAC-2027-000002"),
    ]


def test_a_journal_keeps_its_name_and_another_has_another(home: Home, tmp_path: Path) -> None:
    names = {reserve(home, MOMENT).journal for _ in range(3)}
    assert len(names) == 1
    assert names != {reserve(Home(tmp_path / "autre"), MOMENT).journal}
    assert reserve(home, MOMENT).mark == f"OPAC-2026-000004/{names.pop()}"


def test_numbers_go_past_six_digits(home: Home) -> None:
    record(home, Number("OPAC-2026-999999", "3f9a1c2b"), MOMENT)
    assert reserve(home, MOMENT).mark == "OPAC-2026-1000000/3f9a1c2b"
    assert reserve(home, MOMENT).numero == "OPAC-2026-1000001"


def test_a_number_is_of_the_year_that_was_told(home: Home) -> None:
    new_year = dt.datetime(2027, 1, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert reserve(home, new_year).numero == "OPAC-2027-000001"


def test_only_what_was_issued_is_told_as_issued(home: Home) -> None:
    assert (issued(home), reserved(home)) == ([], set())
    assert not home.root.exists(), "asking makes nothing"
    one, two = reserve(home, MOMENT), reserve(home, MOMENT)
    record(home, two, MOMENT, verdict="ELIGIBLE")
    assert reserved(home) == {one.mark, two.mark}
    (entry,) = issued(home)
    assert (entry["numero"], entry["journal"], entry["verdict"]) == (
        "OPAC-2026-000002",
        two.journal,
        "ELIGIBLE",
    )


def test_of_four_processes_no_two_get_one_number(home: Home) -> None:
    with (
        process(_TAKER, home.root) as a,
        process(_TAKER, home.root) as b,
        process(_TAKER, home.root) as c,
        process(_TAKER, home.root) as d,
    ):
        children = [a, b, c, d]
        for child in children:
            say(child)
        marks = [mark for child in children for mark in hear(child).split()]
    numbers = sorted(mark.split("/")[0] for mark in marks)
    assert numbers == [f"OPAC-2026-{rank:06d}" for rank in range(1, 101)]
    assert len({mark.split("/")[1] for mark in marks}) == 1


@pytest.mark.parametrize(("when", "then"), [("before", 2), ("after", 3)])
def test_a_process_that_dies_frees_the_journal(home: Home, when: str, then: int) -> None:
    reserve(home, MOMENT)
    died = subprocess.run(
        [sys.executable, "-c", _DIER, str(home.root), when], cwd=ROOT, check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert reserve(home, MOMENT).numero == f"OPAC-2026-{then:06d}"


@pytest.mark.parametrize("cut", [1, 20, 45, 60, 80, 110])
def test_a_torn_line_loses_no_number(home: Home, cut: int) -> None:
    reserve(home, MOMENT)
    whole = journal_path(home).read_bytes()
    second = reserve(home, MOMENT)
    torn = journal_path(home).read_bytes()[: len(whole) + cut]
    journal_path(home).write_bytes(torn)
    third = reserve(home, MOMENT)
    # Torn before its number, the line never gave it to anyone.
    gone = b"OPAC-2026-000002" in torn
    assert third.numero == ("OPAC-2026-000003" if gone else "OPAC-2026-000002")
    assert third.journal == second.journal
    assert reserved(home) == {f"OPAC-2026-000001/{third.journal}", third.mark}


def test_a_journal_held_too_long_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "_PATIENCE", 0.1)
    reserve(home, MOMENT)
    fd = os.open(journal_path(home), os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with pytest.raises(HomeUnusable, match=r"tient le journal « .*dossiers\.jsonl ».*attendez"):
            reserve(home, MOMENT)
    finally:
        os.close(fd)
    assert reserve(home, MOMENT).numero == "OPAC-2026-000002"


def test_no_rights_to_the_home(home: Home) -> None:
    reserve(home, MOMENT)
    journal_path(home).chmod(0o444)
    told = bound(home, "rights")
    assert told.startswith(f"6 Le dossier de travail « {home.root} » ne peut pas être utilisé")
    assert "accès refusé" in told
    journal_path(home).chmod(0o644)
    assert bound(home, "rights") == "OPAC-2026-000002"


def test_no_space_left_gives_no_number(home: Home) -> None:
    reserve(home, MOMENT)
    told = bound(home, journal_path(home).stat().st_size + 30)
    assert told.startswith("6 Il n'y a plus de place pour écrire")
    assert bound(home, "").startswith("OPAC-2026-00000")
    assert len(reserved(home)) == 2


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "maison").write_text("")
    with pytest.raises(HomeUnusable, match="ne peut pas être utilisé"):
        reserve(Home(tmp_path / "maison"), MOMENT)

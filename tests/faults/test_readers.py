"""A reader that holds each release open during thirty of them: the same answers for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.settings import ROOT
from pipelines.warehouse.release import current, releases
from tests.processes import ask, process
from tests.warehouse.small_releases import ROWS, publish, sha

_RELEASES = 30
_KEPT = 3

# Opens each release by its name, and by the link as readers do; asks all of them again each time.
_READER = """
import json, sys
from pathlib import Path
import duckdb
from pipelines.warehouse.release import open_readonly

link = Path(sys.argv[1])
named, linked = [], []
for line in sys.stdin:
    if line.strip() == "fermer":
        for con in named + linked:
            con.close()
        named, linked = [], []
    else:
        named.append(duckdb.connect(line.strip(), read_only=True))
        linked.append(open_readonly(link))
    print(json.dumps([
        [
            con.execute(
                "select count(*), list_distinct(list(sha256)), (select n from marche.compte) "
                "from socle.organisme"
            ).fetchone()
            for con in held
        ]
        for held in (named, linked)
    ]), flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "maison")
    found.prepare()
    return found


def _deleted(pid: int) -> list[str]:
    """The files that a process still holds though they have no name any more."""
    held = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
    return sorted(name for name in held if name.endswith(".duckdb (deleted)"))


def test_each_of_thirty_releases_is_held_open(home: Home) -> None:
    wanted = []
    with process(_READER, home.database, env={"PYTHONPATH": str(ROOT)}) as reader:
        for number in range(_RELEASES):
            name = f"liste {number}"
            made = publish(home, name, kept=_KEPT)
            wanted.append([ROWS, [sha(name)], ROWS])
            assert ask(reader, str(made.path)) == [wanted, wanted], name
            kept = releases(home)
            assert current(home) == made == kept[0]
            assert len(kept) == min(number + 1, _KEPT), "readers keep nothing from being pruned"
            on_disk = {path.name for path in home.releases.glob("*.duckdb")}
            assert on_disk == {found.path.name for found in kept}

        # The room of those that were pruned is held by the reader alone, and given back with it.
        assert len(_deleted(reader.pid)) == _RELEASES - _KEPT
        assert ask(reader, "fermer") == [[], []]
        assert _deleted(reader.pid) == []

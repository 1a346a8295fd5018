"""Readers of a release, in real processes, while it is switched; and what cannot be opened."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import (
    HomeUnusable,
    OpacError,
    UsageError,
)
from pipelines.home import Home
from pipelines.settings import ROOT
from pipelines.warehouse.release import current, open_readonly, releases, rollback
from tests.processes import ask, hear, process
from tests.warehouse.small_releases import ROWS, build, holds, publish, sha

_OLD_CLIENT = ROOT / ".outils" / "duckdb-1.1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "maison")
    found.prepare()
    return found


_READER = """
import json, sys
from pathlib import Path
import duckdb
from pipelines.warehouse.release import open_readonly

link = Path(sys.argv[1])
opening = {
    "opac": lambda: open_readonly(link),
    "duckdb": lambda: duckdb.connect(str(link), read_only=True),
}
held = []
for order in sys.stdin:
    verb, _, way = order.strip().partition(" ")
    if verb == "ouvrir":
        held.append(opening[way]())
    found = [
        c.execute("select count(*), list_distinct(list(sha256)) from socle.organisme").fetchone()
        for c in held
    ]
    print(json.dumps(found), flush=True)
"""


@pytest.mark.parametrize("way", ["opac", "duckdb"])
def test_a_reader_keeps_its_version_and_gets_the_new_one_when_it_reconnects(
    home: Home, way: str
) -> None:
    publish(home, "a", kept=1)
    old, new = [ROWS, [sha("a")]], [ROWS, [sha("c")]]
    with process(_READER, home.database) as reader:
        assert ask(reader, f"ouvrir {way}") == [old]
        start = time.monotonic()
        publish(home, "b", kept=1)
        last = publish(home, "c", kept=1)
        assert time.monotonic() - start < 60, "a reader delays nothing"
        assert [found.meta["source"] for found in releases(home)] == ["c", "b"]
        assert ask(reader, "relire") == [old], "though its file has been removed"
        assert ask(reader, f"ouvrir {way}") == [old, new], "in the same process"
        assert ask(reader, "relire") == [old, new]
        assert current(home) == last


_LOOP = """
import json, sys
from pathlib import Path
import duckdb
from pipelines.warehouse.release import open_readonly

link, stop = Path(sys.argv[1]), Path(sys.argv[2])
print('"prêt"', flush=True)
reads, seen, kept = 0, set(), []
while reads < 150 or not stop.exists():
    # Every other connection stays open a while, so that new ones live beside older ones.
    connection = duckdb.connect(str(link), read_only=True) if reads % 3 else open_readonly(link)
    (count, lists), = connection.execute(
        "select count(*), list_distinct(list(o.sha256) || list(p.sha256)) "
        "from socle.organisme o, meta.publication p"
    ).fetchall()
    assert count == 500 and len(lists) == 1, (count, lists)
    assert connection.execute("select n from marche.compte").fetchall() == [(500,)]
    seen.update(lists)
    kept.append(connection)
    if len(kept) > 5:
        kept.pop(0).close()
    reads += 1
print(json.dumps([reads, len(seen)]), flush=True)
"""


def test_hundreds_of_reads_during_twenty_switches(home: Home, tmp_path: Path) -> None:
    publish(home, "départ", kept=2)
    stop = tmp_path / "stop"
    with process(_LOOP, home.database, stop) as a, process(_LOOP, home.database, stop) as b:
        assert [ask(child, "") for child in (a, b)] == ["prêt", "prêt"]
        for n in range(20):
            if n % 5 == 4:
                rollback(home)
            else:
                publish(home, f"liste {n}", kept=2)
        stop.touch()
        for child in (a, b):
            out, _ = child.communicate(timeout=300)
            assert child.returncode == 0
            reads, seen = json.loads(out)
            assert reads >= 150
            assert seen >= 3, "the reads must have met the switches"


_WRITER = """
import sys, time
import duckdb
connection = duckdb.connect(sys.argv[1])
print('"ouverte"', flush=True)
time.sleep(60)
"""


def test_a_lock_names_the_process_and_the_way_round(home: Home) -> None:
    made = publish(home, "a")
    made.path.chmod(0o644)
    with process(_WRITER, home.database) as writer:
        assert ask(writer, "") == "ouverte"
        with pytest.raises(HomeUnusable) as caught:
            open_readonly(home.database)
        program = Path(f"/proc/{writer.pid}/comm").read_text().strip()
    text = str(caught.value)
    assert f"par le processus {writer.pid} ({program})" in text
    assert f"« duckdb -readonly {home.database} »" in text
    assert "\n" not in text
    assert holds(home.database, "a")


def test_what_cannot_be_opened_is_told(home: Home, tmp_path: Path) -> None:
    garbage = tmp_path / "liste.duckdb"
    garbage.write_bytes(b"NDA;SIREN\n" * 1000)
    with pytest.raises(OpacError, match="ne s'ouvre pas avec DuckDB"):
        open_readonly(garbage)
    with pytest.raises(UsageError, match="lancez d'abord « opac refresh »"):
        open_readonly(home.database)


def test_what_is_opened_cannot_be_written(home: Home) -> None:
    publish(home, "a")
    with open_readonly(home.database) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("create table socle.x as select 1 as n")


_LIGHT = """
import sys
from pathlib import Path
from pipelines.home import Home
from pipelines.runs.journal import runs
from pipelines.warehouse.release import open_readonly, release, releases

def loaded():
    heavy = {"duckdb", "polars", "pandas", "pyarrow", "dagster", "great_expectations"}
    return sorted(heavy & set(sys.modules))

home = Home(Path(sys.argv[1]))
runs(home), releases(home)
print(loaded())
release(home, home.build / "construction.duckdb", {"sha256": "0" * 64}, 2)
open_readonly(home.database).close()
print(loaded())
"""


def test_nothing_heavy_is_imported(home: Home) -> None:
    build(home, "a")
    with process(_LIGHT, home.root) as child:
        out, _ = child.communicate(timeout=300)
    assert out.splitlines() == ["[]", "['duckdb']"]


_OLD_READER = """
import json, sys
from pathlib import Path
import duckdb
from pipelines.warehouse.release import open_readonly

link = Path(sys.argv[1])
plain = duckdb.connect(str(link), read_only=True)
row = plain.execute(
    "select nda, sha256, jour::text, liste from socle.organisme limit 1"
).fetchone()
views = plain.execute("from marche.compte").fetchone()
comment = plain.execute(
    "select comment from duckdb_tables() where table_name = 'organisme'"
).fetchone()
print(json.dumps([duckdb.__version__, row, views, comment]), flush=True)
plain.close()
held = []
for _ in sys.stdin:
    held.append(open_readonly(link))
    found = [c.execute("select any_value(sha256) from socle.organisme").fetchone()[0] for c in held]
    print(json.dumps(found), flush=True)
"""


def test_duckdb_1_1_opens_it_and_reconnects_to_the_new_one(home: Home) -> None:
    if not _OLD_CLIENT.is_dir():
        reason = f"no DuckDB 1.1 in {_OLD_CLIENT}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    publish(home, "a")
    path = os.pathsep.join([str(_OLD_CLIENT), str(ROOT)])
    with process(_OLD_READER, home.database, env={"PYTHONPATH": path}) as old:
        version, row, view, comment = json.loads(hear(old))
        assert version.startswith("1.1.")
        assert row == ["00000000000", sha("a"), "2026-01-31", [0, 1]]
        assert view == [ROWS]
        assert comment == ["Organismes"]
        assert ask(old, "") == [sha("a")]
        publish(home, "b")
        assert ask(old, "") == [sha("a"), sha("b")], "while its older connection is open"

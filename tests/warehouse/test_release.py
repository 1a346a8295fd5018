"""The release: what it makes, what it refuses, how to go back."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import time
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import (
    GatesRefused,
    HomeUnusable,
    RefreshRunning,
    UsageError,
)
from pipelines.home import Home
from pipelines.lock import running
from pipelines.warehouse.release import current, open_readonly, release, releases, rollback
from tests.processes import ask, process
from tests.warehouse.small_releases import build, holds, publish, sha


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "maison")
    found.prepare()
    return found


def test_first_release(home: Home) -> None:
    assert current(home) is None
    assert releases(home) == []
    built = build(home, "a")
    made = release(home, built, {"sha256": sha("a"), "lignes": 3, "motif": "été"}, 7)
    assert made == current(home)
    assert releases(home) == [made]
    assert made.courante
    assert made.meta == {"sha256": sha("a"), "lignes": 3, "motif": "été"}
    stamp, digest = made.version.split("-")
    assert digest == sha("a")[:8]
    assert (
        abs(time.time() - time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) + time.timezone) < 60
    )
    assert made.path == home.releases / f"opac-{made.version}.duckdb"
    assert json.loads((home.releases / f"{made.version}.json").read_text()) == made.meta
    assert not built.exists()
    assert holds(home.database, "a")


def test_released_file_is_read_only(home: Home) -> None:
    made = publish(home, "a")
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o444


def test_the_link_is_relative_so_that_a_home_can_be_moved(home: Home, tmp_path: Path) -> None:
    made = publish(home, "a")
    assert home.database.is_symlink()
    moved = Home(tmp_path / "ailleurs")
    home.root.rename(moved.root)
    found = current(moved)
    assert found is not None
    assert found.version == made.version
    assert holds(moved.database, "a")


def test_newest_first_even_within_one_second_and_for_one_list(home: Home) -> None:
    made = [publish(home, name).version for name in ("a", "b", "b", "c")]
    assert [found.version for found in releases(home)] == made[::-1]
    assert [found.courante for found in releases(home)] == [True, False, False, False]


def test_only_the_last_versions_are_kept(home: Home) -> None:
    made = [publish(home, name, kept=2).version for name in "abcd"]
    assert [found.version for found in releases(home)] == [made[3], made[2]]
    assert len(list(home.releases.iterdir())) == 4


def test_the_version_replaced_is_kept_though_it_is_old(home: Home) -> None:
    made = [publish(home, name).version for name in "abc"]
    rollback(home, made[0])
    last = publish(home, "d", kept=1)
    assert [found.version for found in releases(home)] == [last.version, made[0]]


def test_other_files_in_the_folder_are_left_alone(home: Home) -> None:
    mine = home.releases / "ma-copie.duckdb"
    mine.write_text("à moi")
    for name in "abc":
        publish(home, name, kept=1)
    assert mine.read_text() == "à moi"


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (
            "create view marche.v as select * from construction.socle.organisme",
            "ne répond pas pour marche.v",
        ),
        ("drop table meta.publication", "une ligne dans meta.publication"),
        ("delete from meta.publication", "une ligne dans meta.publication"),
        ("insert into meta.publication from meta.publication", "une ligne dans meta.publication"),
        (
            'create view marche."l\'""été""" as select cast(nda || \'x\' as integer) as n '
            "from socle.organisme where n > 0",
            'ne répond pas pour marche.l\'"été"',
        ),
    ],
)
def test_a_build_that_does_not_answer_is_refused(home: Home, extra: str, reason: str) -> None:
    before = publish(home, "a")
    with pytest.raises(GatesRefused) as caught:
        release(home, build(home, "b", extra), {"sha256": sha("b")}, 7)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert releases(home) == [before]
    assert holds(home.database, "a")


def test_a_build_cut_short_is_refused(home: Home) -> None:
    built = build(home, "a")
    data = built.read_bytes()
    for size in (0, 100, len(data) // 4, len(data) // 2, len(data) - 1):
        built.write_bytes(data[:size])
        with pytest.raises(GatesRefused, match=r"ne s'ouvre pas|ne répond pas"):
            release(home, built, {"sha256": sha("a")}, 7)
    assert current(home) is None


def test_a_build_still_open_is_refused(home: Home) -> None:
    built = build(home, "a")
    with duckdb.connect(built) as connection:
        with pytest.raises(GatesRefused, match="ne s'ouvre pas"):
            release(home, built, {"sha256": sha("a")}, 7)
        connection.execute("create table socle.tardif as select 1 as n")
        with pytest.raises(GatesRefused, match="n'a pas été refermée"):
            release(home, built, {"sha256": sha("a")}, 7)
    release(home, built, {"sha256": sha("a")}, 7)


def test_a_database_that_is_no_link_is_refused(home: Home) -> None:
    made = publish(home, "a")
    home.database.unlink()
    shutil.copy(made.path, home.database)
    built = build(home, "b")
    told = "devrait être un lien"
    with pytest.raises(HomeUnusable, match=told):
        release(home, built, {"sha256": sha("b")}, 7)
    with pytest.raises(HomeUnusable, match=told):
        rollback(home)
    with pytest.raises(HomeUnusable, match=told):
        current(home)
    assert holds(home.database, "a")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(errno.ENOSPC, "plus de place"), (errno.EACCES, "droits d'écriture")],
)
@pytest.mark.parametrize("name", ["fsync", "chmod", "rename", "symlink"])
def test_space_and_rights(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str, code: int, sentence: str
) -> None:
    before = publish(home, "a")
    built = build(home, "b")

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        with pytest.raises(HomeUnusable, match=sentence):
            release(home, built, {"sha256": sha("b"), "source": "b"}, 7)
    assert current(home) == before
    assert holds(home.database, "a")
    assert running(home) is None
    assert holds(publish(home, "c").path, "c")
    assert [found.meta["source"] for found in releases(home)] in (["c", "a"], ["c", "b", "a"])


def test_a_sheet_that_cannot_be_read_is_told(home: Home) -> None:
    made = publish(home, "a")
    sheet = home.releases / f"{made.version}.json"
    sheet.write_text("{")
    with pytest.raises(HomeUnusable, match="illisible : supprimez-la"):
        current(home)
    sheet.unlink()
    assert current(home) is None
    assert holds(publish(home, "b").path, "b")
    assert made.path.exists(), "what analysts read while it was rebuilt is not swept"


def test_release_and_rollback_wait_for_no_other_refresh(home: Home) -> None:
    publish(home, "a")
    publish(home, "b")
    built = build(home, "c")
    with process(_HOLDER, home.root) as other:
        assert ask(other, "") == "pris"
        with pytest.raises(RefreshRunning):
            release(home, built, {"sha256": sha("c")}, 7)
        with pytest.raises(RefreshRunning):
            rollback(home)
    assert holds(home.database, "b")


_HOLDER = """
import sys, time
from pathlib import Path
from pipelines.home import Home
from pipelines.lock import refresh_lock
with refresh_lock(Home(Path(sys.argv[1]))):
    print('"pris"', flush=True)
    time.sleep(60)
"""


def test_rollback_goes_one_back_then_one_more(home: Home) -> None:
    for name in "abc":
        publish(home, name)
    for name in "ba":
        back = rollback(home)
        assert back == current(home)
        assert back.meta["source"] == name
        assert holds(home.database, name)
    with pytest.raises(UsageError, match="Aucune version ne précède"):
        rollback(home)
    assert holds(home.database, "a")


def test_rollback_to_a_version_and_forward_again(home: Home) -> None:
    made = [publish(home, name).version for name in "abc"]
    assert rollback(home, made[0]).version == made[0]
    assert holds(home.database, "a")
    assert rollback(home, made[2]).version == made[2]
    assert holds(home.database, "c")


def test_rollback_to_an_unknown_version_names_those_there(home: Home) -> None:
    made = [publish(home, name).version for name in "ab"]
    with pytest.raises(UsageError) as caught:
        rollback(home, "20200101T000000Z-00000000")
    assert f"{made[1]}, {made[0]}" in str(caught.value)


def test_rollback_with_nothing_before(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Aucune version n'est publiée"):
        rollback(home)
    absent = Home(tmp_path / "absente")
    with pytest.raises(UsageError, match="Aucune version n'est publiée"):
        rollback(absent)
    assert not absent.root.exists()
    publish(home, "a")
    with pytest.raises(UsageError, match="c'est la seule conservée"):
        rollback(home)


def test_a_broken_link_is_no_release_and_rollback_mends_it(home: Home) -> None:
    publish(home, "a")
    lost = publish(home, "b")
    lost.path.unlink()
    assert current(home) is None
    with pytest.raises(UsageError, match="n'existe pas : lancez d'abord"):
        open_readonly(home.database)
    assert rollback(home).meta["source"] == "a"
    assert holds(home.database, "a")


def test_a_link_to_elsewhere_is_no_release_and_is_replaced(home: Home, tmp_path: Path) -> None:
    made = publish(home, "a")
    elsewhere = tmp_path / made.path.name
    shutil.copy(made.path, elsewhere)
    home.database.unlink()
    home.database.symlink_to(elsewhere)
    assert current(home) is None
    publish(home, "b")
    assert holds(home.database, "b")
    assert elsewhere.exists()

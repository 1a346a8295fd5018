"""``kill -9`` at each step: the last release stays whole, the next one needs no hand."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.lock import running
from pipelines.warehouse.release import Release, current, releases
from tests.processes import ask, process
from tests.warehouse.small_releases import build, holds, publish, sha


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "maison")
    found.prepare()
    return found


# Imports once, then forks for each order: a process of its own to kill, at a fraction of the cost.
_KILLER = """
import json, os, signal, sys
from pathlib import Path
import duckdb
from pipelines.home import Home
from pipelines.warehouse.release import release, rollback

def make_deadly(owner, name, fatal, done):
    real = getattr(owner, name)
    def die_in_turn():
        done.append(name)
        if len(done) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
    def call(*args, **kwargs):
        if name == "open":  # a file made and still empty
            opened = real(*args, **kwargs)
            die_in_turn()
            return opened
        die_in_turn()
        return real(*args, **kwargs)
    setattr(owner, name, call)

def act(root, fatal, sha256):
    home, done = Home(Path(root)), []
    for name in ("fsync", "chmod", "rename", "replace", "symlink", "unlink", "ftruncate"):
        make_deadly(os, name, fatal, done)
    make_deadly(Path, "open", fatal, done)
    if sha256 is None:
        rollback(home)
    else:
        built = home.build / "construction.duckdb"
        release(home, built, {"sha256": sha256, "source": "neuve"}, 2)
    print(json.dumps(done), flush=True)

for line in sys.stdin:
    child = os.fork()
    if not child:
        act(*json.loads(line))
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGKILL:
        print("null", flush=True)
    elif status:
        sys.exit(status)
"""


@pytest.fixture
def killer() -> Iterator[subprocess.Popen[str]]:
    with process(_KILLER) as child:
        yield child


def crash(
    killer: subprocess.Popen[str], template: Home, copy: Home, step: int, sha256: str | None
) -> list[str] | None:
    """Release (or roll back) in a copy of a home, and die at this step; if it lives, its steps."""
    shutil.copytree(template.root, copy.root, symlinks=True)
    steps: list[str] | None = ask(killer, json.dumps([str(copy.root), step, sha256]))
    return steps


def check_then_release(home: Home, name: str) -> None:
    """The current release is whole, and the next release needs no hand and leaves no trace."""
    assert running(home) is None
    before = current(home)
    assert before is not None
    assert before.meta["source"] == name
    assert holds(home.database, name)
    assert holds(before.path, name)
    made = publish(home, "suivante", kept=2)
    assert current(home) == made
    assert holds(home.database, "suivante")
    left = releases(home)
    assert before in [Release(r.version, r.path, r.meta, True) for r in left]
    assert sorted(path.name for path in home.releases.iterdir()) == sorted(
        file for r in left for file in (f"{r.version}.json", r.path.name)
    )
    for found in left:
        assert holds(found.path, found.meta["source"])
    assert not [path for path in home.root.iterdir() if path.suffix == ".tmp"]


def test_kill_9_at_each_step_of_a_release(
    home: Home, tmp_path: Path, killer: subprocess.Popen[str]
) -> None:
    for name in "abc":
        publish(home, name, kept=3)
    build(home, "neuve")
    names: list[str] = []
    steps = None
    while steps is None:
        copy = Home(tmp_path / f"copie-{len(names)}")
        steps = crash(killer, home, copy, len(names) + 1, sha("neuve"))
        found = current(copy)
        names.append(found.meta["source"] if found else "aucune")
        check_then_release(copy, names[-1])
    assert {"open", "fsync", "chmod", "rename", "replace", "symlink", "unlink"} <= set(steps)
    assert len(names) == len(steps) + 1
    switched = names.index("neuve")
    assert names == ["c"] * switched + ["neuve"] * (len(names) - switched)
    assert switched > steps.index("rename") + 2
    assert switched < len(steps)


def test_kill_9_at_each_step_of_the_first_release(
    home: Home, tmp_path: Path, killer: subprocess.Popen[str]
) -> None:
    build(home, "neuve")
    for step in range(1, 100):
        copy = Home(tmp_path / f"copie-{step}")
        finished = crash(killer, home, copy, step, sha("neuve")) is not None
        found = current(copy)
        assert found is None or holds(found.path, "neuve")
        assert found is not None or not finished
        if found is None:
            publish(copy, "suivante")
            assert holds(copy.database, "suivante")
        if finished:
            break
    assert finished
    assert step > 10


def test_kill_9_at_each_step_of_a_rollback(
    home: Home, tmp_path: Path, killer: subprocess.Popen[str]
) -> None:
    publish(home, "a")
    publish(home, "b")
    names: list[str] = []
    steps = None
    while steps is None:
        copy = Home(tmp_path / f"copie-{len(names)}")
        steps = crash(killer, home, copy, len(names) + 1, None)
        found = current(copy)
        names.append(found.meta["source"] if found else "aucune")
        check_then_release(copy, names[-1])
    assert {"symlink", "replace", "fsync"} <= set(steps)
    switched = names.index("a")
    assert names == ["b"] * switched + ["a"] * (len(names) - switched)

"""The disk full at each step: said, the release intact, and well again once there is room."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pipelines.publication.publish
from assets import modeles
from pipelines.doctor.checkup import examine
from pipelines.doctor.finding import Patient, State
from pipelines.home import Home
from pipelines.registers.contents import Contents
from pipelines.settings import Settings
from tests.pipeline import lists
from tests.pipeline.commands import Opac, released


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    folder = tmp_path / "disque"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can make a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def _fill(folder: Path) -> None:
    """Leave no room at all."""
    with (folder / "remplissage").open("ab", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError as error:
            assert error.errno == errno.ENOSPC
            while _one_byte(file.fileno()):
                pass


def _one_byte(fd: int) -> bool:
    try:
        return os.write(fd, b"x" * 512) > 0
    except OSError:
        return False


# Where a refresh enters each step that writes: the archive, the build, the release.
_STEPS: dict[str, tuple[object, str]] = {
    "archive": (Contents, "store"),
    "build": (modeles, "build_models"),
    "release": (pipelines.publication.publish, "release"),
}


def _full_at(patch: pytest.MonkeyPatch, step: str, folder: Path) -> None:
    owner, name = _STEPS[step]
    real: Callable[..., Any] = getattr(owner, name)

    def full(*args: Any, **kwargs: Any) -> Any:
        _fill(folder)
        return real(*args, **kwargs)

    patch.setattr(owner, name, full)


@pytest.mark.usefixtures("isolated")
def test_the_disk_fills_up_at_each_step(home: Path, disk: Path, tmp_path: Path, opac: Opac) -> None:
    moved = disk / "maison"
    shutil.copytree(home, moved, symlinks=True)
    source = tmp_path / "recu.csv"
    source.write_bytes(lists.next_list())
    asked = ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", moved)
    before = released(moved)

    for step in _STEPS:
        with pytest.MonkeyPatch.context() as patch:
            _full_at(patch, step, disk)
            opac(*asked).refused(6, "plus de place", "libérez de l'espace")
        assert released(moved) == before, step
        (disk / "remplissage").unlink()
        found = examine(Patient(Settings(home=moved), lambda done, total: None))
        broken = [one for one in found if one.finding.state is State.BROKEN]
        assert [one.check for one in broken] in ([], ["place"]), broken

    opac(*asked).succeeded()
    assert released(moved).rows == lists.COUNT + 3
    at = Home(moved)
    assert [*at.archive.rglob("*.partiel"), *at.releases.glob("*.tmp")] == []
    assert len([*at.releases.glob("*.duckdb")]) == len([*at.releases.glob("*.json")]) == 2

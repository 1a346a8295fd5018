"""A released home, made once from a list with traps, and the command run in this process."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.refresh import refresh
from pipelines.registers.generator import generate
from pipelines.settings import Settings
from pipelines.warehouse.release import Release, current
from tests import light
from tests.pipeline.commands import Opac

DAY = dt.date(2025, 10, 15)
# Names that a spreadsheet, a CSV or a terminal could take for something else.
NAMES = ("=1+1", "@SOMME(A1:A9)", 'Œuvre « Noël » & "Cie"', "+33 1 FORMATION")


@dataclass(frozen=True)
class Released:
    """A home with a release, and the numbers of the four organisations with odd names."""

    home: Path
    release: Release
    odd: dict[str, str]


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Released:
    folder = light.made_once(tmp_path_factory, "publie", _make)
    release = current(Home(folder / "maison"))
    assert release is not None
    return Released(folder / "maison", release, json.loads((folder / "noms.json").read_text()))


def _make(folder: Path) -> None:
    source = folder / "liste.csv"
    # Fewer rows would be refused: traps come in fixed numbers.
    generate(source, 2000, 7, DAY, pieges=True)
    (folder / "noms.json").write_text(json.dumps(rename(source)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPAC_MAX_REJECTED_SHARE", "0.01")
        light.share_worker(patch)
        # By Dagster, whose storage commands look at: « opac doctor » among them.
        refresh(Settings.load(folder / "maison"), source, DAY)


def rename(source: Path) -> dict[str, str]:
    """Give the odd names to as many organisations that no trap has touched."""
    lines = source.read_text(encoding="utf-8").split("\n")
    parsed = [next(csv.reader([line], delimiter=";"), []) for line in lines]
    seen = Counter(fields[0] for fields in parsed if fields)
    names = iter(NAMES)
    odd: dict[str, str] = {}
    for rank, fields in enumerate(parsed):
        if rank > 1000 and len(fields) == 31 and seen[fields[0]] == 1 and len(odd) < len(NAMES):
            name = next(names)
            quoted = name.replace('"', '""')
            lines[rank] = lines[rank].replace(f'"{fields[2]}"', f'"{quoted}"')
            odd[name] = fields[0]
    source.write_text("\n".join(lines), encoding="utf-8")
    return odd


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let only the variables that a test sets count, and files be written in its own folder."""
    for name in [name for name in os.environ if name.startswith("OPAC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_HOME", "")  # opening Dagster sets it: put back afterwards
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def opac(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Opac:
    return Opac(capfd, monkeypatch)

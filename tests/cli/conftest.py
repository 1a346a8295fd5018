"""A released home, made once from a list with traps, and the command run in this process."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.refresh import refresh
from pipelines.registers.generator import generate
from pipelines.settings import Settings
from pipelines.warehouse.release import Release
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
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    folder = tmp_path_factory.mktemp("publie")
    source = folder / "liste.csv"
    # Fewer rows would be refused: traps come in fixed numbers.
    generate(source, 2000, 7, DAY, pieges=True)
    lines = source.read_text(encoding="utf-8").split("\n")
    odd = {}
    plain = [rank for rank, line in enumerate(lines) if rank and '"' not in line and line]
    for rank, name in zip(plain, NAMES, strict=False):
        fields = lines[rank].split(";")
        odd[name] = fields[0]
        fields[2] = '"' + name.replace('"', '""') + '"'
        lines[rank] = ";".join(fields)
    source.write_text("\n".join(lines), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # a refresh sets it: put back afterwards
        patch.setenv("OPAC_MAX_REJECTED_SHARE", "0.01")
        settings = Settings.load(folder / "maison")
        return Released(settings.home, refresh(settings, source, DAY).release, odd)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let only the variables that a test sets count, and files be written in its own folder."""
    for name in [name for name in os.environ if name.startswith("OPAC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def opac(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Opac:
    return Opac(capfd, monkeypatch)

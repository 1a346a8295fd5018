"""Running ``opac`` in this process or in one of its own, and judging what it told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pytest
import typer.main

from pipelines.cli.main import main
from pipelines.home import Home
from pipelines.settings import ROOT
from pipelines.warehouse.release import Release, current, open_readonly
from tests.pipeline.lists import NEXT_DAY

_OPAC = ("-m", "pipelines.cli.main")
_THEN = "import os, sys; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
# Root is bound by rights as anyone else once CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH are gone from
# this process, and from what it executes.
UNPRIVILEGED = """
import ctypes, os
libc = ctypes.CDLL(None)
for capability in (1, 2) if os.geteuid() == 0 else ():
    if libc.prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
        raise SystemExit("prctl")
if os.geteuid() == 0:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice
    if libc.capget(header, sets):
        raise SystemExit("capget")
    for place in (0, 1, 2):
        sets[place] &= ~0b110
    if libc.capset(header, sets):
        raise SystemExit("capset")
"""
_ADVICE = re.compile(
    r"\b(vérifiez|redemandez|relancez|réessayez|adaptez|attendez|libérez|donnez|choisissez"
    r"|convertissez|corrigez|ajoutez|gardez|relevez|écrivez|dites|peut être accepté|signalez"
    r"|acceptez)\b"
)
# What Typer makes of the declared commands, which it does again at each call.
_command = cache(typer.main.get_command)
_ENGLISH = re.compile(r"\b(the|of|is|not|error|failed|cannot|denied|exception|traceback)\b", re.I)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def refused(self, code: int, *told: str) -> str:
        """See that it failed as documented: one French sentence, with what to do; give it."""
        assert self.code == code, self
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        sentence = lines[0]
        assert sentence.startswith("Erreur : "), sentence
        # Names of files and settings are not prose.
        prose = re.sub(r"« [^»]* »|/\S+|\b\w+[._]\w+\S*", "", sentence)
        assert not _ENGLISH.search(prose), prose
        assert _ADVICE.search(prose), prose
        for words in told:
            assert words in sentence, sentence
        return sentence

    def succeeded(self) -> str:
        """See that it ended well and told nothing on its error output; give its output."""
        assert (self.code, self.err) == (0, ""), self
        return self.out


class Opac:
    """The command, in this process: what costs is paid once."""

    def __init__(self, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capture = capture
        self._patch = patch

    def __call__(self, *args: object) -> Ran:
        self._patch.setattr(sys, "argv", ["opac", *map(str, args)])
        self._patch.setattr(typer.main, "get_command", _command)
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capture.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, said.out, said.err)


def start(
    *args: object, env: Mapping[str, str] | None = None, before: str = ""
) -> subprocess.Popen[str]:
    """Start ``opac`` as a process of its own, bound by the Python lines run ``before`` it."""
    prelude = ["-c", f"{before}\n{_THEN}"] if before else []
    return subprocess.Popen(
        [sys.executable, *prelude, *_OPAC, *map(str, args)],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(child: subprocess.Popen[str], timeout: float = 300.0) -> Ran:
    """Wait for a process and tell how it ended."""
    with child:
        try:
            out, err = child.communicate(timeout=timeout)
        finally:
            child.kill()
    return Ran(child.returncode, out, err)


@dataclass(frozen=True)
class State:
    """The release of a home: which file, unchanged or not, and what it answers."""

    link: str
    inode: tuple[int, int, int]
    rows: int
    sha256: str


def released(home: Path) -> State:
    """Look at the release as a reader does; nothing of it is cached."""
    link = home / "opac.duckdb"
    stat = link.stat()
    with open_readonly(link) as con:
        row = con.execute(
            "select (select count(*) from socle.organisme), sha256 from meta.publication"
        ).fetchone()
    assert row is not None
    return State(
        str(link.readlink()), (stat.st_ino, stat.st_size, stat.st_mtime_ns), row[0], row[1]
    )


class Refresh:
    """Refreshes of one home from local lists, a day after its good release."""

    def __init__(self, opac: Opac, home: Path, folder: Path) -> None:
        self._opac = opac
        self.home = home
        self.source = folder / "liste.csv"

    def __call__(self, body: bytes, *args: str) -> str:
        """Refresh from a list that must be released, or already be; give what was told."""
        return self.run(body, *args).succeeded()

    def refused(self, code: int, body: bytes, *args: str, told: str = "") -> str:
        """Refresh from a list that must be refused; give the sentence."""
        before = released(self.home)
        sentence = self.run(body, *args).refused(code, told)
        assert released(self.home) == before
        return sentence

    def run(self, body: bytes, *args: str) -> Ran:
        self.source.write_bytes(body)
        asked = ("--source", self.source, "--date", NEXT_DAY, "--home", self.home)
        return self._opac("refresh", *asked, *args)


def release_of(home: Path) -> Release:
    found = current(Home(home))
    assert found is not None
    return found


def ask(home: Path, query: str) -> list[tuple[object, ...]]:
    """Ask the current release, by its version's own file name."""
    with duckdb.connect(release_of(home).path, read_only=True) as con:
        return con.execute(query).fetchall()

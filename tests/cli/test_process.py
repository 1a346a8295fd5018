"""The command as a process: what it imports, a reader that leaves, a locked base, a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.home import Home
from tests.cli.conftest import Released
from tests.pipeline.commands import ended, start
from tests.processes import hear, process
from tests.warehouse.small_releases import publish

_OPAC = [sys.executable, "-m", "pipelines.cli.main"]
_IMPORTED = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from pipelines.cli.main import main
main()
"""
HEAVY = {
    *("dagster", "great_expectations", "pandas", "polars", "pyarrow", "numpy", "sqlglot"),
    *("sqlalchemy", "requests", "jinja2", "xlsxwriter", "typer.rich_utils"),
}


@pytest.mark.parametrize(
    "args",
    [
        ["status"],
        ["status", "--json"],
        ["path"],
        ["releases"],
        ["releases", "--json"],
        ["query", "from marche.synthese"],
        ["query", "from socle.organisme", "--format", "csv"],
        ["query", "from socle.entite limit 9", "--format", "json"],
        ["query", "from socle.entite", "--format", "parquet", "--sortie", "e.parquet"],
        ["query", "selec"],
    ],
    ids=" ".join,
)
def test_questions_import_nothing_heavy(
    released: Released, args: list[str], tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _IMPORTED, *args, "--home", released.home],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == (2 if "selec" in args else 0), ran.stderr
    imported = set(ran.stderr.splitlines()[-1].split())
    assert {"typer", "pipelines.cli.main", "pipelines.warehouse.release"} <= imported
    assert not imported & HEAVY


@pytest.mark.parametrize(
    "args",
    [
        ["query", "from range(200000)", "--format", "csv"],
        ["query", "from range(200000)", "--format", "json"],
        ["query", "from range(2)", "--format", "csv"],
        ["query", "from socle.organisme"],
        ["releases", "--json"],
    ],
    ids=" ".join,
)
def test_a_reader_that_leaves_is_no_error(
    released: Released, args: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like « | head », but nothing at all is read, so that short answers break the pipe too."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # else what is at stake is not tried
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = subprocess.run(
            [*_OPAC, *args, "--home", released.home],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        os.close(writer)
    notes = [line for line in ran.stderr.splitlines() if not line.startswith("(")]
    assert (ran.returncode, notes) == (0, [])


def test_head_takes_what_it_wants(released: Released) -> None:
    line = " ".join(_OPAC)
    ran = subprocess.run(
        f"set -o pipefail; {line} query 'from range(500000)' --format csv "
        f"--home {released.home} | head -n 3",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "range\n0\n1\n", "")


def test_a_full_disk_behind_the_output_is_told(released: Released) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*_OPAC, "query", "from range(200000)", "--format", "csv", "--home", released.home],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert ran.stderr.startswith("Erreur imprévue : OSError ; le détail est dans ")


_HOLD = """
import duckdb, sys
with duckdb.connect(sys.argv[1]) as con:
    con.execute("create table tenue as select 1")
    print("prêt", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("args", [["query", "select 1"], ["export", "socle.organisme"]])
def test_a_locked_base_names_who_holds_it(tmp_path: Path, args: list[str]) -> None:
    home = Home(tmp_path / "maison")
    home.prepare()
    held = publish(home, "liste").path
    held.chmod(0o644)  # as someone does to write in it all the same
    with process(_HOLD, held) as holder:
        assert hear(holder) == "prêt"
        ran = ended(start(*args, "--home", home.root))
        status = ended(start("path", "--home", home.root))
    assert (ran.code, ran.out) == (6, "")
    assert f"ouverte en écriture par le processus {holder.pid} (python" in ran.err
    assert f"« duckdb -readonly {held} »" in ran.err
    assert ran.err.count("\n") == 1
    assert status.code == 0  # it does not open the base


def terminal(*args: object, width: int) -> tuple[int, list[str]]:
    """Run the command in a terminal; give its exit code and the lines shown, without styles."""
    main, side = pty.openpty()
    with subprocess.Popen(
        [*_OPAC, *map(str, args)],
        stdin=side,
        stdout=side,
        stderr=side,
        env={**os.environ, "COLUMNS": str(width), "TERM": "xterm-256color"},
    ) as child:
        os.close(side)
        shown = b""
        try:
            while chunk := os.read(main, 65_536):
                shown += chunk
        except OSError:  # how Linux tells that the other side is closed
            pass
        finally:
            os.close(main)
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode("utf-8"))
    return child.returncode, text.replace("\r\n", "\n").split("\n")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["refresh", "--help"],
        ["generer-registre", "--help"],
        ["releases"],
        ["query", "from socle.organisme limit 10"],
        ["query", "from qualite.anomalie"],
        ["query", "select nda, siren from socle.organisme"],
    ],
    ids=" ".join,
)
def test_nothing_is_wider_than_the_terminal(
    released: Released, args: list[str], width: int
) -> None:
    home = [] if "--help" in args else ["--home", released.home]
    code, lines = terminal(*args, *home, width=width)
    assert code == 0
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_status_and_errors_break_between_words(
    released: Released, tmp_path: Path, width: int
) -> None:
    _, lines = terminal("status", "--home", released.home, width=width)
    short = [line for line in lines if "/" not in line]
    assert max(map(len, short)) <= width
    # Neither an identifier nor a path is cut in two, or it cannot be copied.
    assert any(released.release.version in line for line in lines)
    assert any(line.endswith(str(released.home)) for line in lines)
    deep = tmp_path / ("dossier-" * 15)
    code, lines = terminal("path", "--home", deep, width=width)
    assert code == 2
    assert len(lines) > 2
    assert any(str(deep) in line for line in lines)
    assert all(len(line) <= width or str(deep) in line for line in lines)
    assert not any(line.lstrip().startswith((":", "»")) for line in lines)
    told = " ".join(lines).replace("\u00a0", " ").split()
    assert " ".join(told) == (
        f"Erreur : Aucune version n'est publiée dans « {deep} » : lancez d'abord « opac refresh »."
    )

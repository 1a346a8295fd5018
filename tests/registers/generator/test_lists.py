"""The file itself: bytes, quoting, determinism, refusals."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.registers.contract import ALWAYS, COLUMNS
from pipelines.registers.generator import Summary, generate
from pipelines.registers.generator.population import Population
from pipelines.registers.generator.wire import Row

DATE = dt.date(2026, 10, 15)
# Of 500 rows, seed 7, on DATE: any Python must write these very bytes.
KNOWN = "b43a44d395ab98477ad8ce89e639e11889d3b85ef58b04d77656fb84f90e8871"

TEXT = r'"(?:[^"\n]|"")*"'
BARE_WHEN_EMPTY = r'(?:"[^"]+")?'
NUMBER = r"\d+"
DAY = r"\d\d/\d\d/\d{4}"
LINE = re.compile(
    ";".join(
        [
            r'"[\dP]{11}"',
            BARE_WHEN_EMPTY,
            *[TEXT] * 6,
            r'"\d{2,3}"',
            *["(?:true|false)?"] * 4,
            BARE_WHEN_EMPTY,
            *[TEXT] * 4,
            *[DAY] * 3,
            *[r'(?:"\d{3}")?', BARE_WHEN_EMPTY] * 3,
            *[NUMBER] * 3,
            "",
        ]
    )
)


def test_header_is_the_contract_with_a_trailing_delimiter(tmp_path: Path) -> None:
    generate(tmp_path / "of.csv", 3, 1, DATE)
    content = (tmp_path / "of.csv").read_bytes()
    header, *lines = content.split(b"\n")
    made = [column.wire for column in COLUMNS if column.since == ALWAYS]
    assert header == (";".join(made) + ";").encode()
    assert header.startswith(b"numeroDeclarationActivite;numerosDeclarationActivitePrecedent;")
    assert header.count(b";") == 30
    assert len(lines) == 4
    assert lines[-1] == b""
    assert b"\r" not in content


def test_text_is_quoted_and_the_rest_is_bare(tmp_path: Path) -> None:
    generate(tmp_path / "of.csv", 3_000, 1, DATE)
    lines = (tmp_path / "of.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line for line in lines if not LINE.fullmatch(line)] == []


def test_empty_text_is_written_as_the_list_writes_it(tmp_path: Path) -> None:
    generate(tmp_path / "of.csv", 3_000, 1, DATE)
    lines = (tmp_path / "of.csv").read_text(encoding="utf-8").splitlines()[1:]
    empty = [line for line in lines if re.search(r'";"";"";"";"\d{2,3}";;;;;;"";"";"";"";\d', line)]
    assert len(empty) > 500
    # One speciality: the two others, code and label, are bare.
    assert sum(bool(re.search(r'\d{4};"\d{3}";"[^"]+";;;;;\d', line)) for line in lines) > 2_000


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    for pieges in (False, True):
        first = generate(tmp_path / "a.csv", 2_000, 7, DATE, pieges)
        second = generate(tmp_path / "b.csv", 2_000, 7, DATE, pieges)
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
        assert first.sha256 == second.sha256
        assert generate(tmp_path / "c.csv", 2_000, 8, DATE, pieges).sha256 != first.sha256


def test_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    script = (
        "import datetime as dt, sys; from pathlib import Path;"
        "from pipelines.registers.generator import generate;"
        "print(generate(Path(sys.argv[1]), 500, 7, dt.date(2026, 10, 15)).sha256)"
    )
    for hashseed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "of.csv")],
            env={**os.environ, "PYTHONHASHSEED": hashseed},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == KNOWN


def test_summary_says_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "sous" / "dossier" / "of.csv"
    summary = generate(path, 50, 1, DATE)
    content = path.read_bytes()
    assert summary == Summary(path, 50, hashlib.sha256(content).hexdigest(), len(content), {})
    assert [file.name for file in path.parent.iterdir()] == ["of.csv"]


def test_gzip_holds_the_same_list_and_is_deterministic(tmp_path: Path) -> None:
    generate(tmp_path / "of.csv", 300, 1, DATE)
    for name in ("a.csv.gz", "b.csv.gz"):
        summary = generate(tmp_path / name, 300, 1, DATE)
        assert summary.octets == (tmp_path / name).stat().st_size
    packed = (tmp_path / "a.csv.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "of.csv").read_bytes()
    assert packed == (tmp_path / "b.csv.gz").read_bytes()
    assert packed[4:8] == bytes(4)  # no time inside


@pytest.mark.parametrize(
    ("lignes", "date", "pieges"),
    [
        (0, DATE, False),
        (2_000_001, DATE, False),
        (10, dt.date(1999, 12, 31), False),
        (10, dt.date(2100, 1, 1), False),
        (999, DATE, True),
    ],
)
def test_impossible_lists_are_refused(
    tmp_path: Path, lignes: int, date: dt.date, pieges: bool
) -> None:
    with pytest.raises(UsageError):
        generate(tmp_path / "of.csv", lignes, 1, date, pieges)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="est un dossier"):
        generate(tmp_path, 10, 1, DATE)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("x")
    with pytest.raises(UsageError, match="son dossier est un fichier"):
        generate(tmp_path / "fichier" / "of.csv", 10, 1, DATE)


def test_a_failure_leaves_the_former_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "of.csv"
    generate(path, 10, 1, DATE)
    before = path.read_bytes()
    whole = Population._row

    def failing(self: Population, row: int) -> Row:
        if row == 6_000:
            raise UsageError("plus de numéro")
        return whole(self, row)

    monkeypatch.setattr(Population, "_row", failing)
    with pytest.raises(UsageError, match="plus de numéro"):
        generate(path, 10_000, 1, DATE)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["of.csv"]

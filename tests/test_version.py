"""The fingerprint of code and rules: the same for the same files, another when one changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from pipelines import version as module
from pipelines.version import code_version

FILES = {
    "pipelines/a.py": "a = 1",
    "pipelines/registers/b.py": "b = 1",
    "assets/c.py": "c = 1",
    "sql/socle/d.sql": "select 1",
    "data/reference/e.csv": "a,b",
}

Fingerprint = Callable[[], str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def fingerprint(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fingerprint]:
    def call() -> str:
        code_version.cache_clear()
        return code_version()

    monkeypatch.setattr(module, "ROOT", tree)
    yield call
    code_version.cache_clear()


def test_a_version_is_that_of_the_package_and_a_fingerprint() -> None:
    assert re.fullmatch(rf"{re.escape(version('opac'))}\+[0-9a-f]{{12}}", code_version())


def test_the_same_files_have_the_same_version(fingerprint: Fingerprint) -> None:
    assert fingerprint() == fingerprint()


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_changes_it(tree: Path, fingerprint: Fingerprint, name: str) -> None:
    before = fingerprint()
    path = tree / name
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text} ", encoding="utf-8")
    assert fingerprint() != before
    path.write_text(text, encoding="utf-8")
    assert fingerprint() == before
    path.rename(path.with_stem("autre"))
    assert fingerprint() != before
    path.with_stem("autre").unlink()
    assert fingerprint() != before


@pytest.mark.parametrize(
    "name", ["README.md", "tests/test_a.py", "data/sample/of.csv", "pipelines/__pycache__/a.pyc"]
)
def test_other_files_do_not(tree: Path, fingerprint: Fingerprint, name: str) -> None:
    before = fingerprint()
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text("x", encoding="utf-8")
    assert fingerprint() == before

"""Lines of JSON, appended one by one, that a kill may tear."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.jsonl import append_line, read_lines

ENTRIES = st.lists(
    st.dictionaries(
        st.text(max_size=5),
        st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.lists(st.integers()),
        max_size=4,
    ),
    max_size=6,
)


def read(path: Path) -> list[dict[str, Any]]:
    return list(read_lines(path))


@settings(max_examples=30, deadline=None)
@given(entries=ENTRIES)
def test_entries_come_back_in_order(
    tmp_path_factory: pytest.TempPathFactory, entries: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("lignes") / "essai.jsonl"
    for entry in entries:
        append_line(path, entry)
    assert read(path) == entries


def test_a_file_that_is_not_there_has_no_entry(tmp_path: Path) -> None:
    assert read(tmp_path / "absent.jsonl") == []


def test_each_entry_is_one_readable_line_added_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "essai.jsonl"
    append_line(path, {"nom": "été\nhiver", "jour": dt.date(2026, 1, 15)})
    first = path.read_bytes()
    assert first == '{"nom": "été\\nhiver", "jour": "2026-01-15"}\n'.encode()
    inode = path.stat().st_ino
    append_line(path, {"n": 2})
    assert path.read_bytes() == first + b'{"n": 2}\n'
    assert path.stat().st_ino == inode


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 60))
def test_a_kill_in_the_middle_of_a_line_loses_that_line_only(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("lignes") / "essai.jsonl"
    entry = {"état": "échoué", "liste": [1, 2, {"a": "b"}], "fin": None}
    line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
    append_line(path, {"n": 1})
    with path.open("ab") as file:
        file.write(line[:cut])
    whole = cut >= len(line) - 1  # only the line break is missing
    assert read(path) == [{"n": 1}, *([entry] if whole else [])]
    append_line(path, {"n": 2})
    assert read(path) == [{"n": 1}, *([entry] if whole else []), {"n": 2}]


@pytest.mark.parametrize(
    "other", ["", "\n", "[1, 2]\n", "3\n", "null\n", '"texte"\n', "{'a': 1}\n"]
)
def test_what_is_not_an_entry_is_passed_over(tmp_path: Path, other: str) -> None:
    path = tmp_path / "essai.jsonl"
    path.write_text('{"n": 1}\n' + other + '{"n": 2}\n', encoding="utf-8")
    assert read(path) == [{"n": 1}, {"n": 2}]


def test_an_entry_that_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "essai.jsonl"
    append_line(path, {"n": 1})
    circle: dict[str, Any] = {}
    circle["soi"] = circle
    with pytest.raises(ValueError, match="Circular"):
        append_line(path, circle)
    assert read(path) == [{"n": 1}]

"""Append-only files of JSON lines that survive a kill in the middle of a write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def append_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Add one line, in one write, on disk before this returns.

    A last line torn by a kill is closed first, so that it spoils nothing but itself.
    """
    data = json.dumps(entry, ensure_ascii=False, default=str).encode(errors="replace") + b"\n"
    with path.open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                data = b"\n" + data
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries in order; a torn line is passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # torn by a kill; the run it told of is known by what it left
            if isinstance(entry, dict):
                yield entry

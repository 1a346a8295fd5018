"""Real processes for tests: started on a script, spoken to by lines, killed at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def process(
    script: str, *args: object, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start Python on a script; kill it on leaving, if it still runs."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def say(child: subprocess.Popen[str], line: str = "") -> None:
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()


def hear(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def ask(child: subprocess.Popen[str], line: str) -> Any:
    """Send a line, return the JSON line answered."""
    say(child, line)
    return json.loads(hear(child))

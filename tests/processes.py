"""Real processes for tests: started on a script, spoken to by lines, killed at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil


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


def still_running(processes: list[psutil.Process], within: float = 30) -> list[psutil.Process]:
    """Those of some processes that have not ended in so many seconds.

    A zombie has ended: that the one who adopted it collects it late, or never, is not its doing.
    """
    limit = time.monotonic() + within
    while processes := [one for one in processes if not _ended(one)]:
        if time.monotonic() > limit:
            break
        time.sleep(0.05)
    return processes


def _ended(one: psutil.Process) -> bool:
    try:
        return not one.is_running() or one.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True

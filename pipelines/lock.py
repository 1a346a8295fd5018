"""One refresh at a time in a home: a lock that the kernel frees when its process dies."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.errors import RefreshRunning
from pipelines.french import instant
from pipelines.home import Home, home_errors

# A probe by `running` holds the lock for an instant: a taker waits that long before giving up.
_TRIES = 10
_PAUSE = 0.02


@dataclass
class _Hold:
    fd: int
    depth: int


_guard = threading.Lock()
_held: dict[Path, _Hold] = {}


@contextmanager
def refresh_lock(home: Home) -> Iterator[None]:
    """Hold the home for a refresh; nested use in one process is free.

    Raises:
        RefreshRunning: another process holds it.
        HomeUnusable: the lock file cannot be made or written.
    """
    key = home.lock.resolve()
    with _guard:
        if key in _held:
            _held[key].depth += 1
        else:
            _held[key] = _Hold(_take(home), 1)
    try:
        yield
    finally:
        with _guard:
            hold = _held[key]
            hold.depth -= 1
            if not hold.depth:
                del _held[key]
                _free(hold.fd)


def running(home: Home) -> dict[str, Any] | None:
    """Tell who holds the home, without taking it: ``pid`` and ``depuis`` (ISO, local offset).

    The dictionary is empty in the instant between taking the lock and writing the name.
    """
    with home_errors(home.root):
        try:
            fd = os.open(home.lock, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(fd)
        finally:
            os.close(fd)
    return None


def _take(home: Home) -> int:
    """Open and lock the file, and write who we are in it; return the descriptor."""
    with home_errors(home.root):
        home.root.mkdir(parents=True, exist_ok=True)
        fd = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not _lock(fd):
                raise RefreshRunning(_sentence(_holder(fd)))
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps({"pid": os.getpid(), "depuis": since}).encode(), 0)
        except BaseException:
            os.close(fd)
            raise
    return fd


def _lock(fd: int) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def _free(fd: int) -> None:
    os.ftruncate(fd, 0)
    fcntl.flock(fd, fcntl.LOCK_UN)
    os.close(fd)


def _holder(fd: int) -> dict[str, Any]:
    text = os.pread(fd, 4096, 0)
    try:
        holder: dict[str, Any] = json.loads(text)
    except ValueError:  # locked, not yet signed
        return {}
    return holder


def _sentence(holder: dict[str, Any]) -> str:
    who = ""
    if holder:
        since = datetime.fromisoformat(holder["depuis"])
        today = since.date() == datetime.now().astimezone().date()
        when = f"{since:%H:%M}" if today else f"le {instant(since)}"
        who = f" (processus {holder['pid']}, depuis {when})"
    return (
        f"Une actualisation est déjà en cours{who} : attendez sa fin, puis relancez la commande ; "
        "« opac status » dit où elle en est."
    )


def _forget() -> None:
    """Close what a fork copied: a surviving child must not keep its dead parent's lock."""
    global _guard  # noqa: PLW0603  # the copied one may be held by a thread that no longer exists
    _guard = threading.Lock()
    for hold in _held.values():
        os.close(hold.fd)
    _held.clear()


os.register_at_fork(after_in_child=_forget)

"""The journal of runs: one JSON object a line, only ever added to.

A run is two lines, its start and its end. Details are figures and names of sources, never data
of the list.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pipelines.home import Home, home_errors
from pipelines.jsonl import append_line, read_lines
from pipelines.lock import running


class State(StrEnum):
    """Where a run stands, in the words of ``opac status``."""

    RUNNING = "en cours"
    DONE = "réussi"
    FAILED = "échoué"
    INTERRUPTED = "interrompu"


@dataclass(frozen=True)
class Run:
    """One run. ``ended``, ``code`` and ``message`` are missing until it has finished."""

    id: str
    started: datetime
    state: State
    ended: datetime | None = None
    code: int | None = None
    message: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def start(home: Home, **details: Any) -> str:
    """Write that a run starts; return its id."""
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}"
    _append(
        home,
        {
            "run": run_id,
            "evenement": "debut",
            "heure": now.isoformat(),
            "pid": os.getpid(),
            "details": details,
        },
    )
    return run_id


def finish(home: Home, run_id: str, code: int, message: str, **details: Any) -> None:
    """Write that a run ended, with its exit code and what was told to the user."""
    _append(
        home,
        {
            "run": run_id,
            "evenement": "fin",
            "heure": datetime.now(UTC).isoformat(),
            "code": code,
            "message": message,
            "details": details,
        },
    )


def runs(home: Home) -> list[Run]:
    """Return the runs, newest first; details of the end are added to those of the start."""
    events = _read(home)
    ends = {event["run"]: event for event in events if event["evenement"] == "fin"}
    holder = running(home)
    alive = None if holder is None else holder.get("pid")
    found: list[Run] = []
    for begun in reversed([event for event in events if event["evenement"] == "debut"]):
        end = ends.get(begun["run"])
        # One process may have left several runs open: only its last can be the one under way.
        if end is None and begun["pid"] == alive:
            state, alive = State.RUNNING, None
        elif end is None:
            state = State.INTERRUPTED
        else:
            state = State.FAILED if end["code"] else State.DONE
        found.append(_run(begun, end or {}, state))
    return found


def _run(begun: dict[str, Any], end: dict[str, Any], state: State) -> Run:
    return Run(
        id=begun["run"],
        started=datetime.fromisoformat(begun["heure"]),
        state=state,
        ended=datetime.fromisoformat(end["heure"]) if end else None,
        code=end.get("code"),
        message=end.get("message"),
        details={**begun["details"], **end.get("details", {})},
    )


def _append(home: Home, event: dict[str, Any]) -> None:
    with home_errors(home.root):
        home.root.mkdir(parents=True, exist_ok=True)
        append_line(home.journal, event)


def _read(home: Home) -> list[dict[str, Any]]:
    with home_errors(home.root):
        return list(read_lines(home.journal))

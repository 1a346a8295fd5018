"""Sending what waits in the outbox: one process at a time, never long."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.errors import OpacError
from pipelines.home import Home, home_errors
from pipelines.notices import outbox
from pipelines.notices.channels import send
from pipelines.notices.outbox import OPEN, Entry, NotReceived, State
from pipelines.notices.settings import NoticeSettings, notice_settings
from pipelines.notices.store import store
from pipelines.settings import Settings

# Whoever waits for a round waits no longer than that and the try under way; the next one goes on.
_SECONDS = 30.0


@dataclass(frozen=True)
class Delivery:
    """What was sent this time, and what the outbox holds now."""

    sent: int = 0
    waiting: int = 0
    given_up: int = 0


def deliver(settings: Settings) -> Delivery:
    """Send the notices whose time has come, and remove those sent long ago.

    At once, with nothing sent, when another process is at it.

    Raises:
        UsageError: ``avis.toml`` is wrong.
        HomeUnusable: the store cannot be read or written.
    """
    home = Home(settings.home)
    recipients = notice_settings(home)
    sent = 0
    with _alone(home) as alone:
        if alone:
            with store(home) as con:
                outbox.forget(con)
                due = outbox.due(con)
            sent = _send(recipients, home, due)
    with store(home, writing=False) as con:
        return Delivery(sent, outbox.count(con, *OPEN), outbox.count(con, State.GIVEN_UP))


def _send(settings: NoticeSettings, home: Home, due: list[Entry]) -> int:
    """Try each notice; after a failure, the recipient's others wait for a round.

    An address that is refused does not make those wait that are reached.
    """
    stop = time.monotonic() + _SECONDS
    failing: set[str] = set()
    sent = 0
    for entry in due:
        if entry.destinataire in failing or time.monotonic() > stop:
            continue
        try:
            _send_one(settings, home, entry)
        except OpacError as error:
            told = error if isinstance(error, NotReceived) else NotReceived(str(error))
            if not told.remis:
                failing.add(entry.destinataire)
            with store(home) as con:
                outbox.failed(con, entry, told)
        else:
            with store(home) as con:
                outbox.sent(con, entry)
            sent += 1
    return sent


def _send_one(settings: NoticeSettings, home: Home, entry: Entry) -> None:
    recipient = settings.recipient(entry.destinataire)
    if recipient is None:
        raise NotReceived(
            f"Le destinataire « {entry.destinataire} » n'est plus dans avis.toml : remettez-l'y "
            "pour qu'il reçoive cet avis."
        )
    send(home, recipient, entry)


@contextmanager
def _alone(home: Home) -> Iterator[bool]:
    """Tell whether no other process sends; none begins before the end of the block."""
    with home_errors(home.root):
        home.root.mkdir(parents=True, exist_ok=True)
        fd = os.open(home.root / "avis.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)

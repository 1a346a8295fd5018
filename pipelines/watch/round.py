"""One round: what is new is queued, what waits is sent. After each refresh, and every minute."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.errors import OpacError
from pipelines.home import Home
from pipelines.log import log_traceback
from pipelines.notices.delivery import Delivery, deliver
from pipelines.notices.store import store
from pipelines.settings import Settings
from pipelines.watch.alerts import post_alerts
from pipelines.watch.changes import post_changes
from pipelines.watch.schema import DDL


@dataclass(frozen=True)
class Round:
    """What a round did: notices queued, notices sent, notices that wait; what failed, in French."""

    posted: int
    sent: int
    waiting: int
    failed: tuple[str, ...]


def run_round(settings: Settings) -> Round:
    """Queue what has happened since the last round, then send what waits.

    Never raises: what fails is said in ``failed``, and the next round starts from what is true
    then.
    """
    home = Home(settings.home)
    failed: list[str] = []
    posted = 0
    for post in (post_alerts, post_changes):
        try:
            posted += _posted(settings, post)
        except Exception as error:  # noqa: BLE001  # one kind of notice must not stop the other
            failed.append(_sentence(home, error))
    try:
        delivery = deliver(settings)
    except Exception as error:  # noqa: BLE001  # nor the refresh that it comes after
        failed.append(_sentence(home, error))
        delivery = Delivery()
    # A wrong avis.toml fails each step alike.
    return Round(posted, delivery.sent, delivery.waiting, tuple(dict.fromkeys(failed)))


def _posted(settings: Settings, post: Callable[[Settings, sqlite3.Connection], int]) -> int:
    with store(Home(settings.home), DDL) as con:
        return post(settings, con)


def _sentence(home: Home, error: Exception) -> str:
    if isinstance(error, OpacError):
        return str(error)
    return f"Erreur imprévue ({type(error).__name__}) ; {log_traceback(home, error)}."

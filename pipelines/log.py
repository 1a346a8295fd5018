"""The technical log of a home: tracebacks, and what to tell the user of them."""

from __future__ import annotations

import datetime as dt
import traceback

from pipelines.home import Home


def log_traceback(home: Home, error: BaseException) -> str:
    """Write a traceback in the home's log; give the clause that says where to find it."""
    stamp = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    text = "".join(traceback.format_exception(error))
    try:
        with home.log.open("a", encoding="utf-8") as file:
            file.write(f"--- {stamp}\n{text}\n")
    except OSError:
        return f"le détail n'a pas pu être écrit dans {home.log}, vérifiez la place et les droits"
    return f"le détail est dans {home.log}, joignez-le à votre signalement"

"""What changed for whoever watches, since they were last told.

Level-triggered: each line keeps what was last told of it (:class:`pipelines.watch.store.Told`), a
round compares it with what the current release says today, and the notices are queued in the very
transaction that moves the lines on. A crash anywhere undoes both, and the next round does both:
none is lost, none told twice.

What was told only moves forward with the dates of lists. A release made again from the same list
tells what its rules change, and no event; an older one (after a rollback) tells of no list, and
what was told waits for the release to catch up; a history made anew with other dates tells only
what it shows after the list last told. Lines of a recipient that ``avis.toml`` no longer names wait
as they are.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Sequence

from pipelines.home import Home
from pipelines.notices.outbox import Genre, post
from pipelines.notices.settings import notice_settings
from pipelines.portage.answer import labels
from pipelines.portage.session import portage_session
from pipelines.registers.archive import Archive
from pipelines.registers.seen import seen_until
from pipelines.settings import Settings
from pipelines.warehouse.release import Release, current
from pipelines.watch.differences import compare
from pipelines.watch.lookup import look_up
from pipelines.watch.notice import compose
from pipelines.watch.store import Watched, load, save


def post_changes(settings: Settings, con: sqlite3.Connection, today: dt.date | None = None) -> int:
    """Queue what changed for each recipient, and move their lines on; count the notices queued.

    ``con`` is the transaction of the store. Returns at once when nothing can have changed since the
    last round: same release, same day, same last sighting of its list, same lines, same recipients.

    Raises:
        OpacError: ``avis.toml`` or the release cannot be read.
    """
    home = Home(settings.home)
    release = current(home)
    if release is None or con.execute("select 1 from veille limit 1").fetchone() is None:
        return 0
    today = today or dt.date.today()
    receiving = sorted(one.nom for one in notice_settings(home).receiving(Genre.VEILLE))
    seen = seen_until(Archive(home), release.meta["sha256"])
    state = json.dumps([release.version, today.isoformat(), str(seen), receiving])
    if con.execute("select 1 from veille_ronde where etat = ?", (state,)).fetchone():
        return 0
    lines = load(con, receiving)
    queued = _tell(con, release, today, lines) if lines else 0
    con.execute("insert or replace into veille_ronde (seule, etat) values (1, ?)", (state,))
    return queued


def look_again(con: sqlite3.Connection) -> None:
    """Have the next round look at the lines, whatever it looked at last."""
    con.execute("delete from veille_ronde")


def _tell(
    con: sqlite3.Connection, release: Release, today: dt.date, lines: Sequence[Watched]
) -> int:
    with portage_session(release, today) as session:
        found = look_up(session, release, today, lines)
        actions = labels(session.con)
    compared = [compare(line, one) for line, one in zip(lines, found, strict=True)]
    notices = []
    for recipient in dict.fromkeys(line.destinataire for line in lines):
        changes = [c for c, _ in compared if c is not None and c.line.destinataire == recipient]
        if changes:
            notices.append(compose(recipient, changes, actions))
    save(con, [line for _, line in compared])
    return post(con, notices)

"""The watch list: adding organisations to it, listing them, taking them off."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.notices.outbox import Genre
from pipelines.notices.settings import notice_settings
from pipelines.notices.store import made, store
from pipelines.portage.session import portage_session
from pipelines.settings import Settings
from pipelines.warehouse.release import Release
from pipelines.watch.arguments import Asked
from pipelines.watch.changes import look_again, post_changes
from pipelines.watch.lookup import Found, look_up
from pipelines.watch.schema import DDL
from pipelines.watch.store import Watched, carried, drop, load, save


@dataclass
class Added:
    """What became of the lines asked for: each with what the release says of it."""

    destinataire: str
    nouvelles: list[tuple[Watched, Found]] = field(default_factory=list)
    changees: list[tuple[Watched, Found]] = field(default_factory=list)
    connues: list[tuple[Watched, Found]] = field(default_factory=list)

    @property
    def lines(self) -> list[tuple[Watched, Found]]:
        """All of them."""
        return [*self.nouvelles, *self.changees, *self.connues]


def recipient_for(home: Home, asked: str | None) -> str:
    """Give the name of the recipient meant: the only one who receives « veille », by default.

    Raises:
        UsageError: nobody of that name receives it, or several do and none is named.
    """
    names = [one.nom for one in notice_settings(home).receiving(Genre.VEILLE)]
    if not names:
        raise UsageError(
            "Aucun destinataire d'avis.toml ne reçoit la veille : ajoutez « veille » à son "
            "« recoit » (docs/avis.md)."
        )
    if asked is None and len(names) == 1:
        return names[0]
    if asked not in names:
        known = ", ".join(names)
        raise UsageError(
            f"Plusieurs destinataires reçoivent la veille : choisissez avec --pour ({known})."
            if asked is None
            else f"« {asked} » ne reçoit pas la veille : donnez --pour parmi {known}, ou "
            "ajoutez-le à avis.toml."
        )
    return asked


def add(
    settings: Settings,
    release: Release,
    recipient: str,
    asked: Sequence[Asked],
    today: dt.date | None = None,
) -> Added:
    """Watch organisations for a recipient; one already watched for that mission is updated.

    What changed before is queued first, so that what is told of a line that is updated starts from
    the release of this moment and nothing is lost. A line asked again as it is stays as it is.

    Raises:
        OpacError: the release or the store cannot be read.
    """

    today = today or dt.date.today()
    lines = [Watched(recipient, one.identifiant, one.faits, today) for one in asked]
    with portage_session(release, today) as session:
        found = look_up(session, release, today, lines)
    with store(Home(settings.home), DDL) as con:
        post_changes(settings, con, today)
        added = _keep(con, recipient, lines, found)
        look_again(con)
    return added


def _keep(
    con: sqlite3.Connection, recipient: str, lines: Sequence[Watched], found: Sequence[Found]
) -> Added:
    """Sort the lines asked for, and keep them; what is asked twice is asked the last time."""
    kept = load(con, [recipient])
    places = {key: place for place, one in enumerate(kept) for key in _keys(one)}
    asked: dict[int, tuple[Watched, Found]] = {}
    for line, said in zip(lines, found, strict=True):
        fresh = replace(line, ndas=said.ndas, dit=said.maintenant)
        new = len(kept) + len(asked)
        place = next((places[key] for key in _keys(fresh) if key in places), new)
        places |= dict.fromkeys(_keys(fresh), place)
        asked[place] = (fresh, said)
    added = Added(recipient)
    for place, (fresh, said) in asked.items():
        if place >= len(kept):
            added.nouvelles.append((fresh, said))
        elif kept[place].faits == fresh.faits:
            added.connues.append((kept[place], said))
        else:
            told = carried(kept[place].told, fresh.told)
            changed = replace(kept[place], faits=fresh.faits, ndas=fresh.ndas, dit=told)
            added.changees.append((changed, said))
    save(con, [line for line, _ in [*added.nouvelles, *added.changees]])
    return added


def _keys(line: Watched) -> list[tuple[object, ...]]:
    """Give what makes two lines one: the mission, and the number or the organisation behind it."""
    keys: list[tuple[object, ...]] = [(line.mission, line.identifiant)]
    return [*keys, (line.mission, line.ndas)] if line.ndas else keys


def remove(
    settings: Settings, numbers: Sequence[str], recipient: str | None, *, everything: bool = False
) -> list[Watched]:
    """Take lines off the list: those of the numbers given, or all; give them.

    Raises:
        UsageError: a number is not watched, or several recipients watch and none is named.
    """
    home = Home(settings.home)
    whose = f" pour « {recipient} »" if recipient else ""
    nobody = UsageError(f"Personne n'est suivi{whose} : vérifiez avec « opac veille liste ».")
    if not made(home):
        raise nobody
    with store(home, DDL) as con:
        lines = load(con, None if recipient is None else [recipient])
        if not lines:
            raise nobody
        named = [one for number in numbers for one in _of(number, lines)]
        chosen = lines if everything else list({one.rang: one for one in named}.values())
        names = sorted({line.destinataire for line in chosen})
        if len(names) > 1:
            raise UsageError(
                "Plusieurs destinataires les suivent : choisissez avec --pour "
                f"({', '.join(names)})."
            )
        drop(con, chosen)
    return chosen


def _of(number: str, lines: Sequence[Watched]) -> list[Watched]:
    """Find the lines that a number names: their own, or the NDA that they are found under."""
    plain = re.sub(r"[\s.\-\u00a0\u202f]", "", number).upper()
    own = [line for line in lines if line.identifiant == plain]
    found = own or [line for line in lines if line.ndas == (plain,)]
    if not found:
        raise UsageError(
            f"« {number} » n'est pas suivi : choisissez parmi les numéros d'« opac veille liste »."
        )
    return found


def watched(settings: Settings, recipient: str | None) -> list[Watched]:
    """Give the lines of a recipient, or of all, in the order in which they were added."""
    home = Home(settings.home)
    if not made(home):
        return []
    with store(home, DDL, writing=False) as con:
        return load(con, None if recipient is None else [recipient])

"""One letter: its words, from the template and the rows, and the draft that mail programs open.

What comes from a file is put on one line, cut and rid of what only steers the display; an address
has no name beside it, so that nothing written in a cell can become a header.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.french import date_longue, liste, verb
from pipelines.portage.letters.missing import Demand, Mission, Piece

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"
# A name longer than this is cut in a letter; in the name of a file, shorter still.
_NAME = 120
_SLUG = 40


@dataclass(frozen=True)
class Letter:
    """A letter: ``to`` is empty where no address is known, or several are."""

    subject: str
    body: str
    to: str


def write(demand: Demand, today: dt.date) -> Letter:
    """Write the letter of a demand, as it is on the day ``today``."""
    text = _template().render(_told(demand, today))
    subject, _, body = text.partition("\n")
    addresses = demand.addresses
    return Letter(subject, body.strip("\n") + "\n", addresses[0] if len(addresses) == 1 else "")


def draft(letter: Letter, moment: dt.datetime) -> bytes:
    """Write a letter as a draft (RFC 5322, UTF-8); ``moment`` has a time zone.

    It has no sender: the mail program that opens it (``X-Unsent``) puts its own.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    if letter.to:
        message["To"] = Address(addr_spec=letter.to)
    message["Date"] = moment
    message["X-Unsent"] = "1"
    message.set_content(letter.body, cte="quoted-printable")
    return message.as_bytes()


def one_line(text: str, most: int = _NAME) -> str:
    """Give a text from a file on one line of at most so many characters."""
    kept = (
        " " if char.isspace() or unicodedata.category(char) == "Cc" else char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn")
    )
    plain = " ".join("".join(kept).split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def file_name(rank: int, width: int, name: str) -> str:
    """Name the file of a letter: its rank, which no other has, then plain letters of a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG].strip("-")
    return f"{rank:0{width}}-{slug or 'candidat'}.eml"


def _told(demand: Demand, today: dt.date) -> dict[str, Any]:
    """Give what the template sets out: texts, and lists of them."""
    missions = demand.missions
    dates = [mission.date for mission in missions]
    coming = [day for day in dates if day is not None and day > today]
    return {
        "candidat": one_line(demand.candidate),
        "nda": demand.lines[0].nda,
        "porteur": one_line(demand.lines[0].porteur),
        "missions": [_mission(mission) for mission in missions],
        "avant_le": date_longue(min(coming)) if coming else "",
        "passe": all(day is not None and day <= today for day in dates),
        "pieces": _pieces(demand, missions),
    }


def _mission(mission: Mission) -> str:
    """Write a mission in a line: what is known of it."""
    parts = [mission.action, f"financement : {' + '.join(mission.fundings)}"]
    if mission.date is not None:
        parts.append(f"contrat du {date_longue(mission.date)}")
    if mission.end is not None:
        parts.append(f"fin de la mission le {date_longue(mission.end)}")
    return ", ".join(parts)


def _pieces(demand: Demand, missions: Sequence[Mission]) -> list[Mapping[str, Any]]:
    """Give the documents of all missions, each once, with the missions that ask it if not all."""
    asked: dict[str, list[tuple[int, Piece]]] = {}
    for line in demand.lines:
        rank = missions.index(line.mission) + 1
        for piece in line.asked:
            asked.setdefault(piece.code, []).append((rank, piece))
    told: list[Mapping[str, Any]] = []
    for places in asked.values():
        ranks = sorted({rank for rank, _ in places})
        pieces = [piece for _, piece in places]
        told.append(
            {
                "libelle": pieces[0].label,
                "pourquoi": pieces[0].why,
                "base_legale": " ; ".join(dict.fromkeys(piece.basis for piece in pieces)),
                "phrases": list(dict.fromkeys(text for piece in pieces for text in piece.phrases)),
                "missions": _ranks(ranks) if len(ranks) < len(missions) else "",
            }
        )
    return told


def _ranks(ranks: Sequence[int]) -> str:
    word = verb(len(ranks), "mission", "missions")
    return f"{word} {liste([str(rank) for rank in ranks])}"


def _agreed(things: Sequence[object], singular: str, plural: str) -> str:
    return verb(len(things), singular, plural)


@cache
def _template() -> Template:
    # Half a tenth of a second: for those who write letters only.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701  # plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["accord"] = _agreed
    return environment.get_template("demande.txt")

"""Words that people write under a fact, one row each in ``data/reference/portage_mot.csv``.

A list is that of a fact, of its kind (``booleen``, ``date``), of documents (``piece``), or
``rien``: the ways to write nothing, the same for every fact. The list of a fact goes before the
others.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from pipelines.portage.facts import PAR_NOM, Fait, Genre
from pipelines.settings import REFERENCE
from pipelines.warehouse.literals import literal

# What a row makes of a word: a document said without what it says; nothing at all.
SAID = "dit"
NOTHING = "rien"
_SIGNS = re.compile(r"[^\w]+|_")
# Signs that say nothing when they stand alone; another (« + », « ✓ ») may say something.
_MARKS = "-–—−_/\\\\.…?*#,;:~☐□'\" "
_NO_MORE = re.compile(f"[{_MARKS}]*")


def flat(text: str) -> str:
    """Give a text without accents, in small letters, its signs kept."""
    decomposed = unicodedata.normalize("NFKD", text).casefold().replace("œ", "oe")
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def key(text: str) -> str:
    """Give the words of a text, one blank between; a text of signs alone is itself."""
    plain = flat(text).strip()
    return _SIGNS.sub(" ", plain).strip() or plain.replace("\ufe0f", "")


@cache
def lists() -> Mapping[str, Mapping[str, str]]:
    """Give the words of each list, by their key, with what they mean."""
    found: dict[str, dict[str, str]] = {}
    with (REFERENCE / "portage_mot.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["liste"], {})[key(row["ecriture"])] = row["valeur"]
    return found


@cache
def words_of(fact: Fait) -> Mapping[str, str]:
    """Give the words that mean something under a fact."""
    known = lists()
    found = dict(known[NOTHING])
    # Where the document says no (« Déréférencé »), « reçu » would say the contrary of the fact.
    if fact.document == "oui":
        dated = fact.genre is not Genre.BOOLEEN
        piece = known["piece"].items()
        found |= {word: value for word, value in piece if not dated or value == NOTHING}
    if fact.genre is Genre.BOOLEEN:
        found |= known["booleen"]
    found |= known.get(fact.nom, {})
    return found


def is_nothing(fact: Fait, text: str) -> bool:
    """Tell whether a text is a way to write nothing under a fact."""
    plain = key(text)
    meant = words_of(fact).get(plain)
    return meant == NOTHING or (meant is None and _NO_MORE.fullmatch(plain) is not None)


def nothing_sql(fact: str, text: str) -> str:
    """Write the expression of :func:`is_nothing` for a column of DuckDB."""
    words = words_of(PAR_NOM[fact])
    nothing = ", ".join(literal(word) for word, value in words.items() if value == NOTHING)
    plain = f"lower(strip_accents({text}))"
    bare = f"trim(regexp_replace({plain}, '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"
    return f"({bare} in ({nothing}) or regexp_full_match({text}, {literal(f'[{_MARKS}]*')}))"

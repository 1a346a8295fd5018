"""What is written under a fact, understood: by one reader for options, files and the watch list.

:func:`understand` gives a canonical text (« oui », an ISO date, a plain figure, codes joined by
« + »), nothing, or the sentence that says why the text is not read; ``sql/evaluation/fait.sql``
only turns canonical texts into values.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from pipelines.french import liste
from pipelines.portage.amounts import read_figure
from pipelines.portage.dates import Unread, read_date
from pipelines.portage.facts import PAR_NOM, Fait, Genre, choices
from pipelines.portage.words import SAID, flat, is_nothing, key, lists, words_of
from pipelines.settings import REFERENCE

# Two columns that say two things of one fact: what each says, with its name (see ``_agreed``).
BETWEEN = "\u241e"
NAMED = "\u241f"
_SHOWN = 60
_YEARS = (1990, 2060)
_PARTS = re.compile(r"[+|,;/&\n]| et ")
_SIRENE = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Understood:
    """What a text says of a fact: ``value``, or nothing; ``fault`` is why it is not read."""

    value: str | None = None
    fault: str | None = None
    said: bool = False

    @property
    def nothing(self) -> bool:
        """Whether the text is as good as none."""
        return self.value is None and self.fault is None and not self.said


@lru_cache(maxsize=1 << 16)
def understand(name: str, text: str) -> Understood:
    """Understand what is written under a fact."""
    if BETWEEN in text:
        return _agreed(name, text)
    fact = PAR_NOM[name]
    if is_nothing(fact, text):
        return Understood()
    try:
        _refuse_doubt(fact, text)
        value = _read(fact, text.strip())
    except Unread as error:
        shown = " ".join(text.split())[:_SHOWN]
        return Understood(fault=f"« {fact.libelle} » ne se lit pas (« {shown} ») : {error}.")
    return Understood(value) if value else Understood(said=True)


def _agreed(name: str, text: str) -> Understood:
    """Understand what several columns say: one thing, or a question that names them."""
    told = [part.partition(NAMED)[::2] for part in text.split(BETWEEN)]
    read = [(header, cell, understand(name, cell)) for header, cell in told]
    full = [(header, cell, found) for header, cell, found in read if not found.nothing]
    if not full:
        return Understood()
    if len({found.value for _, _, found in full}) == 1:
        return full[0][2]
    headers = liste([f"« {header} »" for header, _, _ in full])
    cells = liste([f"« {' '.join(cell.split())[:_SHOWN]} »" for _, cell, _ in full])
    return Understood(
        fault=f"{headers} ne disent pas la même chose de « {PAR_NOM[name].libelle} » ({cells}) : "
        "laquelle est juste ?"
    )


def _read(fact: Fait, text: str) -> str:
    """Give the canonical text; blank for what is said without saying what."""
    match fact.genre:
        case Genre.BOOLEEN:
            if (found := words_of(fact).get(key(text))) is None:
                raise Unread("donnez oui ou non")
            return found
        case Genre.DATE:
            day = read_date(text)
            if not _YEARS[0] <= day.year <= _YEARS[1]:
                raise Unread(f"donnez une date de {_YEARS[0]} à {_YEARS[1]}")
            return day.isoformat()
        case Genre.MONTANT:
            return f"{round(read_figure(fact.nom, text), 4):f}"
        case Genre.CHOIX | Genre.LISTE:
            return _choices(fact, text)
        case _:
            return text


def _refuse_doubt(fact: Fait, text: str) -> None:
    """Refuse a word that a sign beside it puts in doubt (« oui ? ») or contradicts (« ✗ reçu »)."""
    if text.rstrip().endswith("?"):
        raise Unread("un point d'interrogation le met en doute : enlevez-le si c'est sûr")
    plain, meant = key(text), words_of(fact).get(key(text))
    yes_or_no = lists()["booleen"]
    signs = {yes_or_no[sign] for sign in text if not sign.isalnum() and sign in yes_or_no}
    if signs - {"oui" if meant == SAID else meant} and meant is not None:
        raise Unread("le signe et le mot ne disent pas la même chose : donnez oui ou non")
    if plain.isdecimal() and meant is not None and text.strip() != plain:
        raise Unread("donnez oui ou non")


def _choices(fact: Fait, text: str) -> str:
    if words_of(fact).get(key(text)) == SAID:
        return ""
    known = writings(fact.valeurs)
    parts = _PARTS.split(f" {text} ") if fact.genre is Genre.LISTE else [text]
    found = []
    for part in filter(None, (_choice_key(part) for part in parts)):
        code = known.get(part)
        if code is None and _SIRENE.fullmatch(part):
            # A legal category of SIRENE is known by how it begins.
            code = known.get(part[:2]) or known.get(part[:1])
        if code is None:
            raise Unread(f"donnez {liste(sorted(choices(fact.valeurs)), 'ou')}")
        found.append(code)
    if not found:
        raise Unread(f"donnez {liste(sorted(choices(fact.valeurs)), 'ou')}")
    return "+".join(dict.fromkeys(found))


def _choice_key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", flat(text)).strip()


@cache
def writings(name: str) -> Mapping[str, str]:
    """Give the ways to write the values of a choice, as ``portage.ecriture`` publishes them."""
    found: dict[str, str] = {}
    for row in _rows("portage_ecriture"):
        if row["liste"] == name:
            found |= {row["ecriture"]: row["valeur"], row["valeur"]: row["valeur"]}
    if name == "financement":
        for row in _rows("financement"):
            found |= dict.fromkeys((row["financement"], row["libelle"]), row["financement"])
    if name == "action":
        for row in _rows("categorie_action"):
            found |= dict.fromkeys((row["action"], row["libelle"]), row["action"])
    if name == "forme_juridique":
        for row in _rows("forme_juridique"):
            ways = (row["forme_juridique"], row["libelle"], *row["codes_sirene"].split("|"))
            found |= dict.fromkeys(ways, row["forme_juridique"])
    return {_choice_key(way): value for way, value in found.items() if _choice_key(way)}


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

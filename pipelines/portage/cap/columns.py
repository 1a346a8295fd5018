"""Which column of a list of invoices holds what: by its header, its values, or the user's word.

What a column may hold is a row of ``facture_colonne.csv``. The price charged under CPF for what
is subcontracted is what the cap is about; the sub-contractor's own invoice is less, and only a
least. A header that tells neither (« Dont sous-traité ») is taken for the price, and said so.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from pipelines.errors import UsageError
from pipelines.portage.amounts import read_amount
from pipelines.portage.candidates.columns import UNKNOWN, Column
from pipelines.portage.candidates.headers import units_of
from pipelines.portage.candidates.values import SHARE, share
from pipelines.portage.cap.headers import (
    AMOUNT,
    COST,
    NAME,
    NUMBER,
    PRICE,
    Meaning,
    meaning_of,
    tax_of,
)
from pipelines.portage.dates import Unread
from pipelines.portage.facts import PAR_NOM, Genre
from pipelines.portage.qualifiers import Role, words
from pipelines.portage.words import is_nothing, key
from pipelines.settings import REFERENCE

MONEY = (AMOUNT, PRICE, COST)
# How near the plainest header a column is that the user tells of.
_CHOSEN = -1
_FIGURE = re.compile(r"[-+]?[\d .,'’\u00a0\u202f]*\d")
_SAID = "Vous l'avez dit."


@dataclass(frozen=True)
class Fact:
    """What a column of invoices may hold, and what users are told of it."""

    nom: str
    genre: Genre
    libelle: str
    obligatoire: str
    aide: str
    exemple: str


@cache
def facts() -> Mapping[str, Fact]:
    """Give what columns may hold, by name, in the order of the template."""
    with (REFERENCE / "facture_colonne.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["nom"]: Fact(
                row["nom"],
                Genre(row["genre"]),
                row["libelle"],
                row["obligatoire"],
                row["aide"],
                row["exemple"],
            )
            for row in csv.DictReader(file)
        }


def fact_named(text: str, where: str) -> str:
    """Give the fact that the user names, blank for none (``where`` is what says so).

    Raises:
        UsageError: there is no such fact.
    """
    plain = key(text)
    if not plain:
        return ""
    by_name = {key(one): fact.nom for fact in facts().values() for one in (fact.nom, fact.libelle)}
    if plain in by_name:
        return by_name[plain]
    near = difflib.get_close_matches(text.strip(), list(facts()), n=1)
    raise UsageError(
        f"{where} : une colonne de factures ne se lit pas comme « {text.strip()} »"
        + (f" (proche : {near[0]})" if near else "")
        + f" ; choisissez parmi {', '.join(facts())}."
    )


@dataclass(frozen=True)
class Read:
    """How columns are read: each of them, and the position of each fact found.

    ``supposed``: nothing says that the column of the subcontracted amount is the price under CPF.
    ``named``: the columns of the sub-contractor are sure to tell of it.
    """

    columns: tuple[Column, ...]
    found: Mapping[str, int]
    supposed: bool
    named: bool

    @property
    def says_who(self) -> bool:
        """Whether some column tells of the sub-contractor."""
        return NAME in self.found or NUMBER in self.found


Distinct = Callable[[int], Sequence[str]]


def decide(names: Sequence[str], distinct: Distinct, chosen: Mapping[int, str]) -> Read:
    """Tell how each column is read.

    ``distinct`` gives the distinct values of a column by its position from 0, ``chosen`` the fact
    that the user says of some, by their rank from 1; blank to leave one aside.

    Raises:
        UsageError: the user chose two columns for one fact.
    """
    meanings: dict[int, Meaning] = {}
    why = {rank - 1: _SAID for rank in chosen}
    for position, name in enumerate(names):
        if fact := chosen.get(position + 1):
            meanings[position] = Meaning(fact, _CHOSEN, tax_of(set(words(name))))
        elif position not in why and (meaning := meaning_of(name)) is not None:
            looked = _looked_at(meaning, distinct, position) if meaning.checked else meaning
            if looked is None:
                why[position] = f"Ses valeurs ne sont pas celles de « {_label(meaning.fact)} »."
            else:
                meanings[position] = looked
    _check_chosen(meanings, names)
    found = _best(meanings)
    for position, meaning in meanings.items():
        why.setdefault(position, _why(meaning, found, position, names))
    supposed = PRICE in found and COST not in found and meanings[found[PRICE]].supposed
    sure = any(fact in found and meanings[found[fact]].rank < 1 for fact in (NAME, NUMBER))
    by_position = {position: fact for fact, position in found.items()}
    columns = tuple(
        Column(position + 1, name, by_position.get(position), why.get(position, UNKNOWN))
        for position, name in enumerate(names)
    )
    return Read(columns, found, supposed, sure)


def columns_of(header: Sequence[str], chosen: Mapping[int, str] | None = None) -> dict[str, int]:
    """Tell what the headers alone say: the position of each fact."""
    return dict(decide(header, lambda _: (), chosen or {}).found)


def _check_chosen(meanings: Mapping[int, Meaning], names: Sequence[str]) -> None:
    for fact in facts():
        asked = [p for p, one in meanings.items() if one.fact == fact and one.rank == _CHOSEN]
        if len(asked) > 1:
            told = " et ".join(f"« {names[position]} »" for position in asked[:2])
            raise UsageError(f"{told} ne peuvent pas être toutes deux « {fact} » : gardez-en une.")


def _best(meanings: Mapping[int, Meaning]) -> dict[str, int]:
    """Choose a column for each fact, and the amounts of one kind of tax where the file has both."""
    by_fact: dict[str, list[tuple[int, int, int]]] = {}
    for position, one in meanings.items():
        by_fact.setdefault(one.fact, []).append((one.rank, one.tax, position))
    for fact, places in by_fact.items():
        by_fact[fact] = [place for place in places if place[0] == _CHOSEN] or places
    best = {fact: min(places)[2] for fact, places in by_fact.items()}
    main = PRICE if PRICE in best else COST
    if {AMOUNT, main} <= by_fact.keys():
        pairs = product(by_fact[AMOUNT], by_fact[main])
        # Two amounts after tax rather than one after and one before.
        amount, part = min(pairs, key=lambda pair: (abs(pair[0][1] - pair[1][1]) > 1, *pair))
        best |= {AMOUNT: amount[2], main: part[2]}
    if main == PRICE and {AMOUNT, COST} <= best.keys():
        tax = meanings[best[AMOUNT]].tax
        same = [place for place in by_fact[COST] if abs(place[1] - tax) < 2]
        best.pop(COST)
        if same:
            best[COST] = min(same)[2]
    return best


def _why(meaning: Meaning, found: Mapping[str, int], position: int, names: Sequence[str]) -> str:
    chosen = found.get(meaning.fact)
    label = _label(meaning.fact)
    if chosen is None:
        return "L'un est toutes taxes comprises, l'autre hors taxes : elle n'a pas servi."
    if chosen != position:
        return f"« {names[chosen]} » est pris pour « {label} »."
    if meaning.supposed:
        if COST in found:
            return f"Une autre colonne dit ce que le sous-traitant facture : « {label} »."
        return f"Ne dit pas si c'est le prix CPF ou la facture du sous-traitant : « {label} »."
    units = " ".join(f"« {word} »" for word in unit_words(names[position], meaning.fact).split())
    return f"En-tête de « {label} »." + (f" Chaque nombre est lu en {units}." if units else "")


def _label(fact: str) -> str:
    return facts()[fact].libelle


def unit_words(header: str, fact: str) -> str:
    """Give the unit that a header tells of amounts (« Montant (k€) »), tax apart.

    Before tax or after is a choice among columns, made by their headers.
    """
    if fact not in MONEY:
        return ""
    units = units_of(header, "montant")
    return " ".join(unit.word for unit in units if unit.role is not Role.TAX)


def _looked_at(meaning: Meaning, distinct: Distinct, position: int) -> Meaning | None:
    """See by its values whether a column is what its header may mean; a name may be a number."""
    values = distinct(position)
    if meaning.fact in MONEY:
        full = [value for value in values if not is_nothing(PAR_NOM["montant"], value)]
        return meaning if sum(map(_is_money, full)) >= SHARE * len(full) else None
    if (share("identifiant", values) or 0) >= SHARE:
        return replace(meaning, fact=NUMBER)
    if meaning.fact == NUMBER:
        return meaning if _alike("nda", values) else None
    return meaning if _alike("nom", values) else None


def _is_money(text: str) -> bool:
    """Tell an amount, be it one of two readings, from a reference (« F-12 »)."""
    try:
        read_amount(text)
    except Unread:
        return _FIGURE.fullmatch(text) is not None
    return True


def _alike(fact: str, values: Sequence[str]) -> bool:
    """Tell whether values may be those of a fact: a blank column refuses nothing."""
    alike = share(fact, values)
    return alike is None or alike >= SHARE

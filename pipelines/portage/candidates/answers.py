"""The columns that our results add to those of a file: what they are called, and found again.

In files for machines they have the names of :data:`ANSWER`, after the columns of the file; in
workbooks, the titles of :data:`TITLES`. A file that has a column of such a name keeps it: ours is
then called otherwise (:func:`free`), and is known again by that (:func:`answers_of`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

ANSWER = (
    "verdict",
    "raisons",
    "pieces_manquantes",
    "avertissements",
    "organisme",
    "nda_retenu",
    "qualite_rapprochement",
    "message_rapprochement",
    "prochaine_date",
    "prochaine_echeance",
    "a_faire",
    "date_liste",
    "sha256_liste",
)
# Where a date of convention is given, under which list the porteur's certificate is judged.
CONVENTION = ("date_liste_convention", "sha256_liste_convention")
# In workbooks, words; the codes are in hidden columns. ``verdict_dit`` and ``qui`` are there only.
TITLES = {
    "verdict_dit": "Verdict",
    "a_faire": "À faire",
    "qui": "Qui",
    "raisons": "Raisons",
    "pieces_manquantes": "Pièces manquantes",
    "avertissements": "Avertissements",
    "organisme": "Organisme retrouvé",
    "nda_retenu": "NDA retenu",
    "message_rapprochement": "Rapprochement",
    "prochaine_date": "Prochaine date",
    "prochaine_echeance": "Prochaine échéance",
    "verdict_precedent_dit": "Verdict précédent",
    "changement": "Changement",
    "financement_retenu": "Financement retenu",
    "action_retenue": "Action retenue",
    "date_liste": "Liste du",
    "date_liste_convention": "Liste de la convention du",
    "verdict": "Code du verdict",
    "qualite_rapprochement": "Code du rapprochement",
    "sha256_liste": "SHA-256 de la liste",
    "sha256_liste_convention": "SHA-256 de la liste de la convention",
    "verdict_precedent": "Code du verdict précédent",
}
_ASKED = ("financement_retenu", "action_retenue")
_COMPARED = ("verdict_precedent", "changement")
_MACHINES = {name: name for name in (*ANSWER, *CONVENTION, *_ASKED, *_COMPARED)}
# What a file has when it is a result of ours, in words or for machines.
_SIGNED = (
    (TITLES, ("verdict_dit", "a_faire", "verdict")),
    (_MACHINES, ("verdict", "raisons", "pieces_manquantes")),
)


def free(title: str, taken: Iterable[str]) -> str:
    """Give the name of a column of ours, another where the file has one of that name."""
    places = [place for name in taken if (place := _place(name, title)) is not None]
    return _variant(title, max(places, default=-1) + 1)


def answers_of(header: Sequence[str | None]) -> Mapping[str, int]:
    """Give the ranks, from 1, of the columns of ours in a file, by their names for machines.

    None where the file is no result of ours. Of columns whose names differ only by what we add to
    make ours another, ours is the last made: the others are the file's.
    """
    for titles, signature in _SIGNED:
        found = {
            name: rank
            for name, title in titles.items()
            if (rank := _ours(header, title, first=titles is TITLES)) is not None
        }
        if found.keys() >= set(signature):
            return found
    return {}


def _ours(header: Sequence[str | None], title: str, first: bool) -> int | None:
    """Give the rank of the column that bears our title; of several, the ``first`` or the last."""
    places = [
        (place, -rank if first else rank)
        for rank, name in enumerate(header, start=1)
        if (place := _place(name or "", title)) is not None
    ]
    if not places:
        return None
    place, signed = max(places)
    rank = abs(signed)
    return rank if header[rank - 1] == _variant(title, place) else None


def _variant(title: str, place: int) -> str:
    """Write a title: as it is, or the first, second… of its other forms."""
    if not place:
        return title
    number = str(place) if place > 1 else ""
    if title.islower():
        return f"{title}_opac" + (f"_{number}" if number else "")
    return f"{title} ({' '.join(filter(None, ('opac', number)))})"


def _place(name: str, title: str) -> int | None:
    """Tell which form of a title a name is, whatever its capitals."""
    marks = r"(_opac(?:_(\d+))?)?" if title.islower() else r"( \(opac(?: (\d+))?\))?"
    found = re.fullmatch(re.escape(title.casefold()) + marks, name.casefold())
    return None if found is None else int(found[2] or 1) if found[1] else 0

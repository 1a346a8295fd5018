"""The facts that a verdict rests on beside the register: what the user declares.

One source, ``data/reference/portage_fait.csv``, for the options of the commands, the keys of
``--faits`` and the columns of a candidate file: all three bear the same name (an option with
dashes). What is not declared is unknown, never false.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum

from pipelines.french import liste
from pipelines.settings import REFERENCE


class Genre(StrEnum):
    """How the text of a fact is read (``sql/evaluation/fait.sql``)."""

    TEXTE = "texte"
    BOOLEEN = "booleen"
    DATE = "date"
    MONTANT = "montant"
    CHOIX = "choix"
    LISTE = "liste"


class Groupe(StrEnum):
    """What a fact is about: the order and the titles under which users see them."""

    CANDIDAT = "Qui est le sous-traitant"
    MISSION = "La mission et son contrat"
    SITUATION = "La situation du sous-traitant"
    DOCUMENT = "Les documents du sous-traitant"
    PORTEUR = "Le porteur"


@dataclass(frozen=True)
class Fait:
    """One fact: its name, how it is read, and what users are told of it.

    ``valeurs`` names the list that a choice is taken from (see ``portage.ecriture``); ``entetes``
    are other headers under which files of candidates have it, ``courts`` those that mean it only
    where the values say so too, ``exemple`` a value to show; in ``aide``, ``{valeurs}`` stands for
    those of the list.
    ``document`` is what a document says when the fact stands for one: « oui » (or the text of the
    fact), « non », or nothing. ``pareil`` names, for a fact of the carrier, the same of the
    subcontractor.
    """

    nom: str
    genre: Genre
    groupe: Groupe
    libelle: str
    aide: str
    valeurs: str = ""
    entetes: tuple[str, ...] = ()
    courts: tuple[str, ...] = ()
    exemple: str = ""
    document: str = ""
    pareil: str = ""

    @property
    def option(self) -> str:
        """The option of the commands, e.g. ``--fin-mission``."""
        return "--" + self.nom.replace("_", "-")


def choices(name: str) -> list[str]:
    """Give the values of a choice (``Fait.valeurs``), in the order of its reference table."""
    tables = {
        "financement": ("financement.csv", "financement"),
        "action": ("categorie_action.csv", "action"),
        "forme_juridique": ("forme_juridique.csv", "forme_juridique"),
    }
    file, column = tables.get(name, ("portage_ecriture.csv", "valeur"))
    with (REFERENCE / file).open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if name in tables or row["liste"] == name]
    return list(dict.fromkeys(row[column] for row in rows))


def _aide(text: str, name: str) -> str:
    if "{valeurs}" not in text:
        return text
    return text.replace("{valeurs}", liste(choices(name), "ou"))


def _read() -> tuple[Fait, ...]:
    with (REFERENCE / "portage_fait.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Fait(
                row["nom"],
                Genre(row["genre"]),
                Groupe[row["groupe"]],
                row["libelle"],
                _aide(row["aide"], row["valeurs"]),
                row["valeurs"],
                tuple(filter(None, row["entetes"].split("|"))),
                tuple(filter(None, row["entetes_courts"].split("|"))),
                row["exemple"],
                row["document"],
                row["pareil"],
            )
            for row in csv.DictReader(file)
        )


FAITS: tuple[Fait, ...] = _read()
PAR_NOM = {fait.nom: fait for fait in FAITS}

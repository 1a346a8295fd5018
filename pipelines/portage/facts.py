"""The facts that a verdict rests on beside the register: what the user declares.

One source, ``data/reference/portage_fait.csv``, for the options of the commands, the keys of
``--faits`` and the columns of a candidate file: all three bear the same name (an option with
dashes). What is not declared is unknown, never false.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum

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
    are other headers under which files of candidates have it, ``exemple`` a value to show.
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
    exemple: str = ""
    document: str = ""
    pareil: str = ""

    @property
    def option(self) -> str:
        """The option of the commands, e.g. ``--fin-mission``."""
        return "--" + self.nom.replace("_", "-")


def _read() -> tuple[Fait, ...]:
    with (REFERENCE / "portage_fait.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Fait(
                row["nom"],
                Genre(row["genre"]),
                Groupe[row["groupe"]],
                row["libelle"],
                row["aide"],
                row["valeurs"],
                tuple(filter(None, row["entetes"].split("|"))),
                row["exemple"],
                row["document"],
                row["pareil"],
            )
            for row in csv.DictReader(file)
        )


FAITS: tuple[Fait, ...] = _read()
PAR_NOM = {fait.nom: fait for fait in FAITS}

"""The documents that a dossier speaks of: their names, and the facts that declare them.

``data/reference/portage_piece.csv`` names most; a fact that stands for a document of its own, or
for the porteur's copy of one, names the others.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pipelines.errors import UsageError
from pipelines.portage.facts import PAR_NOM, Fait
from pipelines.portage.words import flat
from pipelines.settings import REFERENCE


@dataclass(frozen=True)
class Document:
    """A document: its code, its plain name, the facts that declare it."""

    code: str
    nom: str
    faits: tuple[str, ...]

    @property
    def option(self) -> str:
        """How a command declares it."""
        fact = PAR_NOM[self.faits[-1]]
        return fact.option.replace("--", "--pas-", 1) if fact.document == "non" else fact.option


@cache
def documents() -> Mapping[str, Document]:
    """Give the documents by their code, in the order of the facts."""
    with (REFERENCE / "portage_piece.csv").open(encoding="utf-8", newline="") as file:
        # A fact may stand for two documents: the one that bears its name is the plainer.
        rows = sorted(csv.DictReader(file), key=lambda row: row["piece"] == row["fait"])
    named = {row["piece"]: row["nom"] for row in rows}
    by_fact = {row["fait"]: row["piece"] for row in rows}
    found: dict[str, Document] = {}
    for fact in PAR_NOM.values():
        if not fact.document:
            continue
        of = by_fact.get(fact.pareil or fact.nom, fact.pareil or fact.nom)
        name = named.get(of, PAR_NOM[fact.pareil or fact.nom].libelle)
        code, name = (f"porteur_{of}", f"{name} (porteur)") if fact.pareil else (of, name)
        before = found[code].faits if code in found else ()
        found[code] = Document(code, name, (*before, fact.nom))
    return found


def declared_by(fact: str) -> Document | None:
    """Give the document that a fact declares, None when it declares none."""
    return next((one for one in documents().values() if fact in one.faits), None)


def denies(fact: Fait, yes: bool | None) -> bool:
    """Say whether a fact, answered, says that its document is not held."""
    return yes == (fact.document == "non")


def document_named(name: str) -> Document:
    """Find a document by its code, or by a fact that declares it.

    Raises:
        UsageError: there is none of that name; it gives those that are near, or all.
    """
    asked = name.strip().lower().replace("-", "_")
    if found := documents().get(asked) or declared_by(asked):
        return found
    near = difflib.get_close_matches(asked, documents(), n=3)
    raise UsageError(
        f"« {name} » n'est le nom d'aucun document"
        + (f" (proches : {', '.join(near)})" if near else f" : donnez {', '.join(documents())}")
        + "."
    )


def document_of_file(name: str, stem: str) -> Document:
    """Find the document that a file is named by: ``Attestation vigilance octobre``.

    Raises:
        UsageError: its name begins by that of none.
    """
    asked = _flat(stem)
    names = {_flat(code): code for code in documents()}
    names |= {_flat(fact): one.code for one in documents().values() for fact in one.faits}
    of = [known for known in names if re.match(rf"{known}(?![a-z])", asked)]
    if not of:
        raise UsageError(
            f"Le nom du fichier « {name} » ne commence par celui d'aucun document : renommez-le, "
            f"par exemple attestation_vigilance.pdf ou titres-cv.pdf ({', '.join(documents())})."
        )
    return documents()[names[max(of, key=len)]]


def _flat(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", flat(text)).strip("_")

"""The documents of a dossier: those to be gathered, those declared, those that were seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.french import date_longue, taille
from pipelines.portage.dossier.documents import declared_by
from pipelines.portage.dossier.seen import Review, Seen
from pipelines.portage.dossier.source import Held, Source
from pipelines.portage.facts import PAR_NOM

# What a document is to the dossier, as the page and the JSON say it.
TO_GATHER, DECLARED, SEEN = "à réunir", "déclaré, non vu", "vu"
_VIGILANCE = "attestation_vigilance"
# Its code is checked on the site of the URSSAF (D.8222-5 1°): a place to write it, unless given.
_CODE_TO_WRITE = "code de sécurité : …………………… · vérifié sur urssaf.fr le : ……………"


def attachments(answer: Mapping[str, Any], source: Source, review: Review) -> list[dict[str, Any]]:
    """Give the documents: to be gathered, then declared or seen.

    One both declared and missing (an attestation out of date) is missing; seen, it is told too.
    Keys: ``document``, ``libelle``, ``etat``, ``detail`` (sentence), ``base_legale``, ``fichiers``.
    """
    carrier = {one["regle"] for one in answer["controles"] if one["role"] == "porteur"}
    lacking = [
        (piece, _document(piece, source, piece["regle"] in carrier))
        for piece in answer["pieces_manquantes"]
    ]
    missing = [
        {
            "document": code or piece["document"],
            "libelle": piece["libelle"] + (" (porteur)" if piece["regle"] in carrier else ""),
            "etat": TO_GATHER,
            "detail": piece["pourquoi"],
            "base_legale": piece["base_legale"],
            "fichiers": [],
        }
        for piece, code in lacking
    ]
    wanting = {code for _, code in lacking}
    held = [_held(one, one.document in wanting, review) for one in source.tenues]
    return missing + [one for one in held if one["etat"] == SEEN or one["document"] not in wanting]


def _held(held: Held, wanting: bool, review: Review) -> dict[str, Any]:
    day = review.local.date()
    files = [one for one in review.vus if one.document == held.document]
    details = [f"« {held.texte} »"] if held.texte else []
    if files:
        details.append(f"vu par {review.par} le {date_longue(day)}")
    if wanting:
        details.append("ne suffit pas : voyez ce qui reste à réunir")
    if held.document == _VIGILANCE and not any(one.numero and one.verifie for one in files):
        details.append(_CODE_TO_WRITE)
    return {
        "document": held.document,
        "libelle": held.libelle,
        "etat": SEEN if files else DECLARED,
        "detail": " · ".join(details),
        "base_legale": "",
        "fichiers": [
            {**one.told(), "vu_par": review.par, "vu_le": day.isoformat(), "dit": _file(one)}
            for one in files
        ],
    }


def _file(seen: Seen) -> str:
    """Say what a file is, in one line."""
    vigilance = seen.document == _VIGILANCE
    told = [f"{seen.fichier} ({taille(seen.octets)})"]
    if seen.date:
        told.append(f"daté du {date_longue(seen.date)}")
    if seen.numero:
        told.append(f"{'code de sécurité' if vigilance else 'n°'} {seen.numero}")
    if seen.verifie:
        where = " sur urssaf.fr" if vigilance else " auprès de l'émetteur"
        told.append(f"vérifié{where} le {date_longue(seen.verifie)}")
    return " · ".join(told)


def _document(piece: Mapping[str, Any], source: Source, of_carrier: bool) -> str | None:
    """Give the code of a document that is missing, of whichever party it is asked."""
    fact = source.pieces[piece["document"]]
    twins = (of.nom for of in PAR_NOM.values() if of_carrier and of.pareil == fact)
    found = declared_by(next(twins, fact))
    return found.code if found else None

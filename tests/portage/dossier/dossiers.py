"""An answer, and what goes with it, to make dossiers of: no release is needed."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from pipelines.portage.dossier.content import content
from pipelines.portage.dossier.key import Seal
from pipelines.portage.dossier.numbers import Number
from pipelines.portage.dossier.pdf import render
from pipelines.portage.dossier.seen import Review
from pipelines.portage.dossier.source import Held, Source

NUMBER = Number("OPAC-2026-000123", "3f9a1c2b")
MOMENT = dt.datetime(2026, 3, 2, 8, 5, 7, tzinfo=dt.UTC)
REVIEW = Review(MOMENT)
SEAL = Seal("0123456789abcdef" * 4, "fedcba98" * 8)
NDA, SIREN, CARRIER = "93130000113", "732829320", "11750000175"

FLAGS = {
    "ACTION_FORMATION": True,
    "BILAN_COMPETENCES": True,
    "VAE": False,
    "APPRENTISSAGE": None,
}
STATE = {
    "role": "sous_traitant",
    "nda": NDA,
    "siren": SIREN,
    "liste": True,
    "certifications": FLAGS,
    "denomination_sha256": "0" * 64,
    "nda_actuel": None,
}
SOURCE = Source(
    exigences={
        "ST_NDA": "Le sous-traitant a un numéro de déclaration d'activité.",
        "ST_QUALIOPI": "Le sous-traitant est certifié Qualiopi pour le bilan.",
        "ST_VIGILANCE": "Une attestation de vigilance de moins de six mois est tenue.",
    },
    notes={"ST_QUALIOPI": "Un prestataire soutient l'inverse ; le Code tranche."},
    pieces={
        "vigilance": "attestation_vigilance",
        "titres": "titres",
        "recepisse": "recepisse_nda",
    },
    financements={"CPF": "Compte personnel de formation", "OPCO": "Opérateur de compétences"},
    actions={
        "ACTION_FORMATION": "actions de formation",
        "BILAN_COMPETENCES": "bilans de compétences",
        "VAE": "VAE",
        "APPRENTISSAGE": "apprentissage",
    },
    tenues=(
        Held("attestation_vigilance", "Attestation de vigilance de l'URSSAF", "15/01/2026"),
        Held("titres", "CV, titres et qualifications", ""),
    ),
    personnes=frozenset(),
    raisons=(),
    etats=(STATE,),
    declares={
        "date": dt.date(2026, 3, 1),
        "montant": Decimal(3000),
        "attestation_vigilance": dt.date(2026, 1, 15),
    },
    decisifs=frozenset(),
    exiges=frozenset({"ST_NDA", "ST_VIGILANCE"}),
)


def control(regle: str, statut: str = "SATISFAIT", **values: Any) -> dict[str, Any]:
    """One control."""
    return {
        "regle": regle,
        "role": "sous_traitant",
        "statut": statut,
        "constat": "Dans la liste du 15 janvier 2026.",
        "preuve": "Liste publique du 15 janvier 2026",
        "base_legale": "L.6351-1",
        "confiance": "CODE",
        **values,
    }


def missing(document: str = "vigilance", regle: str = "ST_VIGILANCE") -> dict[str, Any]:
    """One document that is missing."""
    return {
        "document": document,
        "libelle": f"Pièce nommée {document}",
        "pourquoi": "Écarte la solidarité du donneur d'ordre.",
        "base_legale": "R.8222-1",
        "regle": regle,
    }


def party(**values: Any) -> dict[str, Any]:
    """One organisation, found by its number."""
    return {
        "nda": NDA,
        "siren": SIREN,
        "dans_la_liste": True,
        "denomination": "ATELIER FICTIF",
        "ville": "MARSEILLE",
        "code_postal": "13001",
        "certifications": FLAGS,
        "rapprochement": {
            "qualite": "EXACT",
            "demande_par": "NDA",
            "identifiant": NDA,
            "message": None,
            "score": None,
            "proches": [],
        },
        "echeances": [
            {"date": "2026-07-15", "libelle": "Renouveler l'attestation"},
            {"date": "2026-07-01", "libelle": "Fin du certificat"},
        ],
        "faits": {
            "nda": NDA,
            "financement": "cpf",
            "action": "bilan",
            "date": "02/03/2026",
            "montant": "3 000 €",
            "attestation_vigilance": "15/01/2026",
        },
        **values,
    }


def answer(verdict: str = "ELIGIBLE", **values: Any) -> dict[str, Any]:
    """One answer, of the shape of ``pipelines.portage.answer``."""
    found = {
        "verdict": verdict,
        "controles": [control("ST_NDA"), control("ST_QUALIOPI", base_legale="L.6323-9-2")],
        "pieces_manquantes": [],
        "avertissements": [
            {
                "regle": "CT_BILAN_LECTURE",
                "message": "Un prestataire de portage soutient que le bilan échappe au décret.",
                "base_legale": "L.6323-6 II 2°",
            }
        ],
        "organisme": party(),
        "porteur": None,
        "instantane": {
            "date_contenu": "2026-01-15",
            "revue_le": None,
            "sha256": "ab12" * 16,
            "version": "20260116T040000Z-ab12ab12",
            "origine": "officielle",
            "licence": "Licence Ouverte 2.0",
            "attribution": "Ministère du travail, liste publique des organismes de formation",
            "lignes_liste": 154107,
        },
        "regles": {
            "empreinte": "77d0" * 16,
            "financement": ["CPF"],
            "action": "BILAN_COMPETENCES",
            "nombre": 42,
        },
        "date_evaluation": "2026-03-01",
        **values,
    }
    return copy.deepcopy(found)


def with_carrier(verdict: str = "ELIGIBLE", **values: Any) -> dict[str, Any]:
    """One answer that judges the porteur too."""
    carrier = party(nda=CARRIER, siren="356000000", denomination="PORTEUR FICTIF")
    carrier["echeances"] = []
    return answer(verdict, porteur=carrier, **values)


def pages(
    found: dict[str, Any], source: Source = SOURCE, number: Number = NUMBER, **changes: Any
) -> list[str]:
    """The text of each page of a dossier, its runs of blanks and breaks made one space."""
    pdf = render(content(found, replace(source, **changes), number, REVIEW, SEAL))
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]

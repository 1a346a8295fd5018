"""Indicator 27: how the porteur controls the quality of what it subcontracts.

Its lines are rows of ``data/reference/portage_maitrise.csv``, by version of the référentiel; what
the dossier knows fills them in, the rest is left to be written by hand.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.french import combien, date_longue, nombre
from pipelines.portage.dossier.source import Source
from pipelines.portage.verdict import Verdict
from pipelines.settings import REFERENCE


def mastery(
    answer: Mapping[str, Any],
    source: Source,
    documents: Sequence[Mapping[str, Any]],
    issued: dt.date,
) -> dict[str, Any]:
    """Give the section of indicator 27, under the référentiel of the audits to come.

    ``documents`` are those of the dossier (see ``inventory.py``). Keys: ``version``, ``choix`` (why
    this one) and ``lignes`` (``rubrique``, ``dit``, ``a_ecrire``, ``base``, ``source``).
    """
    day = max(issued, source.declares.get("fin_mission") or _day(answer["date_evaluation"]))
    told = {
        "controles": _criteria(answer),
        "titres": next((_state(one) for one in documents if one["document"] == "titres"), ""),
        "exigences_rnq": _named(source.declares.get("exigences_rnq")),
        "mission": _course(source),
        "": "",
    }
    rows = _rows(day)
    return {
        "version": rows[0]["version"],
        "choix": (
            f"Choisi au {date_longue(day)}, le plus tardif du jour d'émission et de la fin de la "
            "mission ; un audit suit le référentiel du jour où il est tenu."
        ),
        "lignes": [
            {
                "rubrique": row["rubrique"],
                "dit": told[row["fait"]],
                "a_ecrire": row["a_ecrire"],
                "base": row["base"],
                "source": row["source"],
            }
            for row in rows
        ],
    }


def _rows(day: dt.date) -> list[dict[str, str]]:
    with (REFERENCE / "portage_maitrise.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (row["valide_du"] or "0001-01-01") <= day.isoformat()
            and day.isoformat() <= (row["valide_au"] or "9999-12-31")
        ]
    return sorted(rows, key=lambda row: int(row["ordre"]))


def _criteria(answer: Mapping[str, Any]) -> str:
    verdict = Verdict(answer["verdict"]).words.title
    count = combien(len(answer["controles"]), "contrôle")
    return (
        "Déclaration d'activité, certification ou dispense, documents : "
        f"{count}, verdict {verdict} (voir « Les contrôles »)."
    )


def _state(document: Mapping[str, Any]) -> str:
    """Say whether the titles were seen, in the words of the inventory."""
    told = document["detail"] if document["fichiers"] else document["etat"]
    return f"{told[:1].upper()}{told[1:]}."


def _named(yes: bool | None) -> str:
    words = {True: "Déclaré : le contrat les nomme.", False: "Déclaré : il ne les nomme pas."}
    return words[yes] if yes is not None else ""


def _course(source: Source) -> str:
    """Say how long the mission is and until when, where it was declared."""
    hours, end = (source.declares.get(name) for name in ("heures", "fin_mission"))
    told = [f"{nombre(hours)} h"] if hours is not None else []
    told += [f"jusqu'au {date_longue(end)}"] if end else []
    return f"Mission déclarée : {', '.join(told)}." if told else ""


def _day(day: dt.date | str) -> dt.date:
    return day if isinstance(day, dt.date) else dt.date.fromisoformat(day)

"""The report of a build: ``rapport.json`` for the release step, ``rapport.html`` for people.

The page stands alone: no outside style, script, font or image, so that it opens offline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TypedDict

from pipelines.french import date_courte, instant, nombre
from pipelines.quality.controls import Acceptation, Control, Status, accepted
from pipelines.settings import PARIS

_TEMPLATES = Path(__file__).parent / "templates"

_FAMILIES = {
    "contrat": "La liste telle que lue",
    "modele": "Les tables construites",
    "comparaison": "Comparaison avec la version en place",
    "execution": "Déroulement",
}
# A sign besides the word and the colour, for those who print or see no colour.
_SIGNS = {
    Status.CONFORME: "✓",
    Status.NON_CONFORME: "✕",
    Status.NON_EVALUE: "?",
    Status.SANS_OBJET: "–",
}


class Liste(TypedDict):
    """The list that the build was made from."""

    sha256: str
    date_contenu: str
    source: str
    lignes: int
    mises_a_part: int
    mise_en_page: str


class Rejet(TypedDict):
    """Rows set aside for one reason."""

    motif: str
    nombre: int


class Anomalie(TypedDict):
    """Doubts of one kind that reading raised."""

    regle: str
    gravite: str
    message: str
    nombre: int


class Report(TypedDict):
    """All that is known of the checks of one build."""

    construction: str
    base: str  # SHA-256 of the database that was checked
    publiable: bool
    liste: Liste
    code: str
    controles: list[dict[str, Any]]
    acceptations: list[Acceptation]
    rejets: list[Rejet]
    anomalies: list[Anomalie]
    termine: str


def write_report(folder: Path, report: Report) -> None:
    """Write both files; the one that the release step reads comes last, the report then whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rapport.html").write_text(render(report), encoding="utf-8")
    text = json.dumps(report, ensure_ascii=False, indent=2)
    # Whole or not at all: reports are read again, and a kill must not leave half of one.
    partial = folder / "rapport.json.partiel"
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(folder / "rapport.json")


def render(report: Report) -> str:
    """Return the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "nombre": nombre,
        "jour": date_courte,
        "instant": _moment,
        "typo": _typography,
    }
    controls = [Control.from_dict(values) for values in report["controles"]]
    sha256, acceptations = report["liste"]["sha256"], report["acceptations"]
    let_pass = {c.regle for c in controls if accepted(c, acceptations, sha256)}
    failed = [c for c in controls if c.bloquant or c.statut is Status.NON_CONFORME]
    return environment.get_template("rapport.html.j2").render(
        rapport=report,
        bloquants=[c for c in failed if c.bloquant and c.regle not in let_pass],
        acceptes=[c for c in failed if c.regle in let_pass],
        avertissements=[c for c in failed if not c.bloquant and c.regle not in let_pass],
        motifs={a["regle"]: a["motif"] for a in acceptations},
        let_pass=let_pass,
        familles=_by_family(controls),
        comptes=[(s, sum(c.statut is s for c in controls)) for s in Status],
        signes=_SIGNS,
    )


def _by_family(controls: Iterable[Control]) -> list[tuple[str, list[tuple[str, list[Control]]]]]:
    """Group by family, in the order they run, then by table; inside, the order of the suites."""
    order = list(_FAMILIES)
    ranked = sorted(controls, key=lambda c: (order.index(c.famille), c.table))
    return [
        (
            _FAMILIES[family],
            [(table, list(rows)) for table, rows in groupby(members, key=lambda c: c.table)],
        )
        for family, members in groupby(ranked, key=lambda c: c.famille)
    ]


def _moment(text: str) -> str:
    return instant(datetime.fromisoformat(text).astimezone(PARIS))


def _typography(text: str) -> str:
    """Bind the French signs to their word, so that no line starts with one."""
    return re.sub(r" (?=[:;?!»%])|(?<=«) ", "\u00a0", text)

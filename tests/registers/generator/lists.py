"""Reading generated lists with nothing of the project: plain csv, column by column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    """The thirty columns of a line, and the empty one after the trailing delimiter."""

    nda: str
    precedents: str
    denomination: str
    siren: str
    siret: str
    voie: str
    code_postal: str
    ville: str
    region: str
    action: str
    bilan: str
    vae: str
    apprentissage: str
    etranger_denomination: str
    etranger_voie: str
    etranger_code_postal: str
    etranger_ville: str
    pays: str
    declaration: str
    debut: str
    fin: str
    code_1: str
    libelle_1: str
    code_2: str
    libelle_2: str
    code_3: str
    libelle_3: str
    stagiaires: str
    confies: str
    formateurs: str
    rien: str

    @property
    def flags(self) -> tuple[str, str, str, str]:
        return self.action, self.bilan, self.vae, self.apprentissage

    @property
    def address(self) -> tuple[str, str, str]:
        return self.voie, self.code_postal, self.ville


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter=";", strict=True)
        next(lines)
        return [Row(*line) for line in lines]


def reference(name: str, key: str, value: str) -> dict[str, str]:
    """Two columns of a reference table, as a dictionary."""
    folder = Path(__file__).parents[3] / "data" / "reference"
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row[key]: row[value] for row in csv.DictReader(file)}

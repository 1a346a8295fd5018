"""The published figures that generated lists are held to (``data/reference/calibrage_*.csv``)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipelines.settings import REFERENCE


@dataclass(frozen=True)
class Region:
    """Organisations of a region, and those certified for training actions."""

    code: str
    organismes: int
    certifies: int


@dataclass(frozen=True)
class TrainersClass:
    """Trainers, by class: the exact counts inside, and the score that ranks by trainees."""

    classe: str
    organismes: int
    score: float
    effectifs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TraineesClass:
    """Trainees, by class: bounds (no upper one for the last), organisations, sum of trainees."""

    minimum: int
    maximum: int | None
    organismes: int
    stagiaires: int


@dataclass(frozen=True)
class OldPrefix:
    """An NDA prefix from before 2016: its departments, and the share of rows that keep it."""

    prefixe: str
    departements: tuple[str, ...]
    part: float


@dataclass(frozen=True)
class Calibration:
    """All figures. ``liste`` holds the national ones by key."""

    liste: dict[str, int]
    regions: tuple[Region, ...]
    formateurs: tuple[TrainersClass, ...]
    stagiaires: tuple[TraineesClass, ...]
    specialites: tuple[tuple[str, str, int], ...]
    adresses: dict[str, int]
    prefixes: tuple[OldPrefix, ...]


def table(name: str) -> Iterator[dict[str, str]]:
    """Read the rows of a reference table."""
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@lru_cache(maxsize=1)
def load() -> Calibration:
    """Read the tables once."""
    return Calibration(
        liste={row["cle"]: int(row["valeur"]) for row in table("calibrage_liste")},
        regions=tuple(
            Region(
                row["code_region"], int(row["organismes"]), int(row["certifies_action_formation"])
            )
            for row in table("calibrage_region")
        ),
        formateurs=_trainers(),
        stagiaires=tuple(
            TraineesClass(
                int(row["minimum"]),
                int(row["maximum"]) if row["maximum"] else None,
                int(row["organismes"]),
                int(row["stagiaires"]),
            )
            for row in table("calibrage_stagiaires")
        ),
        specialites=tuple(
            (row["code_nsf"], row["libelle_nsf"], int(row["organismes"]))
            for row in table("calibrage_nsf")
        ),
        adresses={
            row["code_departement"]: int(row["organismes_avec_adresse"])
            for row in table("calibrage_departement")
        },
        prefixes=tuple(
            OldPrefix(row["prefixe"], tuple(row["departements"].split()), float(row["part"]))
            for row in table("calibrage_prefixe_nda")
        ),
    )


def _trainers() -> tuple[TrainersClass, ...]:
    exact = {
        int(row["effectif"]): int(row["organismes"])
        for row in table("calibrage_formateurs")
        if row["effectif"].isdigit()
    }
    classes = []
    for row in table("calibrage_classe_formateurs"):
        first, _, last = row["classe"].rstrip("+").partition("-")
        inside = range(int(first), int(last or first) + 1)
        counts = tuple((effectif, exact[effectif]) for effectif in inside if effectif in exact)
        classes.append(
            TrainersClass(row["classe"], int(row["organismes"]), float(row["score"]), counts)
        )
    return tuple(classes)

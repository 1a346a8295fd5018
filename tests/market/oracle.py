"""What the market's tables rest on, computed again by brute force from the rows of staging.

Written from what the tables are said to hold, not from their SQL: organisations are typed and
classed one by one in Python, then counted with Polars, one cell after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import duckdb
import polars as pl

from tests.warehouse.frames import Row

FEW = 5
CATEGORIES = ("ACTION_FORMATION", "BILAN_COMPETENCES", "VAE", "APPRENTISSAGE")
FLAG = {category: f"certifie_{category.lower()}" for category in CATEGORIES}
TRAINERS = {
    "0": (0, 0),
    "1": (1, 1),
    "2": (2, 2),
    "3-10": (3, 10),
    "11-20": (11, 20),
    "21-50": (21, 50),
    "51-100": (51, 100),
    "101+": (101, None),
}
TRAINEES = {
    "0": (0, 0),
    "1-10": (1, 10),
    "11-50": (11, 50),
    "51-100": (51, 100),
    "101-200": (101, 200),
    "201-500": (201, 500),
    "501-1000": (501, 1000),
    "1001-2000": (1001, 2000),
    "2001+": (2001, None),
}
UNKNOWN = "INCONNUE"
MEASURES = {
    "STAGIAIRES": "nb_stagiaires",
    "STAGIAIRES_CONFIES": "nb_stagiaires_confies",
    "FORMATEURS": "effectif_formateurs",
}
_BOUNDED = {
    "nb_stagiaires": "nb_stagiaires_bornes",
    "nb_stagiaires_confies": "nb_stagiaires_confies_bornes",
    "effectif_formateurs": "effectif_formateurs_borne",
}
SCHEMA = {
    "nda": pl.String(),
    "siren": pl.String(),
    "code_region": pl.String(),
    "code_departement": pl.String(),
    "est_certifie": pl.Boolean(),
    **{flag: pl.Boolean() for flag in FLAG.values()},
    "combinaison": pl.String(),
    "activite": pl.String(),
    **{name: pl.Int64() for pair in _BOUNDED.items() for name in pair},
    "classe_stagiaires": pl.String(),
    "classe_formateurs": pl.String(),
    "est_micro": pl.Boolean(),
    "avec_adresse": pl.Boolean(),
    "date_derniere_declaration": pl.Date(),
    "personne_physique_presumee": pl.Boolean(),
}

ACTIVE = pl.col("activite") == "ACTIF"
DORMANT = pl.col("activite") == "DORMANT"
CERTIFIED = pl.col("est_certifie")
RECEIVES = pl.col("nb_stagiaires_confies") > 0


class Near(NamedTuple):
    """An exact figure that a table gives rounded to so many digits."""

    value: Fraction
    digits: int


class Said:
    """Some text: what it says is not of this test, that it says something is."""


SAID = Said()


def ratio(part: float, whole: float | None, digits: int = 2, factor: int = 100) -> Near | None:
    """``factor`` times a part of a whole; there is none when the whole is nothing."""
    if not whole:
        return None
    return Near(factor * Fraction(part) / Fraction(whole), digits)


class Place(NamedTuple):
    """A region or a département of the reference."""

    name: str
    region: str | None
    population: int | None
    official: bool


@dataclass(frozen=True)
class Register:
    """What the tables are computed from: organisations, their specialities, doubts, places."""

    day: dt.date
    organisations: pl.DataFrame
    denominations: dict[str, str | None]
    # By organisation: its codes, in the order it declares them, each once.
    taught: dict[str, tuple[str, ...]]
    labels: dict[str, str | None]
    anomalies: Sequence[Row]
    bounds: dict[str, int | None]
    regions: dict[str, Place]
    departements: dict[str, Place]

    def region(self, code: str | None) -> str:
        return name_of(code, self.regions, "Non déterminée")

    def departement(self, code: str | None) -> str:
        return name_of(code, self.departements, "Non déterminé")


def name_of(code: str | None, places: dict[str, Place], undetermined: str) -> str:
    """The name of a place, or what a table says when the reference has none."""
    if code is None:
        return undetermined
    return places[code].name if code in places else f"Code inconnu ({code})"


def read_register(
    con: duckdb.DuckDBPyConnection, rows: Sequence[Row], anomalies: Sequence[Row], day: dt.date
) -> Register:
    """Type rows of ``preparation.organisme``; places come from the files of ``con``."""
    bounds = {m: bound(row[column] for row in rows) for m, column in MEASURES.items()}
    taught = {row["nda"]: _codes(row) for row in rows}
    regions, departements = _places(con)
    return Register(
        day,
        pl.DataFrame([_organisation(row, bounds, departements) for row in rows], SCHEMA),
        {row["nda"]: row["denomination"] for row in rows},
        taught,
        _labels(rows),
        anomalies,
        bounds,
        regions,
        departements,
    )


def bound(values: Iterable[int | None]) -> int | None:
    """The least value that 99.9 % of the positive ones do not exceed."""
    positive = sorted(value for value in values if value is not None and value > 0)
    for place, value in enumerate(positive, start=1):
        if 1000 * place >= 999 * len(positive):
            return value
    return None


def _organisation(row: Row, bounds: dict[str, int | None], departements: dict[str, Place]) -> Row:
    held = [category for category, flag in FLAG.items() if row[flag] is True]
    certified = True if held else (False if row["certification_connue"] else None)
    trainees, trainers = row["nb_stagiaires"], row["effectif_formateurs"]
    return {
        **{name: row[name] for name in SCHEMA if name in row},
        "code_region": row["code_region"] or _region_of(row["code_departement"], departements),
        "siren": row["siren"] if row["siren_valide"] else None,
        "est_certifie": certified,
        "combinaison": " + ".join(held) or ("AUCUNE" if certified is False else UNKNOWN),
        "activite": UNKNOWN if trainees is None else "ACTIF" if trainees > 0 else "DORMANT",
        **{
            _BOUNDED[column]: _brought_back(row[column], bounds[measure])
            for measure, column in MEASURES.items()
        },
        "classe_stagiaires": _class_of(trainees, TRAINEES),
        "classe_formateurs": _class_of(trainers, TRAINERS),
        "est_micro": None if trainers is None else trainers <= 1,
        "avec_adresse": row["code_postal"] is not None,
    }


def _region_of(departement: str | None, departements: dict[str, Place]) -> str | None:
    return departements[departement].region if departement in departements else None


def _brought_back(value: int | None, most: int | None) -> int | None:
    return value if value is None or most is None else min(value, most)


def _class_of(value: int | None, classes: dict[str, tuple[int, int | None]]) -> str:
    if value is None:
        return UNKNOWN
    [found] = [
        name
        for name, (low, high) in classes.items()
        if low <= value and (high is None or value <= high)
    ]
    return found


def _codes(row: Row) -> tuple[str, ...]:
    codes = [row[f"code_specialite_{rank}"] for rank in (1, 2, 3)]
    return tuple(dict.fromkeys(code for code in codes if code is not None))


def _labels(rows: Sequence[Row]) -> dict[str, str | None]:
    """The label most often given to each code, the first by its characters among equals."""
    given: dict[str, list[str]] = {}
    for row in rows:
        for rank in (1, 2, 3):
            code, label = row[f"code_specialite_{rank}"], row[f"libelle_specialite_{rank}"]
            if code is not None:
                given.setdefault(code, []).extend([label] if label is not None else [])
    return {
        code: min(labels, key=lambda label: (-labels.count(label), label), default=None)
        for code, labels in given.items()
    }


def _places(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, Place], dict[str, Place]]:
    departements = {
        code: Place(name, region, None if people is None else int(people), True)
        for code, name, region, people in con.execute(
            "select code_departement, departement, code_region, population from fichier.departement"
        ).fetchall()
    }
    regions = {}
    for code, name, official in con.execute(
        "select code_region, region, officielle from fichier.region"
    ).fetchall():
        people = [d.population for d in departements.values() if d.region == code]
        regions[code] = Place(name, None, added(people), official == "true")
    return regions, departements


def added(values: Iterable[int | None]) -> int | None:
    """The sum of the values that are known, unknown when none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


# --- Counting ---------------------------------------------------------------------------------


def count(frame: pl.DataFrame, *which: Any) -> int:
    """Organisations that are so; what is unknown is not so."""
    return frame.filter(*which).height if which else frame.height


def total(frame: pl.DataFrame, column: str) -> int:
    return int(frame[column].sum())


def mean(frame: pl.DataFrame, column: str) -> Near | None:
    known = frame[column].drop_nulls()
    return ratio(int(known.sum()), len(known), 2, 1)


def median(frame: pl.DataFrame, column: str) -> Any:
    return frame[column].median()


def entities(frame: pl.DataFrame) -> int:
    return frame["siren"].drop_nulls().n_unique()


def at(frame: pl.DataFrame, column: str, value: object) -> pl.DataFrame:
    """Organisations of which a column has that value, null being one."""
    return frame.filter(pl.col(column).eq_missing(pl.lit(value, frame.schema[column])))


def met(frame: pl.DataFrame, column: str) -> set[Any]:
    return set(frame[column].to_list())


def ranks(values: Sequence[Any]) -> list[int | None]:
    """Ranks from the highest value on, 1 for it, equal for equals; none for no value."""
    known = [value for value in values if value is not None]
    return [
        None if value is None else 1 + sum(other > value for other in known) for value in values
    ]


def nb_by_activity(frame: pl.DataFrame) -> Row:
    return {
        "nb_actifs": count(frame, ACTIVE),
        "nb_dormants": count(frame, DORMANT),
        "nb_activite_inconnue": count(frame, pl.col("activite") == UNKNOWN),
    }


def nb_certified(frame: pl.DataFrame) -> Row:
    """The certified, among those of whom it is known."""
    known = count(frame, CERTIFIED.is_not_null())
    certified = count(frame, CERTIFIED)
    return {
        "nb_certification_connue": known,
        "nb_certifies": certified,
        "part_certifies_pct": ratio(certified, known),
    }


# --- socle ------------------------------------------------------------------------------------


def activite(register: Register) -> list[Row]:
    return register.organisations.to_dicts()


def bornage(register: Register) -> list[Row]:
    found = []
    for measure, column in MEASURES.items():
        most = register.bounds[measure]
        known = register.organisations[column].drop_nulls()
        found.append(
            {
                "date_instantane": register.day,
                "mesure": measure,
                "borne": most,
                "nb_organismes": len(known),
                "nb_organismes_bornes": 0 if most is None else sum(v > most for v in known),
                "total": sum(known),
                "total_borne": sum(known) if most is None else sum(min(v, most) for v in known),
            }
        )
    return found

"""Small registers drawn at random, and the tables of the market made over them, in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, TypeVar

import duckdb
import polars as pl
from hypothesis import strategies as st

from pipelines.warehouse.models import FILES, STAGING, Model, load_models, run_models
from tests.warehouse.frames import (
    ANOMALIE,
    ORGANISME,
    Row,
    flags,
    organisme,
    specialities,
    table,
    undocumented,
    workshop,
)

T = TypeVar("T")
DAY = dt.date(2026, 1, 15)
# The market reads these; verdicts, controls and what tells of the build are left aside.
_SCHEMAS = {"reference", "socle", "marche"}
_ALSO = {"qualite.anomalie"}

# Where the density of a place is that of another, so that ranks meet ties; 976 has no population.
REGIONS = [
    ("11", "Île-de-France", "true"),
    ("93", "Provence", "true"),
    ("94", "Corse", "true"),
    ("06", "Mayotte", "true"),
    ("905", "Autre (905)", "false"),
]
DEPARTEMENTS = [
    ("75", "Paris", "11", "2000000"),
    ("92", "Hauts-de-Seine", "11", "2000000"),
    ("13", "Bouches-du-Rhône", "93", "1500000"),
    ("06", "Alpes-Maritimes", "93", "1000000"),
    ("2A", "Corse-du-Sud", "94", "500000"),
    ("976", "Mayotte", "06", None),
]
# Region and département as lists give them: true, unsaid, contradictory, or of no reference.
_PLACES = [
    *[("11", "75"), ("11", "92"), ("93", "13"), ("93", "06"), ("94", "2A"), ("06", "976")],
    *[("11", None), ("905", None), (None, None), (None, "13"), ("93", "75"), ("44", "67")],
    *[("999", None), ("11", "99")],
]
# Two valid numbers for whoever shares one, then one each; the last are no numbers at all.
_SHARED = [("732829320", True), ("356000000", True)]
_WRONG = [("000000000", False), ("12", False), (None, False)]
_FLAGS: list[tuple[bool | None, ...]] = [
    (None, None, None, None),
    (True, False, False, False),
    (True, True, False, False),
    (True, False, True, True),
    (True, True, True, True),
    (False, True, False, False),
    (False, False, True, False),
    (False, False, False, True),
    (False, False, False, False),
    (True, None, None, None),
    (None, True, None, False),
    (None, None, False, None),
]
_BOUNDS = [0, 1, 2, 3, 10, 11, 20, 21, 50, 51, 100, 101, 200, 201, 500, 501, 1000, 1001, 2000, 2001]
_HUGE = [4_517, 375_438, 10**9]
_FIGURES = [None, 0, 0, 1, *_BOUNDS, *_HUGE]
_LABELS = {
    "413": "Dév.",
    "333": "Enseignement",
    "100": "Formations générales",
    "326": "Secrétariat",
}
_SPECIALITIES: list[tuple[str | None, str | None]] = [
    *_LABELS.items(),
    ("413", "Développement"),
    ("413", None),
    ("1", "Forme inconnue"),
    *[(code, None) for code in ("136", "312", "415")],
    (None, "Libellé sans code"),
    (None, None),
    (None, None),
]
_NOTHING_TAUGHT = [(None, None)] * 3
_DATES = [
    *(None, DAY, dt.date(2026, 1, 1), dt.date(2025, 12, 31), dt.date(2025, 5, 20)),
    *(dt.date(2025, 5, 2), dt.date(2024, 5, 31), dt.date(2017, 2, 28), dt.date(2026, 3, 1)),
]
_RULES = [
    ("EFFECTIF_ABSURDE", "majeure", "effectif_formateurs", "Plus de 5 000 formateurs déclarés."),
    ("CONFIES_SANS_STAGIAIRES", "mineure", "nb_stagiaires_confies", "Aucun stagiaire."),
    ("NOMBRE_ILLISIBLE", "majeure", "nb_stagiaires", "Nombre illisible ou négatif, écarté."),
    ("NOMBRE_ILLISIBLE", "majeure", "effectif_formateurs", "Nombre illisible ou négatif, écarté."),
]

Register = tuple[list[Row], list[Row]]


def number(place: int) -> str:
    """The declaration number of the organisation of that place: all different, in no order."""
    return f"{place * 37 % 101:04}{place:07}"


def _some(values: Sequence[T]) -> st.SearchStrategy[list[T]]:
    """A few of these values: a register that has few kinds has several of each."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=len(values))


_KINDS: st.SearchStrategy[dict[str, list[Any]]] = st.fixed_dictionaries(
    {
        "place": _some(_PLACES),
        "flags": _some(_FLAGS),
        "figure": _some(_FIGURES),
        "taught": _some(_SPECIALITIES),
        "date": _some(_DATES),
        "known": _some([True, True, False]),
    }
)


@st.composite
def _organisations(draw: st.DrawFn, place: int, kinds: dict[str, list[Any]]) -> Row:
    kind = {name: st.sampled_from(values) for name, values in kinds.items()}
    region, departement = draw(kind["place"])
    own = [(f"{100000000 + place}", True)]
    siren, valid = draw(st.sampled_from([*own, *own, *_SHARED, *_WRONG]))
    taught = draw(st.one_of(st.just(_NOTHING_TAUGHT), st.tuples(*[kind["taught"]] * 3)))
    trainees, entrusted, trainers = draw(st.tuples(*[kind["figure"]] * 3))
    return organisme(
        number(place),
        denomination=draw(st.sampled_from(["ÉCOLE FICTIVE", "Institut d'exemple", None])),
        siren=siren,
        siren_valide=valid,
        code_region=region,
        code_departement=departement,
        code_postal=draw(st.sampled_from([None, "13001"])),
        nb_stagiaires=trainees,
        nb_stagiaires_confies=entrusted,
        effectif_formateurs=trainers,
        date_derniere_declaration=draw(kind["date"]),
        personne_physique_presumee=draw(st.booleans()),
        certification_connue=draw(kind["known"]),
        **flags(*draw(kind["flags"])),
        **specialities(*taught),
    )


@st.composite
def registers(draw: st.DrawFn, largest: int = 40) -> Register:
    """A register of zero organisations or more, and the doubts raised about some of them."""
    kinds = draw(_KINDS)
    count = draw(st.integers(0, largest))
    rows = [draw(_organisations(place, kinds)) for place in range(count)]
    found = st.tuples(st.integers(0, max(count - 1, 0)), st.sampled_from(_RULES))
    doubts = draw(st.lists(found, max_size=6 if count else 0))
    return rows, [doubt(rows[place]["nda"], *rule) for place, rule in doubts]


def crowd(seed: int, count: int) -> Register:
    """A register large enough for bounds to bite and for ranks to be cut, drawn from a seed.

    Its first organisation is a giant in everything; those of no known département receive little,
    so that the main ones among them are not main ones.
    """
    chance = Random(seed)
    figures = [None, 0, 0, 0, 1, 1, 1, 2, *_BOUNDS]
    rows = []
    for place in range(count):
        region, departement = chance.choice(_PLACES)
        drawn = [chance.choice(figures) if place else 10**9 for _ in range(3)]
        if departement is None:
            drawn[1] = chance.choice([None, 0, 1, 2])
        taught = [chance.choice(_SPECIALITIES) for _ in range(3)]
        rows.append(
            organisme(
                number(place),
                denomination=f"ORGANISME FICTIF {place}",
                siren=f"{100000000 + place // 2}",
                code_region=region,
                code_departement=departement,
                nb_stagiaires=drawn[0],
                nb_stagiaires_confies=drawn[1],
                effectif_formateurs=drawn[2],
                date_derniere_declaration=chance.choice(_DATES),
                personne_physique_presumee=chance.random() < 0.3,
                certification_connue=chance.random() < 0.9,
                **flags(*chance.choice(_FLAGS)),
                **specialities(*(taught if place % 2 else _NOTHING_TAUGHT)),
            )
        )
    return rows, [doubt(row["nda"], *chance.choice(_RULES)) for row in rows[::30]]


def doubt(nda: str, regle: str, gravite: str, champ: str, message: str) -> Row:
    """A line of ``preparation.anomalie``."""
    values = {"nda": nda, "regle": regle, "gravite": gravite, "champ": champ, "message": message}
    return {"ligne": 2, "valeur": "x", **values}


def market_models() -> list[Model]:
    """The models of the market at one date and those that they read, in their order.

    What tells of the market over time is tested with history.
    """
    chosen = [m for m in load_models() if m.schema in _SCHEMAS or m.full_name in _ALSO]
    return [m for m in chosen if not any(name.startswith("historique.") for name in m.depends)]


@contextmanager
def stall(*, real_references: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in which :func:`market` makes its tables, as often as asked."""
    with workshop(real_references=real_references) as con:
        if not real_references:
            _places(con)
        yield con


def market(
    con: duckdb.DuckDBPyConnection, rows: Sequence[Row], anomalies: Sequence[Row] = ()
) -> None:
    """Make the tables of the market over these rows, in the place of the last ones."""
    fill(con, f"{STAGING}.organisme", ORGANISME, rows)
    fill(con, f"{STAGING}.anomalie", ANOMALIE, anomalies)
    with undocumented():
        run_models(con, market_models())


_POLARS = {
    "varchar": pl.String(),
    "varchar[]": pl.List(pl.String()),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "bigint": pl.Int64(),
}


def frame_of(types: dict[str, str], rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as a frame of these columns, whatever they hold."""
    schema = {name: _POLARS[kind] for name, kind in types.items()}
    return pl.DataFrame([{name: row.get(name) for name in types} for row in rows], schema)


def fill(
    con: duckdb.DuckDBPyConnection, name: str, types: dict[str, str], rows: Sequence[Row]
) -> None:
    """Make a table of staging, its rows brought in one piece."""
    table(con, name, types, ())
    con.register("apportees", frame_of(types, rows))
    con.execute(f"insert into {name} from apportees")
    con.unregister("apportees")


def _places(con: duckdb.DuckDBPyConnection) -> None:
    region = ("code_region", "region", "officielle")
    departement = ("code_departement", "departement", "code_region", "population")
    for name, columns, values in (
        ("region", region, REGIONS),
        ("departement", departement, DEPARTEMENTS),
    ):
        types = dict.fromkeys((*columns, "source"), "varchar")
        rows = [dict(zip(types, (*value, "COG"), strict=True)) for value in values]
        table(con, f"{FILES}.{name}", types, rows)

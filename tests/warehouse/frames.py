"""The SQL models over a few rows written by hand, in memory, beside the tables that they read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import duckdb
import pytest

import pipelines.warehouse.models
from pipelines.history.state import Following
from pipelines.portage.session import RULES
from pipelines.publication.database import run_judged
from pipelines.registers.contract import COLUMNS, FLAGS, Kind
from pipelines.warehouse.models import (
    CONTROLS,
    FILES,
    FOLLOWING,
    RUN,
    STAGING,
    Model,
    evaluation_reads,
    load_models,
    load_reference_files,
    run_models,
    split_judged,
    split_late,
)

Row = dict[str, Any]

_TYPES = {
    Kind.NDA_LIST: "varchar[]",
    Kind.FLAG: "boolean",
    Kind.DATE: "date",
    Kind.INTEGER: "bigint",
}
# The tables of ``preparation``, as pipelines.warehouse.build makes them (a test compares).
ORGANISME = {
    "ligne": "bigint",
    **{column.name: _TYPES.get(column.kind, "varchar") for column in COLUMNS},
    "nda_valide": "boolean",
    "siren_valide": "boolean",
    "siret_valide": "boolean",
    "code_departement": "varchar",
    "departement_source": "varchar",
    "personne_physique_presumee": "boolean",
    "certification_connue": "boolean",
}
ANOMALIE = {
    "ligne": "bigint",
    **dict.fromkeys(("nda", "regle", "gravite", "champ", "valeur", "message"), "varchar"),
}
REJET = {"ligne": "bigint", "motif": "varchar", "texte": "varchar"}
LISTE = {
    "version": "varchar",
    "publie_le": "varchar",
    "sha256": "varchar",
    "date_contenu": "date",
    **dict.fromkeys(("origine", "route", "adresse", "mise_en_page"), "varchar"),
    "lignes_liste": "bigint",
    **dict.fromkeys(
        ("derniere_declaration", "code", "acceptations", "licence", "attribution"), "varchar"
    ),
}
CONTROLE = {
    **dict.fromkeys(
        (
            *("regle", "famille", "table_controlee", "colonne", "gravite"),
            *("statut", "mesure", "attendu", "message"),
        ),
        "varchar",
    ),
    "nb_en_defaut": "bigint",
    "accepte": "boolean",
}
# What is published, unless a test says otherwise.
PUBLICATION = {
    "version": "20260116T040000Z-aaaaaaaa",
    "publie_le": "2026-01-16T04:00:00",
    "sha256": "a" * 64,
    "date_contenu": "2026-01-15",
    "origine": "fichiers locaux",
    "route": "fichier",
    "adresse": "liste.csv",
    "mise_en_page": "actuelle",
    "lignes_liste": 0,
    "derniere_declaration": "2025-12-31",
    "code": "0.1.0+abcdef",
    "acceptations": None,
    "licence": "inconnue",
    "attribution": "",
}
REGIONS = [("11", "Île-de-France", "true"), ("93", "PACA", "true"), ("905", "Autre", "false")]
DEPARTEMENTS = [("13", "Bouches-du-Rhône", "93", "2000000"), ("06", "Alpes", "93", "1000000")]

# Rows that one statement inserts: one a row takes seven times longer.
_AT_ONCE = 40

# Numbers for organisations, and valid SIRENs.
A, B, C, D = (f"9313000{n}013" for n in range(1, 5))
SIREN, OTHER = "732829320", "356000000"


def organisme(nda: str, **values: Any) -> Row:
    """A staging row: valid, without address nor certification, but for ``values``."""
    unknown = values.keys() - ORGANISME.keys()
    assert not unknown, unknown
    row = {
        **dict.fromkeys(ORGANISME),
        "nda": nda,
        "nda_valide": True,
        "siren_valide": values.get("siren") is not None,
        "personne_physique_presumee": False,
        "certification_connue": True,
    }
    return {**row, **values}


def flags(*values: bool | None) -> dict[str, bool | None]:
    """The four flags, in the order of the contract."""
    return dict(zip(FLAGS, values, strict=True))


def specialities(*pairs: tuple[str | None, str | None]) -> dict[str, str | None]:
    """Codes and labels, in the order of their ranks."""
    return {
        f"{part}_specialite_{rank}": value
        for rank, pair in enumerate(pairs, start=1)
        for part, value in zip(("code", "libelle"), pair, strict=True)
    }


def table(
    con: duckdb.DuckDBPyConnection, name: str, types: dict[str, str], rows: Sequence[Row]
) -> None:
    """Make a table; a row may leave columns out."""
    columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
    con.execute(f"create or replace table {name} ({columns})")
    marks = "(" + ", ".join("?" for _ in types) + ")"
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        values = [row.get(column) for row in some for column in types]
        con.execute(f"insert into {name} values {', '.join([marks] * len(some))}", values)


@contextmanager
def workshop(
    organismes: Sequence[Row] = (),
    *,
    anomalies: Sequence[Row] = (),
    rejets: Sequence[Row] = (),
    real_references: bool = False,
    **published: Any,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach what the models read, and a database to make them in; none is made yet."""
    # For a few rows, a second thread costs a quarter of the time, and gains none.
    with duckdb.connect(config={"threads": 1}) as con:
        for catalogue in (STAGING, RUN, FOLLOWING, "opac"):
            con.execute(f"attach ':memory:' as {catalogue}")
        Following(con)
        table(con, f"{STAGING}.organisme", ORGANISME, organismes)
        table(con, f"{STAGING}.anomalie", ANOMALIE, anomalies)
        table(con, f"{STAGING}.rejet", REJET, rejets)
        lines = {"lignes_liste": len(organismes) + len(rejets)}
        table(con, f"{RUN}.liste", LISTE, [{**PUBLICATION, **lines, **published}])
        load_reference_files(con)
        if not real_references:
            _references(con)
        con.execute("set preserve_insertion_order = false")
        con.execute("use opac")
        yield con


@contextmanager
def built(
    organismes: Sequence[Row] = (),
    controles: Sequence[Row] = (),
    *,
    of: Collection[str] = (),
    documented: bool = False,
    **more: Any,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same with every model made, or those that the tables and schemas of ``of`` need."""
    with workshop(organismes, **more) as con, nullcontext() if documented else undocumented():
        early, late = split_late(needed(of) if of else load_models())
        judged = any(split_judged(early)[1])
        (run_judged if judged else run_models)(con, early)
        table(con, CONTROLS, CONTROLE, controles)
        run_models(con, late)
        yield con


@contextmanager
def undocumented() -> Iterator[None]:
    """Have tables made without their comments, which take a third of the time of small ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipelines.warehouse.models, "_comments", lambda *_: "")
        yield


def needed(of: Collection[str]) -> tuple[Model, ...]:
    """The models of some tables and schemas with all that they read, in their order."""
    models = load_models()
    wanted = {*of}
    # Each comes after those it reads.
    for model in reversed(models):
        if model.full_name in wanted or model.schema in wanted:
            wanted |= {model.full_name, *model.depends}
    assert wanted <= {name for model in models for name in (*_names(model), *model.depends)}, wanted
    return tuple(model for model in models if model.full_name in wanted)


def _names(model: Model) -> tuple[str, str]:
    return model.full_name, model.schema


# What questions and their answers read of a release.
ASKED = (
    "reference",
    *sorted({*evaluation_reads(), *RULES} & {model.full_name for model in load_models()}),
)


def dicts(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query, by column."""
    found = con.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


def _references(con: duckdb.DuckDBPyConnection) -> None:
    """Put two regions and two départements in the place of the real ones."""
    region = {"code_region": "varchar", "region": "varchar", "officielle": "varchar"}
    region |= {"source": "varchar"}
    table(
        con,
        f"{FILES}.region",
        region,
        [dict(zip(region, (*values, "COG"), strict=True)) for values in REGIONS],
    )
    names = ("code_departement", "departement", "code_region", "population", "source")
    table(
        con,
        f"{FILES}.departement",
        dict.fromkeys(names, "varchar"),
        [dict(zip(names, (*values, "COG"), strict=True)) for values in DEPARTEMENTS],
    )

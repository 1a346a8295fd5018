"""Finding the candidate by name: how names are written alike, what decides, what is refused."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.portage.matching import normalised
from pipelines.settings import ROOT
from tests.portage.test_matching import ask, asking, one
from tests.warehouse.frames import Row, organisme, rows

LABELLED = Path(__file__).parent / "noms_etiquetes.csv"
SIREN, OTHER = "732829320", "509563706"


def place(
    nda: str, name: str, town: str | None = None, code: str | None = None, **more: str
) -> Row:
    """An organisation, with its département as the reading makes it."""
    department = (code or nda[2:])[:2]
    values = {"denomination": name, "ville": town, "code_postal": code, **more}
    return organisme(nda, code_departement=department, **values)


ORGANISMES = [
    place("93130001013", "SARL Modélophone Formations", "MARSEILLE", "13001", siren=SIREN),
    place("93130002013", "Modélophone Formation", "AIX EN PROVENCE", "13100", siren=SIREN),
    place("11750001075", "AUTO-ÉCOLE DU CENTRE", "PARIS", "75011"),
    place("84690001069", "Auto École du Centre", "LYON CEDEX 03", "69003"),
    place("93130003013", "Essalune", None, None),
    place("11750002075", "Démonvaque Conseil", None, None),
    place("84690002069", "Démonvaque Conseil", None, None),
    place("93060002006", "Démonvaque Conseil", None, None),
    place("93060001006", "INSTITUT FACTURUDE DES TÉMOIBRELLES ET SIMULAGARDS", "NICE", "06000"),
    place("76310001031", "A.F.I.X. ST-Spécimen", "TOULOUSE", "31000"),
    place("76310002031", "Exemplastelle 978", None, None),
    place("76310003031", "Imagidine", None, None, siren=OTHER),
]
AUTO, LYON = "11750001075", "84690001069"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with asking(ORGANISMES) as connection:
        yield connection


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("  L'École des Métiers  d’Œuvre", "ECOLE METIER OEUVRE"),
        ("SARL Zéphyr", "ZEPHYR"),
        ("Zéphyr S.A.S.", "ZEPHYR"),
        ("ASSO. Zéphyr", "ZEPHYR"),
        ("Monsieur Zéphyr", "ZEPHYR"),
        ("M. Zéphyr", "ZEPHYR"),
        ("Zéphyr & Cie", "ZEPHYR CIE"),
        ("Zéphyr et Cie", "ZEPHYR CIE"),
        ("D&D Zéphyr", "DD ZEPHYR"),
        ("A.F.E.E.P. Zéphyr", "AFEEP ZEPHYR"),
        ("CTRE DE FORM. ST-Zéphyr", "CENTRE FORMATION SAINT ZEPHYR"),
        ("Centre de formations Saint Zéphyr", "CENTRE FORMATION SAINT ZEPHYR"),
        ("AUTO - ECOLE ZEPHYR", "AUTOECOLE ZEPHYR"),
        ("Maison familiale rurale d'éducation et d'orientation de Zéphyr", "MFR ZEPHYR"),
        ("MFREO Zéphyr", "MFR ZEPHYR"),
        # Nothing but words that say nothing: they are all there is.
        ("S.A.S.", "SAS"),
        ("L'ASSOCIATION", "L ASSOCIATION"),
        ("???", None),
        (None, None),
    ],
)
def test_written_alike(
    con: duckdb.DuckDBPyConnection, written: str | None, key: str | None
) -> None:
    con.execute(
        "create or replace table evaluation.un as select 'x' as nda, "
        + ("null::varchar" if written is None else f"$${written}$$")
        + " as denomination, null::varchar as ville, null::varchar as code_departement"
    )
    assert rows(con, f"select cle from ({normalised('evaluation.un')})") == [(key,)]


def test_towns_are_written_alike(con: duckdb.DuckDBPyConnection) -> None:
    towns = ["St-Étienne", "SAINT ETIENNE CEDEX 2", "Saint-Etienne 1er", "STE MAXIME", "42000"]
    values = ", ".join(f"('{town}')" for town in towns)
    con.execute(
        "create or replace table evaluation.un as select ville as nda, 'a' as denomination, ville, "
        f"'42' as code_departement from (values {values}) as v (ville)"
    )
    found = dict(rows(con, f"select nda, ville_cle from ({normalised('evaluation.un')})"))
    assert [found[town] for town in towns] == [
        *("SAINT ETIENNE", "SAINT ETIENNE", "SAINT ETIENNE", "SAINTE MAXIME"),
        None,
    ]


@pytest.mark.parametrize(
    ("question", "nda"),
    [
        ({"nom": "MODELOPHONE FORMATION", "ville": "Marseille"}, "93130001013"),
        ({"nom": "modélophone form. (SAS)", "ville": "aix-en-provence"}, "93130002013"),
        ({"nom": "Formation Modelophone", "code_postal": "13 100"}, "93130002013"),
        ({"nom": "Modelophnoe Formation", "ville": "Marseille"}, "93130001013"),
        ({"nom": "Modelo phone Formation", "ville": "Marseille"}, "93130001013"),
        ({"nom": "Auto-école du Centre", "ville": "Lyon 3e"}, LYON),
        ({"nom": "AUTOECOLE DU CENTRE", "code_postal": "75002"}, AUTO),
        ({"nom": "AFIX Saint Specimen", "code_postal": "31200"}, "76310001031"),
        # A postcode that lost its zero, and a département that only the number tells.
        ({"nom": "Démonvaque Conseil", "code_postal": "6200"}, "93060002006"),
        (
            {
                "nom": "Institut Facturude des Temoibrelles et Simulagards",
                "code_postal": "6000",
            },
            "93060001006",
        ),
        ({"nom": "Démonvaque Conseil", "code_postal": "69009"}, "84690002069"),
        ({"nom": "essalune"}, "93130003013"),
        # A long name that is the same outweighs the place.
        (
            {
                "nom": "Institut Facturude des Temoibrelles et Simulagards",
                "code_postal": "33000",
            },
            "93060001006",
        ),
    ],
)
def test_accepted(con: duckdb.DuckDBPyConnection, question: Row, nda: str) -> None:
    found = one(con, **question)
    assert (found["qualite"], found["demande_par"]) == ("NOM", "NOM")
    assert found["ndas"][0] == nda
    assert 88 <= found["score"] <= 100
    assert (found["proches"], found["identifiant"]) == (None, None)
    assert "confirmez" in found["message"]


def test_all_the_numbers_of_the_entity_are_given(con: duckdb.DuckDBPyConnection) -> None:
    found = one(con, nom="Modélophone Formation", ville="Aix-en-Provence")
    assert (found["ndas"], found["siren"]) == (["93130002013", "93130001013"], SIREN)
    found = one(con, nom="Essalune", code_postal="13002")
    assert (found["ndas"], found["siren"]) == (["93130003013"], None)


@pytest.mark.parametrize(
    ("question", "nearest", "said"),
    [
        # The same name in two places, and no place, or another.
        ({"nom": "Auto école du centre"}, {AUTO, LYON}, "seul"),
        ({"nom": "Démonvaque Conseil"}, {"11750002075", "84690002069"}, "Plusieurs"),
        ({"nom": "Auto école du centre", "code_postal": "33000"}, {AUTO, LYON}, "lieu"),
        # Without a place, nearly the same is not the same.
        ({"nom": "Essalunes 2"}, {"93130003013"}, "seul"),
        # A short name elsewhere; a mistake in a few letters; another number.
        ({"nom": "Essalune", "code_postal": "33000"}, {"93130003013"}, "lieu"),
        ({"nom": "AFUX", "code_postal": "31000"}, set(), "Aucun"),
        ({"nom": "Exemplastelle 979", "code_postal": "31000"}, {"76310002031"}, "lieu"),
        # Common words only.
        ({"nom": "Conseil", "ville": "Paris"}, {"11750002075"}, "lieu"),
        ({"nom": "Zorglub Conduite", "ville": "Paris"}, set(), "Aucun"),
        ({"nom": "!!!"}, set(), "Aucun"),
    ],
)
def test_refused_with_the_nearest(
    con: duckdb.DuckDBPyConnection, question: Row, nearest: set[str], said: str
) -> None:
    found = one(con, **question)
    far = "assez proche" in found["message"] or "proche : donnez" in found["message"]
    assert found["qualite"] == ("AUCUN_PROCHE" if far else "AMBIGU")
    assert (found["ndas"], found["siren"]) == ([], None)
    assert nearest <= {near["nda"] for near in found["proches"]}
    assert len(found["proches"]) <= 3
    scores = [near["score"] for near in found["proches"]]
    assert scores == sorted(scores, reverse=True)
    assert said in found["message"]
    assert not any(row["denomination"] in found["message"] for row in ORGANISMES)


def test_a_name_waits_for_the_numbers(con: duckdb.DuckDBPyConnection) -> None:
    name = {"nom": "Essalune", "code_postal": "13002"}
    qualities = [
        row["qualite"]
        for row in ask(
            con,
            {**name, "nda": "-", "siren": "n/a"},
            {**name, "nda": "illisible"},
            {**name, "siren": "732829321"},
            {**name, "nda": "93139999913"},
            {**name, "role_juge": "porteur", "porteur": "-"},
        )
    ]
    assert qualities == ["NOM", "ILLISIBLE", "CLE_FAUSSE", "ABSENT", "VIDE"]


def test_labelled_names() -> None:
    """The measure of ``benchmarks/matching.py``, in a small register: nothing drops unseen."""
    with LABELLED.open(encoding="utf-8", newline="") as file:
        labelled = list(csv.DictReader(file))
    assert len(labelled) > 300
    listed = {row["liste_nda"]: row for row in labelled if row["liste_nda"]}
    chosen = {row["liste_nda"] for row in labelled if row["partie"] == "choix"} - {""}
    measured = {row["liste_nda"] for row in labelled if row["partie"] == "mesure"} - {""}
    assert not chosen & measured
    organismes = [
        place(
            nda,
            row["liste_denomination"],
            row["liste_ville"] or None,
            row["liste_code_postal"] or None,
        )
        for nda, row in listed.items()
    ]
    with asking(organismes) as con:
        asked = [
            {name: row[name] or None for name in ("nom", "ville", "code_postal")}
            for row in labelled
        ]
        found = ask(con, *asked)
    accepted = [
        (row["nda"], answer["ndas"])
        for row, answer in zip(labelled, found, strict=True)
        if answer["qualite"] == "NOM"
    ]
    right = sum(nda in ndas for nda, ndas in accepted)
    assert right / len(accepted) > 0.97
    assert right / sum(bool(row["nda"]) for row in labelled) > 0.9


@pytest.mark.parametrize("column", ["nda", "nom"])
def test_no_heavy_library(column: str) -> None:
    """Matching runs in each question of the command line: DuckDB and nothing else."""
    code = f"""
import sys, duckdb
from pipelines.portage.facts import FAITS
from pipelines.portage.matching import match, normalised
con = duckdb.connect()
for name in ("opac", "demande", "evaluation"):
    con.execute(f"attach ':memory:' as {{name}}")
con.execute("use opac; create schema socle; create schema portage")
con.execute("create table socle.organisme as select '93130001013' as nda,"
    "'Essalune' as denomination, '13' as code_departement, false as siren_valide,"
    + ",".join(f"null::varchar as {{name}}"
               for name in ("ville", "code_postal", "siren", "siret_declarant")))
con.execute("create table socle.entite as select 'x' as siren, ['y'] as ndas limit 0")
con.execute("create table socle.nda_precedent as select 'x' as nda, 'y' as nda_precedent limit 0")
con.execute("create table portage.recherche as " + normalised("socle.organisme"))
columns = ", ".join(f"{{fait.nom}} varchar" for fait in FAITS)
own = "ligne bigint, role_juge varchar, profil varchar"
con.execute(f"create table demande.candidat ({{own}}, {{columns}})")
con.execute("create schema historique")
con.execute("create table historique.organisme_version (nda varchar, listee boolean)")
con.execute("insert into demande.candidat (ligne, {column}) values "
    "(1, '{{}}')".format({{"nda": "93130001013", "nom": "Essalune"}}["{column}"]))
match(con)
print(con.execute("select qualite from evaluation.rapprochement").fetchall())
print(sorted({{"polars", "pandas", "rapidfuzz", "numpy", "sqlglot"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    quality = {"nda": "EXACT", "nom": "NOM"}[column]
    assert done.stdout.splitlines() == [f"[('{quality}',)]", "[]"]

"""What is said beside an answer: a name or a town that it contradicts, and who is being asked."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import duckdb
import pytest

from tests.portage.test_matching import (
    ALONE,
    MOVED,
    OLD,
    ONE,
    ORGANISMES,
    OTHER,
    SIREN,
    TWO,
    ask,
    asking,
    one,
)
from tests.portage.test_matching_names import LABELLED, place
from tests.warehouse.frames import Row

FAR = "ressemble peu à la dénomination trouvée"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with asking(ORGANISMES) as connection:
        yield connection


@pytest.mark.parametrize(
    ("question", "quality", "ndas"),
    [
        ({"nda": ONE}, "EXACT", [ONE]),
        ({"identifiant": SIREN, "ville": "Brest"}, "EXACT", [ONE, TWO]),
        ({"nda": OLD}, "ANCIEN_NDA", [MOVED]),
        ({"nda": f"{ONE[:4]} {ONE[4:]}"}, "REPARE", [ONE]),
    ],
)
def test_a_name_far_from_the_one_found_is_told(
    con: duckdb.DuckDBPyConnection, question: Row, quality: str, ndas: list[str]
) -> None:
    before = one(con, **question)
    found = one(con, **question, nom="Tout Autre Chose")
    told = f"e nom donné (Tout Autre Chose) {FAR} : vérifiez qu'il s'agit du même organisme."
    beginning = before["message"]
    assert found["message"] == (f"{beginning[:-1]} ; l{told}" if beginning else f"L{told}")
    # The number decides as it did.
    assert found == {**before, "message": found["message"]}
    assert (found["qualite"], found["ndas"]) == (quality, ndas)


@pytest.mark.parametrize(
    "question",
    [
        {"nda": ONE, "nom": "Atelier Démonstration"},
        {"nda": ONE, "nom": "ATELIER DEMONSTRATION SARL"},
        {"nda": ONE, "nom": "Démonstration"},
        {"nda": ONE, "nom": "Atelierdemo"},
        {"nda": ONE, "nom": "Atelyer de Demonstracion"},
        {"nda": ONE, "nom": "Les Ateliers Zorglub"},
        {"nda": ONE, "nom": "MONSTRATION"},
        # Initials, on either side, and names too short to contradict anything.
        {"nda": TWO, "nom": "A.D.S."},
        {"nda": ONE, "nom": "N/A"},
        {"nda": ONE, "nom": "-"},
        # Of the organisations of one SIREN, one bears the name.
        {"siren": SIREN, "nom": "Sud"},
    ],
)
def test_a_name_that_may_be_the_same_is_not_told(
    con: duckdb.DuckDBPyConnection, question: Row
) -> None:
    assert one(con, **question)["message"] is None


def test_each_line_has_its_own_message(con: duckdb.DuckDBPyConnection) -> None:
    found = ask(
        con,
        {"nda": ONE, "nom": "Institut Exemple", "porteur": ALONE},
        {"nda": ALONE, "nom": "Institut Exemple", "porteur": ONE},
        {"nda": ALONE, "nom": "Zorglub"},
        {"nom": "Zorglub", "role_juge": "porteur", "porteur": ONE, "nda": ALONE},
        {"nda": ONE, "siren": OTHER, "nom": "Zorglub"},
        {"nda": "93139999913", "nom": "Zorglub"},
    )
    told = {(row["ligne"], row["role"]) for row in found if FAR in (row["message"] or "")}
    assert told == {(1, "sous_traitant"), (3, "sous_traitant")}
    assert len(found) == 8


def test_a_shifted_table_is_told_and_a_right_one_is_not() -> None:
    """The threshold, on the labelled names: those of the list, however damaged, and the others'."""
    with LABELLED.open(encoding="utf-8", newline="") as file:
        labelled = [row for row in csv.DictReader(file) if row["nda"]]
    listed = {row["liste_nda"]: row["liste_denomination"] for row in labelled}
    # Neighbours in the table are one name, damaged: the shift is of half of it.
    half = len(labelled) // 2
    strangers = [
        (row["nda"], other["nom"])
        for row, other in zip(labelled, [*labelled[half:], *labelled[:half]], strict=True)
    ]
    right = [(row["nda"], row["nom"]) for row in labelled]
    with asking([place(nda, name) for nda, name in listed.items()]) as con:
        found = ask(con, *({"nda": nda, "nom": name} for nda, name in (*right, *strangers)))
    told = [row["message"] is not None for row in found]
    assert not any(told[: len(right)])
    assert sum(told[len(right) :]) / len(strangers) > 0.9


@pytest.fixture(scope="module")
def places() -> Iterator[duckdb.DuckDBPyConnection]:
    organismes = [
        place("93130001013", "Institut Facturude des Témoibrelles", "AIX EN PROVENCE", "13100"),
        place("93130002013", "Académie Simulagarde des Exemplastelles", None, None),
    ]
    with asking(organismes) as connection:
        yield connection


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({}, ""),
        ({"ville": "Aix"}, ""),
        ({"ville": "aix-en-provence cedex 2"}, ""),
        ({"ville": "Aix en Provance"}, ""),
        # One postcode, two towns; one town, two postcodes.
        ({"ville": "Puyricard", "code_postal": "13100"}, ""),
        ({"code_postal": "13090"}, ""),
        ({"ville": "Brest"}, ", et la liste le situe à AIX EN PROVENCE (13100), non à Brest"),
        (
            {"ville": "Brest", "code_postal": "29200"},
            ", et la liste le situe à AIX EN PROVENCE (13100), non à Brest",
        ),
        (
            {"code_postal": "29200"},
            ", et la liste le situe à AIX EN PROVENCE (13100), non au code postal 29200",
        ),
    ],
)
def test_a_name_found_elsewhere_than_asked_is_told(
    places: duckdb.DuckDBPyConnection, where: Row, told: str
) -> None:
    found = one(places, nom="Institut Facturude des Témoibrelles", **where)
    assert (found["qualite"], found["ndas"]) == ("NOM", ["93130001013"])
    assert found["message"] == (
        f"Rapproché par le nom seulement{told} : confirmez avec le NDA ou le SIREN."
    )


def test_where_the_list_has_no_town_none_is_contradicted(
    places: duckdb.DuckDBPyConnection,
) -> None:
    found = one(places, nom="Académie Simulagarde des Exemplastelles", ville="Brest")
    assert (found["qualite"], "situe" in found["message"]) == ("NOM", False)


def test_each_role_is_asked_for_what_it_can_give(con: duckdb.DuckDBPyConnection) -> None:
    found = ask(con, {"nda": "-", "porteur": "-"}, {})
    messages = {(row["ligne"], row["role"]): row["message"] for row in found}
    assert messages[1, "porteur"] == (
        "Aucun numéro de porteur n'est donné : donnez son NDA, son SIRET ou son SIREN."
    )
    for line in (1, 2):
        assert "ou un nom et sa ville" in messages[line, "sous_traitant"]


def test_numbers_that_disagree_are_named_in_good_french(con: duckdb.DuckDBPyConnection) -> None:
    found = one(con, nda=ONE, identifiant=ALONE)
    assert found["message"].startswith(f"Le NDA « {ONE} » et l'identifiant « {ALONE} » ne")
    found = one(con, identifiant=OTHER, siren=SIREN)
    assert found["message"].startswith(f"Le SIREN « {SIREN} » et l'identifiant « {OTHER} » ne")

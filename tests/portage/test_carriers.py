"""Who could carry: an order made of stated criteria, one after the other, and of nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pytest

from pipelines.errors import UsageError
from pipelines.portage.carriers import CRITERIA, Action, carriers
from tests.warehouse.frames import ASKED, Row, built, organisme

LIST_DATE = dt.date(2026, 1, 15)
RECENT, OLDER, FUTURE = dt.date(2025, 5, 20), dt.date(2024, 5, 20), dt.date(2026, 6, 1)
# Each is worse than the one before by one criterion only: the order asked for.
LADDER: list[dict[str, Any]] = [
    {"date_derniere_declaration": dt.date(2025, 5, 21)},
    {},
    {"effectif_formateurs": 151},
    {"effectif_formateurs": 2},
    {"effectif_formateurs": 0},
    {"nb_stagiaires_confies": 0},
    {"date_derniere_declaration": OLDER},
    {"date_derniere_declaration": FUTURE},
    {"nb_stagiaires": 0},
]


def candidate(rank: int, **values: Any) -> Row:
    known = {
        "denomination": f"Atelier Exemple {rank}",
        "code_region": "93",
        "code_departement": "13",
        "certifie_bilan_competences": True,
        "nb_stagiaires": 40,
        "nb_stagiaires_confies": 5,
        "effectif_formateurs": 10,
        "date_derniere_declaration": RECENT,
    }
    return organisme(f"931300{rank:03d}13", **{**known, **values})


@contextmanager
def held(*rows: Row, **more: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    with built(
        rows,
        of=[*ASKED, "socle", "qualite.anomalie"],
        real_references=True,
        date_contenu=str(LIST_DATE),
        **more,
    ) as con:
        yield con


def order(found: dict[str, Any]) -> list[str]:
    return [one["denomination"].removeprefix("Atelier Exemple ") for one in found["organismes"]]


def test_one_criterion_after_the_other() -> None:
    count = len(LADDER)
    # Numbers run backwards, so that nothing but the criteria can give this order.
    rows = [candidate(count - rank, **worse) for rank, worse in enumerate(LADDER)]
    with held(*rows) as con:
        found = carriers(con, Action.BILAN_COMPETENCES)
    assert order(found) == [str(count - rank) for rank in range(count)]
    assert [one["rang"] for one in found["organismes"]] == list(range(1, count + 1))
    assert [criterion["critere"] for criterion in found["criteres"]] == list(CRITERIA)


@pytest.mark.parametrize("better", range(len(LADDER) - 1))
def test_a_better_criterion_outweighs_all_that_come_after(better: int) -> None:
    later = {name: value for worse in LADDER[better + 1 :] for name, value in worse.items()}
    # On the criterion itself, what is compared stays as it is.
    kept = {name: value for name, value in LADDER[better].items() if name in later}
    with held(candidate(2, **LADDER[better]), candidate(1, **{**later, **kept})) as con:
        best = carriers(con, Action.BILAN_COMPETENCES)["organismes"][0]
    assert best["denomination"] == "Atelier Exemple 2"


def test_equals_come_in_the_order_of_their_numbers() -> None:
    with held(*(candidate(rank) for rank in (3, 1, 2))) as con:
        assert order(carriers(con, Action.BILAN_COMPETENCES)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("rule", "trainers"), [("EFFECTIF_ABSURDE", 375_438), ("FORMATEURS_EGAL_STAGIAIRES", 120)]
)
def test_absurd_sizes_do_not_win(rule: str, trainers: int) -> None:
    absurd = candidate(1, effectif_formateurs=trainers)
    doubt = {"ligne": 2, "nda": absurd["nda"], "regle": rule, "champ": "effectif_formateurs"}
    with held(absurd, candidate(2, effectif_formateurs=1), anomalies=[doubt]) as con:
        found = carriers(con, Action.BILAN_COMPETENCES)
    assert order(found) == ["2", "1"]
    assert found["organismes"][1]["taille"] == "invraisemblable"
    assert found["organismes"][1]["effectif_formateurs"] == trainers  # shown as declared


def test_what_is_not_said_comes_last() -> None:
    silent = dict.fromkeys(
        (
            "nb_stagiaires",
            "nb_stagiaires_confies",
            "effectif_formateurs",
            "date_derniere_declaration",
        )
    )
    with held(candidate(1, **silent), candidate(2, **LADDER[-1])) as con:
        found = carriers(con, Action.BILAN_COMPETENCES)
    assert order(found) == ["2", "1"]
    assert found["organismes"][1]["taille"] == "inconnu"
    assert found["organismes"][1]["annees_declaration"] is None


def test_a_year_is_whole_at_its_anniversary() -> None:
    days = {1: dt.date(2025, 1, 15), 2: dt.date(2025, 1, 16)}
    rows = [candidate(rank, date_derniere_declaration=day) for rank, day in days.items()]
    with held(*rows) as con:
        found = carriers(con, Action.BILAN_COMPETENCES)
    assert [one["annees_declaration"] for one in found["organismes"]] == [0, 1]
    assert order(found) == ["2", "1"]


@pytest.mark.parametrize("action", list(Action))
def test_only_those_certified_for_the_action(action: Action) -> None:
    flags = {f"certifie_{one.lower()}": one is action for one in Action}
    others = {name: not value for name, value in flags.items()}
    blank = dict.fromkeys(flags)
    rows = [candidate(1, **others), candidate(2, **flags), candidate(3, **blank)]
    with held(*rows) as con:
        found = carriers(con, action)
    assert order(found) == ["2"]
    assert found["nombre"] == 1


def test_the_first_ones_are_given_and_all_are_counted() -> None:
    with held(*(candidate(rank) for rank in range(5))) as con:
        found = carriers(con, Action.BILAN_COMPETENCES, limit=2)
    assert (found["nombre"], order(found)) == (5, ["0", "1"])


AROUND = [
    candidate(1),
    candidate(2, code_departement="06"),
    candidate(3, code_region="11", code_departement="75"),
    candidate(4, code_region="01", code_departement="971"),
]


@pytest.fixture(scope="module")
def around() -> Iterator[duckdb.DuckDBPyConnection]:
    with held(*AROUND) as con:
        yield con


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"region": "93"}, ["1", "2"]),
        ({"region": "provence alpes cote d'azur"}, ["1", "2"]),
        ({"region": "PACA"}, ["1", "2"]),
        ({"region": "1"}, ["4"]),
        ({"departement": "13"}, ["1"]),
        ({"departement": "6"}, ["2"]),
        ({"departement": "bouches du rhone"}, ["1"]),
        ({"region": "93", "departement": "06"}, ["2"]),
        ({}, ["1", "2", "3", "4"]),
    ],
)
def test_places(
    around: duckdb.DuckDBPyConnection, asked: dict[str, Any], expected: list[str]
) -> None:
    assert order(carriers(around, Action.BILAN_COMPETENCES, **asked)) == expected


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"region": "39"}, ["La région « 39 » n'existe pas", "93 (Provence-Alpes-Côte d'Azur)"]),
        ({"region": "Bretange"}, ["53 (Bretagne)"]),
        ({"departement": "113"}, ["Le département « 113 » n'existe pas", "13 (Bouches-du-Rhône)"]),
        ({"departement": "zzzz"}, ["« opac export reference.departement »"]),
        ({"region": "11", "departement": "13"}, ["n'est pas dans la région 11", "région 93"]),
        ({"region": " "}, ["La région «   » n'existe pas"]),
    ],
)
def test_unknown_places_are_told_with_their_neighbours(
    around: duckdb.DuckDBPyConnection, asked: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(UsageError) as refused:
        carriers(around, Action.BILAN_COMPETENCES, **asked)
    for words in told:
        assert words in str(refused.value)


def test_nobody_tells_where_to_look(around: duckdb.DuckDBPyConnection) -> None:
    nowhere = carriers(around, Action.VAE, departement="83")
    region = carriers(around, Action.BILAN_COMPETENCES, departement="83")
    france = carriers(around, Action.BILAN_COMPETENCES, region="53")
    assert nowhere["elargir"] == []
    assert region["elargir"] == [
        {"portee": "region", "code": "93", "nombre": 2},
        {"portee": "france", "code": None, "nombre": 4},
    ]
    assert france["elargir"] == [{"portee": "france", "code": None, "nombre": 4}]
    assert [found["organismes"] for found in (nowhere, region, france)] == [[], [], []]


def test_a_list_without_certifications_is_no_empty_answer() -> None:
    blank = candidate(1, certifie_bilan_competences=None, certification_connue=False)
    with held(blank) as con, pytest.raises(UsageError, match="15/01/2026 ne dit pas qui est"):
        carriers(con, Action.BILAN_COMPETENCES)


def test_natural_persons_are_listed_like_others() -> None:
    person = candidate(1, denomination="Madame Exemple Fictive", personne_physique_presumee=True)
    with held(person, candidate(2)) as con:
        found = carriers(con, Action.BILAN_COMPETENCES)
    assert [one["personne_physique_presumee"] for one in found["organismes"]] == [True, False]

"""The queries of sql/tests: read with their header, run apart from one another."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from pipelines.quality.controls import Control, Gravity, Status
from pipelines.quality.queries import Query, load_queries, run_queries

NEGATIVE = """/*
Aucune quantité n'est négative,
sur deux lignes.
gravite: critique
*/
select
    nda,
    n
from socle.organisme
where n < 0
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.sql"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "essai.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema socle")
        con.execute(
            "create table socle.organisme as select 'a' as nda, range - 2 as n from range(5)"
        )
    return path


def test_a_query_is_read_with_its_header(tmp_path: Path) -> None:
    write(tmp_path, "quantite", NEGATIVE)
    [found] = load_queries(tmp_path)
    assert found.name == "quantite"
    assert found.description == "Aucune quantité n'est négative, sur deux lignes."
    assert found.gravity is Gravity.CRITIQUE
    assert found.sql.startswith("select\n    nda")
    assert found.table == "socle.organisme"


def test_queries_come_by_name(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        write(tmp_path, name, NEGATIVE)
    assert [query.name for query in load_queries(tmp_path)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "/*\nSans gravité.\n*/\nselect 1",
        "-- Aucune.\n-- gravite: critique\nselect 1",
        "/*\nGravité inconnue.\ngravite: grave\n*/\nselect 1",
    ],
)
def test_a_header_without_its_gravity_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, "essai", text)
    with pytest.raises(ValueError, match=r"gravite|grave"):
        load_queries(tmp_path)


def test_a_query_that_returns_rows_fails_with_their_number(database: Path) -> None:
    bad = Query(
        "quantite",
        "Aucune quantité négative.",
        Gravity.CRITIQUE,
        "from socle.organisme where n < 0",
    )
    assert run_queries(database, [bad]) == [
        Control(
            "modele.quantite",
            "modele",
            "socle.organisme",
            None,
            Gravity.CRITIQUE,
            Status.NON_CONFORME,
            "2 lignes en défaut",
            "aucune ligne",
            "Aucune quantité négative. Voyez les lignes avec la requête sql/tests/quantite.sql.",
            2,
        )
    ]


def test_a_query_that_returns_none_holds(database: Path) -> None:
    good = Query("taille", "Petit.", Gravity.CRITIQUE, "from socle.organisme where n > 9")
    [found] = run_queries(database, [good])
    assert (found.statut, found.nb_en_defaut, found.message) == (Status.CONFORME, 0, "Petit.")
    assert not found.bloquant


@pytest.mark.parametrize(
    ("gravity", "blocks"), [(Gravity.CRITIQUE, True), (Gravity.AVERTISSEMENT, False)]
)
def test_the_gravity_says_whether_it_blocks(database: Path, gravity: Gravity, blocks: bool) -> None:
    [found] = run_queries(database, [Query("q", "Q.", gravity, "from socle.organisme")])
    assert found.bloquant is blocks


@pytest.mark.parametrize(
    "sql",
    [
        "from socle.absente",
        "select",
        "from socle.organisme where error('x')",
        "from socle.organisme where nda::integer > 0",
    ],
)
def test_a_query_that_cannot_run_is_told_apart_and_blocks(database: Path, sql: str) -> None:
    wrong = Query("fausse", "Fausse.", Gravity.AVERTISSEMENT, sql)
    good = Query("taille", "Petit.", Gravity.CRITIQUE, "from socle.organisme where n > 9")
    first, second = run_queries(database, [wrong, good])
    assert first.statut is Status.NON_EVALUE
    assert first.mesure.startswith("erreur : ")
    assert "\n" not in first.mesure
    assert first.message == (
        "Fausse. Le contrôle n'a pas pu être évalué : signalez-le aux mainteneurs."
    )
    assert first.nb_en_defaut is None
    assert first.bloquant
    # The others run all the same.
    assert second.statut is Status.CONFORME


def test_our_queries_are_documented() -> None:
    queries = load_queries()
    assert len(queries) >= 7
    for query in queries:
        assert query.description.endswith(".")
        assert re.fullmatch(r"\w+\.\w+", query.table)
        assert ";" not in query.sql

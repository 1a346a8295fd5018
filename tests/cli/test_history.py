"""What changed, and the timeline of an organisation, as they are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.warehouse.release import open_readonly
from tests.demonstration import demonstration
from tests.pipeline.commands import Opac, Ran


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    """The demonstration: two lists, a fortnight apart."""
    return demonstration(tmp_path_factory)


@pytest.fixture
def base(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_readonly(home / "opac.duckdb") as con:
        yield con


@pytest.fixture
def told(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def ask(*args: object) -> Ran:
        return Opac(capsys, monkeypatch)(*args, "--home", home)

    return ask


def one(con: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = con.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_the_changes_of_the_last_list_are_counted_and_shown(
    told: Any, base: duckdb.DuckDBPyConnection
) -> None:
    total = one(base, "select count(*) from historique.evenement")
    assert total > 60
    ran = told("evolutions", "--limite", 5)
    assert ran.code == 0
    assert ran.out.startswith(f"{total} changements depuis le 15/10/2025 (une liste).")
    assert "certification perdue : ACTION_FORMATION" in ran.out
    assert ran.out.count("15/10/2025  01/10/2025") == 5
    assert "les 5 derniers" in ran.err


def test_changes_are_filtered(told: Any, base: duckdb.DuckDBPyConnection) -> None:
    lost = base.execute(
        "select e.nda from historique.evenement as e join socle.organisme as o using (nda) "
        "where type = 'CERTIFICATION_PERDUE' and o.code_region = '11' order by all"
    ).fetchall()
    asked = ("evolutions", "--depuis", "2025-10-01", "--region", "11", "--json")
    found = json.loads(told(*asked, "--type", "CERTIFICATION_PERDUE").out)
    assert found["nombre"] == len(lost) > 0
    assert sorted((event["nda"],) for event in found["evenements"]) == lost
    assert found["region"] == {"code": "11", "nom": "Île-de-France"}
    assert found["nb_listes"] == 2
    bilan = json.loads(told(*asked, "--categorie", "BILAN_COMPETENCES").out)
    assert {event["categorie"] for event in bilan["evenements"]} <= {"BILAN_COMPETENCES"}


def test_nothing_changed(told: Any) -> None:
    ran = told("evolutions", "--depuis", "2025-10-16")
    assert ran.succeeded().startswith("Rien n'a changé depuis le 16/10/2025")


def test_a_timeline_follows_an_organisation_under_all_its_numbers(
    told: Any, base: duckdb.DuckDBPyConnection
) -> None:
    (old, new) = base.execute(
        "select avant, apres from historique.evenement where type = 'CHANGEMENT_NDA' "
        "order by nda limit 1"
    ).fetchone() or ("", "")
    by_old, by_new = told("historique", old), told("historique", new)
    assert by_old.out == by_new.out
    assert by_new.code == 0
    assert f"NDA {new}, listé" in by_new.out
    assert f"change de numéro  {old} → {new}" in by_new.out
    assert "2 listes suivies, du 01/10/2025 au 15/10/2025" in by_new.out
    siren = one(base, f"select siren from socle.organisme where nda = '{new}'")
    spaced = f"{siren[:3]} {siren[3:6]} {siren[6:]}"
    assert f"NDA {new}, listé" in told("historique", spaced).out


def test_an_absence_is_a_period(told: Any, base: duckdb.DuckDBPyConnection) -> None:
    gone = one(base, "select min(nda) from historique.evenement where type = 'DISPARITION'")
    ran = told("historique", gone)
    assert f"NDA {gone}, absent de la liste depuis le 15/10/2025" in ran.out
    assert "quitte la liste" in ran.out
    found = json.loads(told("historique", gone, "--json").out)
    [organisme] = found["organismes"]
    assert [period["listee"] for period in organisme["periodes"]] == [True, False]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("historique", "12345"), "ni un NDA (11 caractères), ni un SIREN"),
        (("historique", "99999999999"), "Aucune des 2 listes suivies"),
        (("evolutions", "--region", "Atlantide"), "n'existe pas"),
        (("evolutions", "--depuis", "hier"), "n'est pas une date"),
        (("importer", "nulle-part.csv", "--date", "2021-06-30"), "n'existe pas"),
    ],
)
def test_a_wrong_request_is_told(told: Any, args: tuple[str, ...], words: str) -> None:
    told(*args).refused(2, words)

"""Contents that changed places between two releases."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.quality.comparison import compare
from pipelines.quality.controls import Status
from pipelines.quality.swaps import LEAST_ROWS, MOST, PAIRS, swapped
from tests.quality.test_comparison import WINTER, finding

COLUMNS = ("nda", *sorted({name for pair in PAIRS for name in pair}))


def database(path: Path, rows: int, **columns: str) -> Path:
    """Make a base where each column is told by an SQL expression of the row number ``i``."""
    told = {name: f"'{name}' || i" for name in COLUMNS} | {"nda": "i::varchar"} | columns
    listed = ", ".join(f"{sql} as {name}" for name, sql in told.items())
    with duckdb.connect(path) as con:
        con.execute("create schema socle; create schema meta")
        con.execute(f"create table socle.organisme as select {listed} from range({rows}) t(i)")
        con.execute(f"create table meta.publication as select date '{WINTER}' as date_contenu")
    return path


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_each_pair_is_found_alone(tmp_path: Path, a: str, b: str) -> None:
    old = database(tmp_path / "old.duckdb", 100)
    new = database(tmp_path / "new.duckdb", 100, **{a: f"'{b}' || i", b: f"'{a}' || i"})
    assert [(swap.columns, swap.share) for swap in swapped(new, old)] == [((a, b), 1.0)]
    assert swapped(old, old) == []


@pytest.mark.parametrize(("exchanged", "found"), [(10, False), (11, True)])
def test_ordinary_changes_are_not_a_shuffle(tmp_path: Path, exchanged: int, found: bool) -> None:
    a, b = "nb_stagiaires", "nb_stagiaires_confies"
    old = database(tmp_path / "old.duckdb", 100)
    changed = {
        a: f"case when i < {exchanged} then '{b}' || i else '{a}' || i end",
        b: f"case when i < {exchanged} then '{a}' || i else '{b}' || i end",
    }
    new = database(tmp_path / "new.duckdb", 100, **changed)
    assert MOST == 0.10
    assert bool(swapped(new, old)) is found


def test_too_few_rows_prove_nothing(tmp_path: Path) -> None:
    swap = {"ville": "'adresse_voie' || i", "adresse_voie": "'ville' || i"}
    for rows, found in ((LEAST_ROWS - 1, False), (LEAST_ROWS, True)):
        old = database(tmp_path / f"old{rows}.duckdb", rows)
        new = database(tmp_path / f"new{rows}.duckdb", rows, **swap)
        assert bool(swapped(new, old)) is found


def test_equal_values_tell_nothing(tmp_path: Path) -> None:
    same = {"debut_exercice": "null::varchar", "fin_exercice": "null::varchar"}
    old = database(tmp_path / "old.duckdb", 100, **same)
    assert swapped(old, old) == []


def test_the_finding_names_the_pair(tmp_path: Path) -> None:
    swap = {
        "nb_stagiaires": "'effectif_formateurs' || i",
        "effectif_formateurs": "'nb_stagiaires' || i",
    }
    flags = {flag: "i % 2 = 0" for flag in COLUMNS if flag.startswith("certifie_")}
    old = database(tmp_path / "before.duckdb", 100, est_certifie="true", **flags)
    new = database(tmp_path / "after.duckdb", 100, est_certifie="true", **flags, **swap)
    control = finding(compare(new, old, WINTER), "colonnes_interverties")
    assert control.statut is Status.NON_CONFORME
    assert "nb_stagiaires et effectif_formateurs" in control.mesure

"""The new database of a real build: every model, its comments, then what tells of the checks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.errors import OpacError
from pipelines.history.catch_up import catch_up
from pipelines.home import Home
from pipelines.publication.database import add_controls, build_models, column_types
from pipelines.quality.controls import Control, Gravity, Status
from pipelines.registers.sources import Request, acquire
from pipelines.settings import Settings
from pipelines.warehouse.build import Build, database_path, open_build, prepare
from pipelines.warehouse.models import load_models, split_late
from tests.registers.rows import row, rows, wire

Made = tuple[Settings, Build, dict[str, int]]
ACCEPTED = {"comparaison.nb_lignes": "purge « d'été »", "comparaison.autre": "vu"}
CONTROL = Control(
    "comparaison.nb_lignes",
    "comparaison",
    "socle.organisme",
    None,
    Gravity.CRITIQUE,
    Status.NON_CONFORME,
    "30 lignes, 100 dans la version précédente",
    "au moins 98 %",
    "L'écart : vérifiez ; « d'abord » la source.",
    70,
)


def row_of(control: Control, accepted: bool = False) -> dict[str, Any]:
    values = control.as_dict()
    return {**values, "table_controlee": values.pop("table"), "accepte": accepted}


def make(folder: Path, name: str = "home") -> Made:
    """Build a list to the end of its early models."""
    settings = Settings(home=folder / name, max_rejected_share=1.0)
    home = Home(settings.home)
    home.prepare()
    path = folder / "of_2026-01-15.csv"
    lines = [*rows(30), row(31, siren="000000000", code_postal="", nb_stagiaires=None)]
    path.write_bytes(wire(lines) + b"illisible;\n")
    build = open_build(home, acquire(settings, Request(path)), ACCEPTED)
    prepare(settings, build)
    catch_up(settings, build)
    return settings, build, build_models(settings, build)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A build that tests only look at."""
    return make(tmp_path_factory.mktemp("base"))


def ask(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Query the base as a reader does, under a name that is not that of its building."""
    with duckdb.connect() as con:
        path = str(database_path(Home(settings.home))).replace("'", "''")
        con.execute(f"attach '{path}' as lecture (read_only)")
        con.execute("use lecture")
        return con.execute(query).fetchall()


def test_every_early_model_is_made_and_counted(made: Made) -> None:
    settings, _, counts = made
    early, late = split_late(load_models())
    assert counts.keys() == {model.full_name for model in early}
    assert counts["socle.organisme"] == 31
    assert counts["socle.entite"] == 30
    assert counts["qualite.rejet"] == 1
    assert counts["reference.departement"] == 107
    assert counts["marche.synthese"] == counts["meta.publication"] == 1
    found = ask(settings, "select table_schema || '.' || table_name from information_schema.tables")
    assert {name for (name,) in found} == counts.keys()
    assert not counts.keys() & {model.full_name for model in late}


def test_the_base_is_closed_and_holds_its_own_tables_only(made: Made) -> None:
    settings, _, _ = made
    path = database_path(Home(settings.home))
    assert not path.with_name(f"{path.name}.wal").exists()
    for (sql,) in ask(settings, "select sql from duckdb_views() where not internal"):
        for name in ("opac", "preparation", "execution", "fichier"):
            assert name not in sql
    assert ask(settings, "select count(*) from socle.certification where certifie") > [(0,)]


def test_the_file_is_written_for_older_clients(made: Made) -> None:
    settings, _, _ = made
    with duckdb.connect() as con:
        con.execute(f"attach '{database_path(Home(settings.home))}' as base (read_only)")
        [(tags,)] = con.execute(
            "select tags from duckdb_databases() where database_name = 'base'"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.0.0")


def test_where_the_base_comes_from(made: Made) -> None:
    settings, build, _ = made
    [found] = ask(settings, "from meta.publication")
    assert found == (
        build.version,
        dt.datetime.fromisoformat(build.demarre).replace(tzinfo=None),
        build.liste.sha256,
        dt.date(2026, 1, 15),
        "fichiers locaux",
        "fichier",
        build.liste.adresse_finale,
        "actuelle",
        32,
        1,
        dt.date(2024, 5, 28),
        build.code,
        "comparaison.autre : vu; comparaison.nb_lignes : purge « d'été »",
        build.liste.licence,
        build.liste.attribution,
    )


def test_a_list_without_declaration_nor_acceptance(tmp_path: Path) -> None:
    settings, build, _ = make(tmp_path)
    liste = replace(build.liste, derniere_declaration=None)
    build = replace(build, liste=liste, acceptations={})
    build_models(settings, build)
    found = ask(settings, "select derniere_declaration, acceptations from meta.publication")
    assert found == [(None, None)]


def test_comments_are_in_the_base(made: Made) -> None:
    settings, _, _ = made
    early, _ = split_late(load_models())
    found = ask(
        settings,
        "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() "
        "where not internal and database_name = 'lecture'",
    )
    assert {(table, name): comment for table, name, comment in found} == {
        (model.full_name, name): text for model in early for name, text in model.columns.items()
    }


def test_the_controls_are_added_after_the_checks(tmp_path: Path) -> None:
    settings, build, _ = make(tmp_path)
    good = replace(CONTROL, regle="contrat.organisme.lignes", colonne="nda", nb_en_defaut=None)
    add_controls(Home(settings.home), build, [row_of(CONTROL, True), row_of(good)])
    assert ask(settings, "from qualite.controle order by regle") == [
        (
            "comparaison.nb_lignes",
            "comparaison",
            "socle.organisme",
            None,
            "critique",
            "non conforme",
            CONTROL.mesure,
            CONTROL.attendu,
            70,
            CONTROL.message,
            True,
        ),
        (
            "contrat.organisme.lignes",
            "comparaison",
            "socle.organisme",
            "nda",
            "critique",
            "non conforme",
            CONTROL.mesure,
            CONTROL.attendu,
            None,
            CONTROL.message,
            False,
        ),
    ]
    assert ask(settings, "select count(*) from socle.organisme") == [(31,)]
    path = database_path(Home(settings.home))
    assert not path.with_name(f"{path.name}.wal").exists()


def test_no_control_makes_an_empty_table_of_the_same_types(tmp_path: Path) -> None:
    settings, build, _ = make(tmp_path)
    add_controls(Home(settings.home), build, [])
    empty = column_types(Home(settings.home))["qualite.controle"]
    assert ask(settings, "from qualite.controle") == []
    add_controls(Home(settings.home), build, [row_of(CONTROL)])
    assert column_types(Home(settings.home))["qualite.controle"] == empty


def test_building_again_starts_over(tmp_path: Path) -> None:
    settings, build, counts = make(tmp_path)
    add_controls(Home(settings.home), build, [row_of(CONTROL)])
    assert build_models(settings, build) == counts
    tables = ask(settings, "select table_name from information_schema.tables")
    assert ("controle",) not in tables


def test_a_home_may_have_any_name(tmp_path: Path) -> None:
    settings, build, counts = make(tmp_path, "l'année « 2026 » [été] (*)")
    add_controls(Home(settings.home), build, [row_of(CONTROL)])
    assert ask(settings, "select count(*) from socle.organisme") == [(counts["socle.organisme"],)]


def test_column_types_are_those_of_the_base(made: Made) -> None:
    settings, _, counts = made
    types = column_types(Home(settings.home))
    assert types.keys() == counts.keys()
    documented = {model.full_name: list(model.columns) for model in load_models()}
    assert all(list(columns) == documented[table] for table, columns in types.items())
    assert types["socle.organisme"]["date_derniere_declaration"] == "DATE"
    assert types["socle.organisme"]["nb_stagiaires"] == "BIGINT"


def test_a_model_that_is_wrong_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, build, _ = make(tmp_path)
    wrong = [replace(model, columns={"autre": "x"}) for model in load_models()]
    monkeypatch.setattr("pipelines.publication.database.load_models", lambda: tuple(wrong))
    with pytest.raises(OpacError, match="ne donne pas les colonnes qu'il documente"):
        build_models(settings, build)

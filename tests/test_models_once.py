"""What is given again of the tables of a release is what would be made."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from pipelines.publication import database
from pipelines.refresh import refresh
from pipelines.settings import Settings
from pipelines.warehouse.build import Build
from pipelines.warehouse.models import load_models
from tests import light, models_once
from tests.pipeline.lists import DAY, good_list


def test_a_copy_is_what_the_models_make(
    tmp_path: Path, gx: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def build_models(settings: Settings, build: Build) -> dict[str, int]:
        made.append(settings.home)
        return database.build_models(settings, build)

    monkeypatch.setattr(models_once, "_build_models", build_models)
    light.lighten(monkeypatch)
    monkeypatch.setattr(
        "assets.modeles.build_models", models_once.remembering(tmp_path / "gardees")
    )
    (source := tmp_path / "liste.csv").write_bytes(good_list())
    homes = [tmp_path / name for name in ("une", "deux", "trois")]
    for home, day in zip(homes, (DAY, DAY, DAY.replace(day=DAY.day - 1)), strict=True):
        refresh(Settings(home=home), source, day)
    assert made == [homes[0], homes[2]]  # the second home has a copy, the third another day
    with duckdb.connect() as con:
        for home in homes[:2]:
            con.execute(f"attach '{home / 'opac.duckdb'}' as {home.name} (read_only)")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'une' order by all"
        ).fetchall()
        assert len(tables) > 50
        for (table,) in tables:
            own = "exclude (version, publie_le)" if table == models_once.PUBLICATION else ""
            for one, other in (("une", "deux"), ("deux", "une")):
                query = f"select * {own} from {one}.{table} except all "
                found = con.execute(f"{query} select * {own} from {other}.{table}").fetchall()
                assert found == [], table
        versions = con.execute(
            "select u.version <> d.version from une.meta.publication as u, deux.meta.publication d"
        ).fetchall()
        assert versions == [(True,)]


def test_models_read_nothing_else_of_a_list() -> None:
    read = set()
    for model in load_models():
        if "execution.liste" in model.sql and model.full_name != models_once.PUBLICATION:
            alias = re.search(r"execution\.liste as (\w)", model.sql)
            assert alias, model.full_name
            read |= set(re.findall(rf"\b{alias[1]}\.(\w+)", model.sql))
    assert read == {"date_contenu"}

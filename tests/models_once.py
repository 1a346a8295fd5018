"""The tables of a release, made once of the same rows for all the processes of a run.

Most refreshes of the tests are of a few lists, again and again, and are about what is around the
models: receiving, refusing, publishing, being killed. What the models make follows from the rows
that they read, from their SQL and from the reference files: it is kept by the hash of all of these,
and a copy is given, with the version of its own refresh.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from pipelines.home import Home
from pipelines.publication import database
from pipelines.settings import REFERENCE, SQL, Settings
from pipelines.warehouse.build import Build, database_path, following_path, staging_path
from pipelines.warehouse.models import load_models, run_models

# What models read of a list beside its rows; the rest is for meta.publication, made each time.
READ = ("date_contenu", "sha256", "lignes", "mise_en_page", "derniere_declaration")
PUBLICATION = "meta.publication"
_build_models = database.build_models


def remembering(folder: Path) -> Callable[[Settings, Build], dict[str, int]]:
    """Give a ``build_models`` that keeps in ``folder`` what it has made."""

    def build_models(settings: Settings, build: Build) -> dict[str, int]:
        home = Home(settings.home)
        kept = folder / _key(home, build)
        if not kept.exists():
            rows = _build_models(settings, build)
            _keep(database_path(home), rows, kept)
            return rows
        shutil.copy(kept / "opac.duckdb", database_path(home))
        with database._connect(database_path(home), build) as con:
            models = load_models()
            run_models(con, [model for model in models if model.full_name == PUBLICATION])
        found: dict[str, int] = json.loads((kept / "lignes.json").read_text())
        return found

    return build_models


def content(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """What tells the rows of a query from others: its columns, their types, and its rows."""
    columns = con.execute(f"describe {query}").fetchall()
    rows = con.execute(f"select count(*), sum(hash(q)::hugeint) from ({query}) as q").fetchall()
    return (columns, rows)


def _key(home: Home, build: Build) -> str:
    told: list[Any] = [getattr(build.liste, name) for name in READ]
    for path in (staging_path(home), following_path(home)):
        with duckdb.connect(path, read_only=True) as con:
            names = con.execute("select table_name from duckdb_tables() order by all").fetchall()
            told += [(name, content(con, f"select * from {name}")) for (name,) in names]
    models = load_models()
    told.append([(model.full_name, model.sql, list(model.columns)) for model in models])
    files = [*sorted((SQL / "evaluation").glob("*.sql")), *sorted(REFERENCE.glob("*.csv"))]
    told.append([(path.name, sha256(path.read_bytes()).hexdigest()) for path in files])
    return sha256(repr(told).encode()).hexdigest()


def _keep(path: Path, rows: dict[str, int], kept: Path) -> None:
    """Keep a database, whole or not at all: others look for it at the same time."""
    part = kept.with_name(f"{kept.name}.{os.getpid()}")
    part.mkdir(parents=True)
    shutil.copy(path, part / "opac.duckdb")
    (part / "lignes.json").write_text(json.dumps(rows))
    try:
        part.rename(kept)
    except OSError:  # another process kept the same meanwhile
        shutil.rmtree(part)

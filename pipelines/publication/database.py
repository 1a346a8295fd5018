"""The new database: the models run into it, and, after the checks, what tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.home import Home
from pipelines.portage.session import Session, Telling
from pipelines.settings import Settings
from pipelines.warehouse.build import Build, database_path, following_path, staging_path
from pipelines.warehouse.literals import Value, build_config, literal, rows
from pipelines.warehouse.models import (
    CONTROLS,
    FOLLOWING,
    RUN,
    STAGING,
    Model,
    load_models,
    load_reference_files,
    run_models,
    split_judged,
    split_late,
)

if TYPE_CHECKING:
    import duckdb

# One organisation of each profile, in each role, for each funding and category of actions, on the
# day of the list, with nothing declared.
_PROFILES = """
    select
        row_number() over () as ligne,
        r.role as role_juge,
        case r.role when 'sous_traitant' then p.nda end as nda,
        case r.role when 'porteur' then p.nda end as porteur,
        f.financement,
        a.action,
        m.date_contenu::varchar as date
    from (select min(nda) as nda from portage.profil group by profil) as p
    cross join (values ('sous_traitant'), ('porteur')) as r (role)
    cross join reference.financement as f
    cross join reference.categorie_action as a
    cross join meta.publication as m
"""
# Files written in this version open in every DuckDB client since 1.0.
_STORAGE = "v1.0.0"


def build_models(settings: Settings, build: Build) -> dict[str, int]:
    """Run every model but those that tell of the checks; give the rows of each table."""
    home = Home(settings.home)
    database_path(home).unlink(missing_ok=True)
    with _connect(database_path(home), build) as con:
        con.execute(f"attach {literal(str(staging_path(home)))} as {STAGING} (read_only)")
        con.execute(f"attach {literal(str(following_path(home)))} as {FOLLOWING} (read_only)")
        load_reference_files(con)
        early, _ = split_late(load_models())
        return run_judged(con, early)


def run_judged(con: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> dict[str, int]:
    """Run models; those that tell of verdicts once every profile of the list is judged.

    The same models judge here and on demand (:class:`pipelines.portage.session.Session`).
    """
    before, after = split_judged(models)
    made = run_models(con, before)
    session = Session(con)
    session.ask(_PROFILES, Telling.PROFILES)
    made |= run_models(con, after)
    session.close()
    return made


def add_controls(home: Home, build: Build, controls: Sequence[dict[str, Any]]) -> None:
    """Write the outcome of the checks into the new database."""
    types = dict.fromkeys(
        (
            *("regle", "famille", "table_controlee", "colonne", "gravite"),
            *("statut", "mesure", "attendu", "message"),
        ),
        "varchar",
    )
    types |= {"nb_en_defaut": "bigint", "accepte": "boolean"}
    with _connect(database_path(home), build) as con:
        con.execute(f"create table {CONTROLS} as {rows(controls, types)}")
        _, late = split_late(load_models())
        run_models(con, late)


def column_types(home: Home) -> dict[str, dict[str, str]]:
    """Give the types of the new database, by table and column."""
    import duckdb

    found: dict[str, dict[str, str]] = {}
    with duckdb.connect(database_path(home), read_only=True) as con:
        for schema, table, column, kind in con.execute(
            "select table_schema, table_name, column_name, data_type "
            "from information_schema.columns order by table_schema, table_name, ordinal_position"
        ).fetchall():
            found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


@contextmanager
def _connect(path: Path, build: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the new database for writing, beside ``execution.liste`` (this build, one row)."""
    import duckdb

    with duckdb.connect(config=build_config(build.liste.lignes)) as con:
        con.execute("set preserve_insertion_order = false")  # models that need an order ask for it
        con.execute(f"attach {literal(str(path))} as opac (storage_version '{_STORAGE}')")
        con.execute(f"attach ':memory:' as {RUN}")
        con.execute(f"create table {RUN}.liste as {_list_facts(build)}")
        con.execute("use opac")
        yield con
        con.execute("use memory")
        con.execute("checkpoint opac")
        con.execute("detach opac")


def _list_facts(build: Build) -> str:
    """Write the query of ``execution.liste``: one row, what this build is made from."""
    sighting = build.liste
    accepted = "; ".join(
        f"{regle} : {motif}" for regle, motif in sorted(build.acceptations.items())
    )
    row: dict[str, Value] = {
        "version": build.version,
        "publie_le": build.demarre[:19],
        "sha256": sighting.sha256,
        "date_contenu": build.date_liste,
        "origine": sighting.origine,
        "route": sighting.route,
        "adresse": sighting.adresse_finale,
        "mise_en_page": sighting.mise_en_page,
        "lignes_liste": sighting.lignes,
        "derniere_declaration": sighting.derniere_declaration,
        "code": build.code,
        "acceptations": accepted or None,
        "licence": sighting.licence,
        "attribution": sighting.attribution,
    }
    types = dict.fromkeys(row, "varchar") | {"date_contenu": "date", "lignes_liste": "bigint"}
    return rows([row], types)

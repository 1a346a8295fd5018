"""Finding organisations by name and by number: how well, and how fast.

Prints a section of Markdown. The labelled names (``tests/portage/noms_etiquetes.csv``) are looked
for among a generated register, to which the organisations that they stand for are added. One part
of them chooses the threshold; the other, about other organisations, measures it.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks.refresh import DATE, ROWS
from pipelines.portage.facts import FAITS
from pipelines.portage.matching import match
from pipelines.registers.generator import generate
from pipelines.settings import ROOT, SQL
from pipelines.warehouse.literals import MEMORY, literal
from pipelines.warehouse.models import parse_model

LABELLED = ROOT / "tests" / "portage" / "noms_etiquetes.csv"
THRESHOLDS = (76, 80, 84, 88, 92, 96)
# As sql/evaluation/rapprochement_nom.sql writes it.
THRESHOLD = 88
COLUMNS = "présents | absents | acceptés | faux | précision | rappel"
RULE = "|---|---:|---:|---:|---:|---:|---:|"
MATCHED = "evaluation.rapprochement_nom"
NAMES = (
    "select row_number() over () as ligne, denomination as nom, ville, code_postal "
    "from socle.organisme using sample 10000 (reservoir, 1)"
)
NUMBERS = "select row_number() over () as ligne, {} as identifiant from socle.organisme limit {}"
BLANKS = "siren[1:3] || ' ' || siren[4:6] || ' ' || siren[7:9]"
TIMES = {
    "un NDA": (NUMBERS.format("nda", 1), 20),
    "un NDA à réparer": (NUMBERS.format("nda[1:2] || ' ' || nda[3:]", 1), 20),
    "un nom et sa ville": (NAMES.replace("sample 10000", "sample 1"), 5),
    "10 000 NDA": (NUMBERS.format("nda", 10_000), 3),
    "10 000 SIREN à réparer (blancs)": (NUMBERS.format(BLANKS, 10_000), 3),
    "100 000 NDA": (NUMBERS.format("nda", 100_000), 3),
    "100 000 SIREN à réparer (blancs)": (NUMBERS.format(BLANKS, 100_000), 3),
    "10 000 noms sans numéro": (NAMES, 2),
}


@contextmanager
def register(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give the tables that matching reads, from a release and from the labelled set."""
    with duckdb.connect(config={"threads": 2, "memory_limit": MEMORY}) as con:
        con.execute(f"attach {literal(str(release))} as publiee (read_only)")
        for catalogue in ("opac", "demande", "evaluation"):
            con.execute(f"attach ':memory:' as {catalogue}")
        con.execute("use opac")
        con.execute("create schema socle; create schema portage")
        con.execute(
            "create table etiquette as select row_number() over () as ligne, * "
            f"from read_csv({literal(str(LABELLED))}, all_varchar = true, header = true)"
        )
        for table in ("organisme", "entite", "nda_precedent"):
            con.execute(f"create table socle.{table} as from publiee.socle.{table}")
        con.execute("delete from socle.organisme where nda in (select liste_nda from etiquette)")
        con.execute(
            """
            insert into socle.organisme by name
            select distinct
                liste_nda as nda, liste_denomination as denomination, liste_ville as ville,
                liste_code_postal as code_postal, substr(liste_nda, 3, 2) as code_departement,
                false as siren_valide
            from etiquette where liste_nda is not null
            """
        )
        search = parse_model(SQL / "portage" / "recherche.sql")
        con.execute(f"create table {search.full_name} as {search.sql}")
        yield con


def ask(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Make ``demande.candidat`` from a query that gives some of its columns."""
    facts = ", ".join(f"{fait.nom} varchar" for fait in FAITS)
    con.execute(
        "create or replace table demande.candidat "
        f"(ligne bigint, role_juge varchar, profil varchar, {facts})"
    )
    con.execute(f"insert into demande.candidat by name {query}")


def quality(con: duckdb.DuckDBPyConnection, where: str) -> str:
    """Tell what became of labelled names: cells of a table. They have been looked for."""
    row = con.execute(
        f"""
        select
            count(e.nda),
            count(*) filter (e.nda is null),
            count(*) filter (r.qualite = 'NOM'),
            count(*) filter (r.qualite = 'NOM' and coalesce(list_contains(r.ndas, e.nda), false))
        from etiquette as e inner join {MATCHED} as r using (ligne) where {where}
        """
    ).fetchone()
    assert row is not None
    present, absent, accepted, right = row
    precision = f"{right / accepted:.1%}" if accepted else "—"
    recall = f"{right / present:.1%}" if present else "—"
    cells = (present, absent, accepted, accepted - right, precision, recall)
    return " | ".join(str(cell) for cell in cells).replace(".", ",").replace("%", " %")


def qualities(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Look for the labelled names, at several thresholds and then at the one chosen."""
    ask(con, "select ligne, nom, ville, code_postal from etiquette")
    match(con)
    yield f"| seuil, sur les noms du choix | {COLUMNS} |"
    yield RULE
    sql = parse_model(SQL / "evaluation" / "rapprochement_nom.sql").sql
    chosen = f"{THRESHOLD} as avec_lieu"
    assert chosen in sql
    choosing, measured = "e.partie = 'choix'", "e.partie = 'mesure'"
    for threshold in THRESHOLDS:
        changed = sql.replace(chosen, f"{threshold} as avec_lieu")
        con.execute(f"create or replace table {MATCHED} as {changed}")
        yield f"| {threshold} | {quality(con, choosing)} |"
    con.execute(f"create or replace table {MATCHED} as {sql}")
    yield ""
    yield f"| au seuil de {THRESHOLD}, sur les noms de la mesure | {COLUMNS} |"
    yield RULE
    yield f"| **tous** | {quality(con, measured)} |"
    kinds = con.execute(f"select distinct degat from etiquette as e where {measured} order by 1")
    for (kind,) in kinds.fetchall():
        yield f"| {kind} | {quality(con, f'{measured} and e.degat = {literal(kind)}')} |"


def seconds(con: duckdb.DuckDBPyConnection, query: str, runs: int) -> float:
    """Time the matching alone, the best of several runs."""
    ask(con, query)
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        match(con)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        source, home = Path(name) / "liste.csv", Path(name) / "home"
        generate(source, ROWS, 1, DATE)
        opac = str(Path(sys.executable).with_name("opac"))
        command = [opac, "refresh", "--source", str(source), "--date", DATE.isoformat()]
        subprocess.run(
            [*command, "--home", str(home)], check=True, stdout=subprocess.DEVNULL, cwd=ROOT
        )
        with register((home / "opac.duckdb").resolve()) as con:
            print(
                f"Mesuré le {dt.datetime.now(dt.UTC):%Y-%m-%d} — Python "
                f"{platform.python_version()}, {os.cpu_count()} cœurs, parmi {ROWS} organismes.\n"
            )
            print("\n".join(qualities(con)))
            print("\n| rapprochement seul, base ouverte | secondes |\n|---|---:|")
            for label, (query, runs) in TIMES.items():
                print(f"| {label} | {seconds(con, query, runs):.3f} |")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"\nMémoire au plus haut de tout le processus : {peak:.0f} Mo.")


if __name__ == "__main__":
    main()

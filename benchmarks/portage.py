"""Verdicts, measured: one question, files of candidates, the night; beside a pandas merge.

Writes its tables to docs/performance.md.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from benchmarks import matching
from benchmarks.models import beside, timed_models
from benchmarks.refresh import DATE, ROWS, measured, write
from pipelines.home import Home
from pipelines.portage.candidates.reading import read_table, recognised
from pipelines.portage.candidates.table import connect
from pipelines.portage.facts import FAITS, Genre
from pipelines.portage.session import portage_session
from pipelines.publication.database import run_judged
from pipelines.registers.generator import generate
from pipelines.settings import ROOT
from pipelines.warehouse.literals import literal
from pipelines.warehouse.models import load_models
from pipelines.warehouse.release import Release, current

MARKS = ("<!-- mesures du portage : make bench -->", "<!-- fin des mesures du portage -->")
COLUMNS = 50
MISSION = ("--financement", "CPF", "--action", "BILAN_COMPETENCES", "--date", DATE.isoformat())
OPAC = str(Path(sys.executable).with_name("opac"))
FILES = {
    "nda-10000": "select nda from socle.organisme using sample 10000 (reservoir, 1)",
    "nda-100000": "select nda from socle.organisme using sample 100000 (reservoir, 1)",
    "noms-10000": "select denomination as nom, ville, code_postal from socle.organisme "
    "using sample 10000 (reservoir, 1)",
}


def timed(run: Callable[[], object], runs: int) -> float:
    """Seconds of the quickest of several runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def loaded(release: Release) -> float:
    """Milliseconds of one question, every control told, in a session already open."""
    with portage_session(release, DATE) as session:
        question = {"nda": number(session.con), "financement": "CPF", "action": "BILAN_COMPETENCES"}
        session.ask_rows([question])
        return 1000 * timed(lambda: session.ask_rows([question]), 20)


def recognition(folder: Path) -> float:
    """Seconds to tell what the columns of a file are: fifty of them, ten thousand rows."""
    path, ways = folder / "colonnes.csv", {Genre.DATE: "{day:02}/03/2026", Genre.CHOIX: "EI"}
    ways |= {Genre.MONTANT: "{n},50 €", Genre.BOOLEEN: "oui", Genre.LISTE: "CPF"}
    facts = FAITS[:COLUMNS]
    with path.open("w", encoding="utf-8") as file:
        file.write(";".join(fact.libelle for fact in facts) + "\n")
        for n in range(10_000):
            cells = (ways.get(f.genre, "Texte {n}").format(n=n, day=n % 28 + 1) for f in facts)
            file.write(";".join(cells) + "\n")
    found = read_table(path, folder)
    with connect(folder) as con:
        return timed(lambda: recognised(con, found, {}), 3)


def number(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute(
        "select min(nda) from socle.organisme where certifie_bilan_competences"
    ).fetchone()
    assert row is not None
    return str(row[0])


def night(release: Release) -> tuple[float, float]:
    """Seconds that the models of portage take, and the megabytes that they make."""
    models = [model for model in load_models() if model.schema == "portage"]
    with beside(release.path, models) as con:
        return timed_models(con, lambda: run_judged(con, models))


def followed(release: Release) -> None:
    """Give a release a year of nightly lists, where a third of the organisations changed once."""
    day, flag = f"date '{DATE}'", "certifie_bilan_competences"
    changed = f"{day} - (hash(nda) % 364)::integer"
    release.path.chmod(0o644)
    with duckdb.connect(release.path) as con:
        con.execute(
            "insert into historique.instantane by name "
            f"select {day} - i::integer as date_instantane, sha256(i::varchar) as sha256, "
            f"{ROWS} as nb_lignes from range(1, 365) as r (i)"
        )
        con.execute(
            "insert into historique.organisme_version by name "
            f"select * replace ({day} - 364 as valide_du, {changed} as valide_au, "
            f"{flag} is distinct from true as {flag}) "
            "from historique.organisme_version where hash(nda) % 3 = 0"
        )
        con.execute(
            f"update historique.organisme_version set valide_du = "
            f"if(hash(nda) % 3 = 0, {changed}, {day} - 364) where valide_au is null"
        )


def past(release: Release, nda: str, home: Path, folder: Path) -> Iterator[str]:
    """Measure questions about a year of lists: one, and a file whose lines have different dates."""
    followed(release)
    mission = (*MISSION[:4], "--date", (DATE - dt.timedelta(days=100)).isoformat())
    one = min(measured([OPAC, "verifier", nda, *mission, "--home", str(home)]) for _ in range(5))
    yield f"| `opac verifier` à une date passée, 365 listes | {one[0]:.2f} | 0,8 | {one[1]:.0f} |"
    path = folder / "dates-100000.csv"
    with duckdb.connect(release.path, read_only=True) as con:
        con.execute(
            f"copy (select nda, (date '{DATE}' - (hash(nda, 1) % 365)::integer)::varchar as date "
            f"from ({FILES['nda-100000']})) to {literal(str(path))}"
        )
    command = [OPAC, "cribler", str(path), *MISSION[:4], "--home", str(home)]
    seconds, memory = min(
        measured([*command, "--sortie", str(folder / "dates.xlsx")]) for _ in range(2)
    )
    yield f"| `opac cribler`, 100 000 lignes sur 365 dates | {seconds:.2f} | 15 | {memory:.0f} |"


def lines(folder: Path) -> Iterator[str]:
    """Measure all and write it as Markdown."""
    source, home = folder / "liste.csv", folder / "home"
    generate(source, ROWS, 1, DATE)
    subprocess.run(
        [OPAC, "refresh", "--source", str(source), "--date", f"{DATE}", "--home", str(home)],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
    )
    release = current(Home(home))
    assert release is not None
    with duckdb.connect(release.path, read_only=True) as con:
        nda = number(con)
        for name, query in FILES.items():
            con.execute(f"copy ({query}) to {literal(str(folder / f'{name}.csv'))}")
    yield (
        f"Mesuré le {dt.datetime.now(dt.UTC):%Y-%m-%d} — Python {platform.python_version()}, "
        f"{os.cpu_count()} cœurs, liste engendrée de {ROWS} lignes."
    )
    yield from ("", "| quoi | secondes | visé | mémoire (Mo) |", "|---|---:|---:|---:|")
    one = min(measured([OPAC, "verifier", nda, *MISSION, "--home", str(home)]) for _ in range(5))
    yield f"| `opac verifier`, processus entier | {one[0]:.2f} | 0,8 | {one[1]:.0f} |"
    yield f"| colonnes reconnues, {COLUMNS} sur 10 000 lignes | {recognition(folder):.2f} | 0,3 | |"
    yield f"| une question, base ouverte | {loaded(release) / 1000:.3f} | 0,030 | |"
    seconds, size = night(release)
    yield f"| modèles du portage, la nuit | {seconds:.2f} | 4 | |"
    yield f"| leur place dans la base : {size:.1f} Mo (visé : 40) | | | |"
    found = {}
    for name, aim in (("nda-10000", 3), ("nda-100000", 12), ("noms-10000", 30)):
        command = [OPAC, "cribler", str(folder / f"{name}.csv"), *MISSION, "--home", str(home)]
        found[name] = min(
            measured([*command, "--sortie", str(folder / f"{name}.xlsx")]) for _ in range(2)
        )
        seconds, memory = found[name]
        yield f"| `opac cribler`, {name} vers Excel | {seconds:.2f} | {aim} | {memory:.0f} |"
    yield from past(release, nda, home, folder)
    for name in ("nda-10000", "nda-100000"):
        merge = [sys.executable, "-m", "benchmarks.merge", str(source)]
        seconds, memory = measured(
            [*merge, str(folder / f"{name}.csv"), str(folder / "fusion.xlsx")]
        )
        ratio = found[name][0] / seconds
        yield (
            f"| jointure pandas, {name} vers Excel, sans verdict | {seconds:.2f} | "
            f"(cribler : × {ratio:.2f}) | {memory:.0f} |"
        )
    yield ""
    with matching.register(release.path) as con:
        yield from matching.qualities(con)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        told = list(lines(Path(name)))
    print("\n".join(told))
    write(told, MARKS)


if __name__ == "__main__":
    main()

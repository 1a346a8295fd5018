"""The market, measured: its models on one and ten times the list, the report, the workbook.

Writes its table to docs/performance.md.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.models import beside, timed_models
from benchmarks.portage import OPAC, timed
from benchmarks.refresh import DATE, ROWS, measured, write
from pipelines.home import Home
from pipelines.registers.generator import generate
from pipelines.settings import ROOT
from pipelines.warehouse.models import load_models, run_models
from pipelines.warehouse.release import current

MARKS = ("<!-- mesures du marché : make bench -->", "<!-- fin des mesures du marché -->")
# What any table of the market costs at least: one grouping of the organisations.
FLOOR = """
    select
        code_region,
        count(*),
        count(*) filter (where est_certifie),
        sum(nb_stagiaires),
        median(nb_stagiaires)
    from socle.organisme
    group by code_region
"""


def models(release: Path) -> None:
    """Print the seconds of one grouping, of the models, and the megabytes that they make."""
    own = {"socle.bornage", "socle.activite"}
    chosen = [m for m in load_models() if m.schema == "marche" or m.full_name in own]
    with beside(release, chosen) as con:
        floor = timed(lambda: con.execute(FLOOR).fetchall(), 5)
        seconds, size = timed_models(con, lambda: run_models(con, chosen))
    print(floor, seconds, size)


def released(folder: Path, rows: int) -> Home:
    """Release a generated list of so many rows."""
    source, home = folder / f"liste-{rows}.csv", folder / f"home-{rows}"
    generate(source, rows, 1, DATE)
    subprocess.run(
        [OPAC, "refresh", "--source", str(source), "--date", f"{DATE}", "--home", str(home)],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
    )
    return Home(home)


def measured_models(home: Home, runs: int) -> tuple[float, float, float, float]:
    """Seconds of one grouping and of the models, megabytes of memory and of tables: the best."""
    release = current(home)
    assert release is not None
    command = [sys.executable, "-m", "benchmarks.market", str(release.path)]
    _, memory = measured(command)
    found = []
    for _ in range(runs):
        told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        floor, seconds, size = map(float, told.stdout.split())
        found.append((seconds, floor, size))
    seconds, floor, size = min(found)
    return floor, seconds, memory, size


def lines(folder: Path) -> Iterator[str]:
    """Measure all and write it as Markdown."""
    yield (
        f"Mesuré le {dt.datetime.now(dt.UTC):%Y-%m-%d} — Python {platform.python_version()}, "
        f"{os.cpu_count()} cœurs, liste engendrée de {ROWS} lignes."
    )
    yield from ("", "| quoi | secondes | visé | mémoire (Mo) |", "|---|---:|---:|---:|")
    home = released(folder, ROWS)
    floor, seconds, memory, size = measured_models(home, 3)
    yield f"| un seul regroupement par région (plancher) | {floor:.3f} | | |"
    yield (
        f"| modèles du marché, la nuit (× {seconds / floor:.0f} le plancher) | {seconds:.2f} | 2 "
        f"| {memory:.0f} |"
    )
    yield f"| leur place dans la base : {size:.1f} Mo | | | |"
    page, book = folder / "rapport.html", folder / "marche.xlsx"
    where = ("--home", str(home.root))
    for told, aim, command in (
        ("`opac rapport`", 6, [OPAC, "rapport", "--sortie", str(page), *where]),
        (
            "`opac rapport --region 93`",
            6,
            [OPAC, "rapport", "--region", "93", "--sortie", str(folder / "93.html"), *where],
        ),
        (
            "`opac export marche`",
            "",
            [OPAC, "export", "marche", "--format", "xlsx", "--sortie", str(book), *where],
        ),
    ):
        taken, peak = min(measured(command) for _ in range(3))
        yield f"| {told}, processus entier | {taken:.2f} | {aim} | {peak:.0f} |"
    yield f"| place du rapport : {page.stat().st_size / 1e6:.2f} Mo (visé : 3) | | | |"
    _, more, peak, _ = measured_models(released(folder, 10 * ROWS), 2)
    yield f"| modèles du marché, dix fois les lignes | {more:.2f} | × 8 | {peak:.0f} |"
    yield f"| – rapport à une fois les lignes | × {more / seconds:.1f} | | |"


def main() -> None:
    if len(sys.argv) > 1:
        models(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        told = list(lines(Path(name)))
    print("\n".join(told))
    write(told, MARKS)


if __name__ == "__main__":
    main()

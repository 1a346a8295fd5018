"""``make bench``: a refresh as a whole process, beside the floor measured in the same run.

Writes its table to docs/performance.md. Times are the best of several runs; memory is the highest
sum of resident sizes over the process and its children.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipelines.registers.generator import generate
from pipelines.settings import ROOT

ROWS = 154_107
DATE = dt.date(2025, 10, 15)
START, END = "<!-- mesures : make bench -->", "<!-- fin des mesures -->"
STEPS = {
    "reception": "réception, archive, profil",
    "preparation__organisme": "lecture et typage",
    "suivi__historique": "suivi de l'historique",
    "modeles": "modèles SQL",
    "controle__rapport": "contrôles (attente de Great Expectations comprise)",
    "controles": "contrôles montrés dans Dagster",
    "publication__opac": "publication",
}


@dataclass
class Measure:
    """One process measured: seconds, megabytes, and the seconds of its steps."""

    seconds: float
    memory: float
    steps: dict[str, float]


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command; give its wall time and the peak memory of its tree."""
    peak = 0.0
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        tree = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _resident(tree))
            time.sleep(0.02)
        seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{command} a échoué avec le code {process.returncode}")
    return seconds, peak / 1e6


def _resident(tree: psutil.Process) -> float:
    total = 0
    try:
        for process in [tree, *tree.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0.0  # it ended between the list and the question
    return total


def floor(source: Path, folder: Path) -> Measure:
    """Measure plain DuckDB on the same file."""
    target = folder / "plancher.duckdb"
    target.unlink(missing_ok=True)
    seconds, memory = measured([sys.executable, "-m", "benchmarks.floor", str(source), str(target)])
    return Measure(seconds, memory, {})


def refresh(source: Path, home: Path) -> Measure:
    """Measure a first refresh in a new home."""
    opac = str(Path(sys.executable).with_name("opac"))
    seconds, memory = measured(
        [opac, "refresh", "--source", str(source), "--date", DATE.isoformat(), "--home", str(home)]
    )
    return Measure(seconds, memory, steps_of(home))


def steps_of(home: Path) -> dict[str, float]:
    """Give the seconds of each step of the last run of a home."""
    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        run = instance.get_runs(limit=1)[0]
        return {
            stat.step_key: stat.end_time - stat.start_time
            for stat in instance.get_run_step_stats(run.run_id)
            if stat.end_time and stat.start_time
        }


def best(measures: list[Measure]) -> Measure:
    """The quickest run, with the highest memory of all."""
    quickest = min(measures, key=lambda m: m.seconds)
    return Measure(quickest.seconds, max(m.memory for m in measures), quickest.steps)


def table(base: Measure, one: Measure, ten_base: Measure | None, ten: Measure | None) -> list[str]:
    """Write the results as Markdown."""
    work = sum(one.steps.values())
    lines = [
        f"Mesuré le {dt.datetime.now(dt.UTC):%Y-%m-%d} — Python {platform.python_version()}, "
        f"{os.cpu_count()} cœurs, liste engendrée de {ROWS} lignes.",
        "",
        "| quoi | secondes | rapport au plancher | mémoire (Mo) |",
        "|---|---:|---:|---:|",
        f"| plancher : DuckDB seul (lire, typer, trois regroupements) | {base.seconds:.2f} | 1 | "
        f"{base.memory:.0f} |",
        f"| `opac refresh`, processus entier, imports compris | {one.seconds:.2f} | "
        f"{one.seconds / base.seconds:.1f} | {one.memory:.0f} |",
        f"| dont le travail des étapes | {work:.2f} | {work / base.seconds:.1f} | |",
    ]
    stages = {label: one.steps.get(step, 0.0) for step, label in STEPS.items()}
    stages["imports, démarrage et fin de Dagster"] = one.seconds - work
    lines += [
        f"| – {label} | {seconds:.2f} | {seconds / base.seconds:.2f} | |"
        for label, seconds in stages.items()
    ]
    if ten and ten_base:
        lines += [
            f"| plancher, dix fois les lignes | {ten_base.seconds:.2f} | | {ten_base.memory:.0f} |",
            f"| `opac refresh`, dix fois les lignes | {ten.seconds:.2f} | "
            f"{ten.seconds / ten_base.seconds:.1f} | {ten.memory:.0f} |",
            f"| – rapport à une fois les lignes | × {ten.seconds / one.seconds:.1f} | | |",
        ]
        lines += [
            f"| – {label} | {ten.steps.get(step, 0):.2f} | | |" for step, label in STEPS.items()
        ]
    return lines


def write(lines: list[str], marks: tuple[str, str] = (START, END)) -> None:
    """Put tables in docs/performance.md, between their marks."""
    start, end = marks
    path = ROOT / "docs" / "performance.md"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(start)
    _, _, tail = rest.partition(end)
    path.write_text(f"{head}{start}\n\n" + "\n".join(lines) + f"\n\n{end}{tail}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--sans-dix", action="store_true", help="ne pas mesurer dix fois les lignes"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "liste.csv"
        generate(source, ROWS, 1, DATE)
        base = best([floor(source, folder) for _ in range(asked.runs)])
        one = best([refresh(source, folder / f"home-{n}") for n in range(asked.runs)])
        ten_base = ten = None
        if not asked.sans_dix:
            big = folder / "liste10.csv"
            generate(big, 10 * ROWS, 1, DATE)
            ten_base, ten = floor(big, folder), refresh(big, folder / "home-10")
    lines = table(base, one, ten_base, ten)
    print("\n".join(lines))
    write(lines)


if __name__ == "__main__":
    main()

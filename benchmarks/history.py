"""History, measured on nights that follow one another: all of them followed, then one more.

Writes its table to docs/performance.md. ``--nuits`` tells how many; three years are 1,095.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from benchmarks.portage import OPAC
from benchmarks.refresh import ROWS, measured, steps_of, write
from pipelines.history.state import RELEASED
from pipelines.home import Home
from pipelines.registers.archive import LOCAL, Archive, Sighting
from pipelines.registers.generator import wire
from pipelines.registers.generator.sequence import nights
from pipelines.warehouse.release import current, open_readonly

MARKS = (
    "<!-- mesures de l'historique : make bench -->",
    "<!-- fin des mesures de l'historique -->",
)
FIRST = dt.date(2023, 1, 2)
STEP = "suivi__historique"
# What the archive says of its lists, beside their contents.
TOLD = ("observations.jsonl", "admissions.jsonl")


@dataclass
class Followed:
    """So many nights followed at once, then one more: seconds, and megabytes."""

    nights: int
    whole: float
    whole_step: float
    memory: float
    one: float
    timeline: float
    archive: float
    history: float


def archived(home: Home, count: int) -> None:
    """Archive so many nights, and let history rely on them."""
    home.prepare()
    archive = Archive(home)
    path = home.root / "nuit.csv"
    for night in nights(ROWS, 1, FIRST, count, 1):
        wire.write(path, night.lines)
        sighting = Sighting(
            date_contenu=night.date.isoformat(),
            vu=f"{night.date}T05:15:00+00:00",
            origine=LOCAL,
            route="fichier",
            adresse_demandee="nuit.csv",
            adresse_finale="nuit.csv",
            sha256=archive.store(path),
            octets=path.stat().st_size,
            mise_en_page="actuelle",
            lignes=len(night.lines),
            derniere_declaration=None,
            licence="inconnue",
            attribution="",
        )
        archive.add(sighting)
        archive.admit(sighting.sha256)


def first_of(archive: Home, count: int, home: Home) -> None:
    """Give a home the first nights of an archive."""
    shutil.copytree(archive.archive, home.archive)
    for name in TOLD:
        with (archive.archive / name).open(encoding="utf-8") as lines:
            (home.archive / name).write_text("".join(islice(lines, count)), encoding="utf-8")


def followed(archive: Home, count: int, folder: Path) -> Followed:
    """Publish the last of so many nights in a home that followed none, then the one after."""
    home = Home(folder / f"home-{count}")
    first_of(archive, count, home)
    dated = list(islice(Archive(archive).sightings(), count + 1))
    # Its size, before the next night is added.
    size = sum(path.stat().st_size for path in _contents(home, dated[:count]))
    whole, memory = _published(archive, home, dated[count - 1], folder)
    whole_step = steps_of(home.root)[STEP]
    _published(archive, home, dated[count], folder)
    one = steps_of(home.root)[STEP]
    release = current(home)
    assert release is not None
    with open_readonly(release.path) as con:
        row = con.execute(
            "select nda from historique.evenement group by nda order by count(*) desc, nda limit 1"
        ).fetchone()
        assert row is not None
        history = sum(_place(con, table) for table in RELEASED.values())
    timeline, _ = min(
        measured([OPAC, "historique", row[0], "--home", str(home.root)]) for _ in range(3)
    )
    shutil.rmtree(home.root)
    return Followed(count, whole, whole_step, memory, one, timeline, size / 1e6, history)


def _place(con: duckdb.DuckDBPyConnection, table: str) -> float:
    """Give the megabytes of a table of history."""
    blocks = con.execute(
        f"select count(distinct block_id) from pragma_storage_info('historique.{table}')"
    ).fetchone()
    size = con.execute("select block_size from pragma_database_size()").fetchone()
    assert blocks is not None
    assert size is not None
    return float(blocks[0] * size[0] / 1e6)


def _contents(home: Home, dated: Sequence[Sighting]) -> Iterator[Path]:
    archive = Archive(home)
    for sighting in dated:
        yield archive.content_path(sighting.sha256)


def _published(archive: Home, home: Home, night: Sighting, folder: Path) -> tuple[float, float]:
    source = folder / "publiee.csv"
    Archive(archive).restore(night.sha256, source)
    return measured(
        [
            *(OPAC, "refresh", "--source", str(source)),
            *("--date", night.date_contenu, "--home", str(home.root)),
        ]
    )


def lines(found: Sequence[Followed]) -> Iterator[str]:
    """Write the results as Markdown."""
    yield (
        f"Mesuré le {dt.datetime.now(dt.UTC):%Y-%m-%d} — Python {platform.python_version()}, "
        f"{os.cpu_count()} cœurs, une liste engendrée de {ROWS} lignes par nuit."
    )
    yield ""
    yield "| quoi | visé | " + " | ".join(f"{one.nights} nuits" for one in found) + " |"
    yield "|---|---:|" + "---:|" * len(found)
    for label, aim, values in (
        ("tout suivre depuis rien et publier, processus entier (s)", "", [f.whole for f in found]),
        ("– dont suivre (s)", "600 pour 365", [f.whole_step for f in found]),
        ("– par nuit suivie (s)", "", [f.whole_step / f.nights for f in found]),
        ("– mémoire, tous processus (Mo)", "3 000", [f.memory for f in found]),
        ("une nuit de plus : étape de l'historique (s)", "3", [f.one for f in found]),
        ("`opac historique NDA`, processus entier (s)", "0,8", [f.timeline for f in found]),
        ("place de l'archive (Mo)", "", [f.archive for f in found]),
        (
            "– par nuit, copies entières comprises (ko)",
            "",
            [1_000 * f.archive / f.nights for f in found],
        ),
        ("place de l'historique dans la base (Mo)", "", [f.history for f in found]),
    ):
        told = " | ".join(f"{value:.2f}" if value < 100 else f"{value:.0f}" for value in values)
        yield f"| {label} | {aim} | {told} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nuits", type=int, nargs="+", default=[30, 90, 365])
    parser.add_argument("--archive", type=Path, help="archive déjà faite, pour ne pas la refaire")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = Home(asked.archive or folder / "archive")
        if not archive.archive.exists():
            archived(archive, max(asked.nuits) + 1)
        found = []
        for count in asked.nuits:
            found.append(followed(archive, count, folder))
            print(json.dumps(vars(found[-1])), file=sys.stderr, flush=True)
    told = list(lines(found))
    print("\n".join(told))
    write(told, MARKS)


if __name__ == "__main__":
    main()

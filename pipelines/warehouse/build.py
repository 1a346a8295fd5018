"""The build under way: what it is made from, and the staging database it reads the list into.

Its state lives in the home's ``construction`` folder, so that each step, run alone or in the
job, knows which list it is about. The folder is emptied when a refresh starts.
"""

from __future__ import annotations

import datetime as dt
import glob
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import GatesRefused, OpacError
from pipelines.french import nombre, taux, verb
from pipelines.home import Home
from pipelines.registers.archive import Archive, Sighting, now
from pipelines.registers.normalise import normalise
from pipelines.registers.reading import REJECT_SCHEMA, ListReader
from pipelines.settings import Settings
from pipelines.version import code_version
from pipelines.warehouse.literals import MEMORY, literal
from pipelines.warehouse.release import new_version

if TYPE_CHECKING:
    import polars as pl

    from pipelines.registers.reading import Rejected

_STATE = "construction.json"
# Beyond this many rows set aside in the first block there is no point in reading on.
_HOPELESS = 10_000


@dataclass(frozen=True)
class Build:
    """A build: the version it will be, the list it is made from, the findings accepted for it."""

    version: str
    demarre: str
    code: str
    liste: Sighting
    acceptations: dict[str, str] = field(default_factory=dict)
    # History made again from the archive, instead of going on from the current release.
    refaire_historique: bool = False

    @property
    def date_liste(self) -> dt.date:
        """Content date of the list."""
        return self.liste.date


@dataclass(frozen=True)
class Reading:
    """What the reading of a list gave: rows kept, lines set aside, doubts."""

    lignes_lues: int
    lignes_mises_a_part: int
    anomalies: int


def staging_path(home: Home) -> Path:
    """Where the typed rows of the list are, before the models."""
    return home.build / "preparation.duckdb"


def database_path(home: Home) -> Path:
    """Where the new database is built."""
    return home.build / "opac.duckdb"


def following_path(home: Home) -> Path:
    """Where history is brought up to date, before the models."""
    return home.build / "suivi.duckdb"


def reset(home: Home) -> None:
    """Empty the build folder: what a refused or killed refresh left has no further use."""
    for path in home.build.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def open_build(
    home: Home,
    liste: Sighting,
    acceptations: Mapping[str, str],
    *,
    refaire_historique: bool = False,
) -> Build:
    """Start a build from an archived list."""
    build = Build(
        new_version(home, liste.sha256),
        now(),
        code_version(),
        liste,
        dict(acceptations),
        refaire_historique,
    )
    partial = home.build / f"{_STATE}.partiel"
    partial.write_text(json.dumps(asdict(build), ensure_ascii=False), encoding="utf-8")
    partial.replace(home.build / _STATE)
    return build


def current_build(home: Home) -> Build:
    """Give the build under way.

    Raises:
        OpacError: no refresh has started one.
    """
    path = home.build / _STATE
    if not path.exists():
        raise OpacError(
            "Aucune construction n'est en cours : lancez d'abord l'étape qui reçoit la liste "
            "(ou « opac refresh »)."
        )
    state = json.loads(path.read_text(encoding="utf-8"))
    return Build(**{**state, "liste": Sighting(**state["liste"])})


def prepare(settings: Settings, build: Build) -> Reading:
    """Read the archived list into the staging database.

    Tables of ``preparation.duckdb``: ``organisme`` (typed rows of the contract), ``rejet``
    (lines set aside), ``anomalie`` (doubts), ``lecture`` (columns that the layout never had).

    Raises:
        GatesRefused: more lines set aside than the setting allows.
    """
    home = Home(settings.home)
    copy = home.build / "liste"
    Archive(home).restore(build.liste.sha256, copy)
    parts = home.build / "lots"
    parts.mkdir(exist_ok=True)
    reader = ListReader(copy)
    reading = _write_parts(parts, reader, build, settings.max_rejected_share)
    _load_parts(staging_path(home), parts, reader)
    copy.unlink()
    shutil.rmtree(parts)
    return reading


def _write_parts(folder: Path, reader: ListReader, build: Build, max_share: float) -> Reading:
    """Type the list block after block, into Parquet files: memory holds one block at a time."""
    kept = doubts = aside = 0
    first_rejects = None
    for number, block in enumerate(reader.blocks()):
        done = normalise(block, build.date_liste, reader.layout)
        rejects = _rejects(block.rejected, done.without_nda)
        tables = {"organisme": done.rows, "anomalie": done.anomalies, "rejet": rejects}
        for table, rows in tables.items():
            rows.write_parquet(folder / f"{table}-{number:04}.parquet", compression="uncompressed")
        kept += done.rows.height
        doubts += done.anomalies.height
        aside += rejects.height
        if first_rejects is None and not rejects.is_empty():
            first_rejects = rejects
        if aside > _HOPELESS and aside > max_share * (kept + aside):
            break
    if first_rejects is not None and aside > max_share * (kept + aside):
        line, reason, _ = first_rejects.row(0)
        raise GatesRefused(_too_many_rejects((line, reason), kept, aside, max_share))
    return Reading(kept, aside, doubts)


def _load_parts(path: Path, parts: Path, reader: ListReader) -> None:
    """Make the staging database. Through files: DuckDB imports pandas to look at a frame."""
    import duckdb

    path.unlink(missing_ok=True)
    absent = ", ".join(literal(name) for name in sorted(reader.layout.absent))
    # One thread: two cost more between them, and what is read here is soon read.
    with duckdb.connect(path, config={"threads": 1, "memory_limit": MEMORY}) as con:
        # Read a few times, then thrown away: packing it costs more than it saves.
        con.execute("set force_compression = 'uncompressed'")
        for table in ("organisme", "anomalie", "rejet"):
            files = literal(f"{glob.escape(str(parts))}/{table}-*.parquet")
            con.execute(f"create table {table} as from read_parquet({files})")
        con.execute(f"create table lecture as select [{absent}]::varchar[] as absentes")


def _rejects(rejected: list[Rejected], without_nda: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    frame = pl.DataFrame(
        [(r.ligne, r.motif, r.texte) for r in rejected], schema=REJECT_SCHEMA, orient="row"
    )
    if without_nda.is_empty():
        return frame.sort("ligne")
    text = pl.concat_str(pl.col("^lu_.*$").fill_null(""), separator=";")
    unkeyed = without_nda.select(
        "ligne",
        pl.lit("Numéro de déclaration d'activité absent : la ligne n'a pas de clé.").alias("motif"),
        text.alias("texte"),
    )
    return pl.concat([frame, unkeyed]).sort("ligne")


def _too_many_rejects(first: tuple[int, str], kept: int, aside: int, max_share: float) -> str:
    share = aside / (kept + aside)
    lines = f"{nombre(aside)} {verb(aside, 'ligne', 'lignes')}"
    read = verb(aside, "peut pas être lue", "peuvent pas être lues")
    return (
        f"{lines} sur {nombre(kept + aside)} ({taux(share)}) ne {read}, "
        f"pour {taux(max_share)} admis (la première, ligne {first[0]} : "
        f"{first[1].rstrip('.')}) : "
        "rien n'a été publié ; redemandez la liste ou relevez OPAC_MAX_REJECTED_SHARE après examen."
    )

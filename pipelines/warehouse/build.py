"""The build under way: what it is made from, and the staging database it reads the list into.

Its state lives in the home's ``construction`` folder, so that each step, run alone or in the
job, knows which list it is about. The folder is emptied when a refresh starts.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import GatesRefused, OpacError
from pipelines.home import Home
from pipelines.registers.archive import Archive, Sighting, now
from pipelines.registers.normalise import normalise
from pipelines.registers.reading import REJECT_SCHEMA, ListReader
from pipelines.settings import Settings
from pipelines.version import code_version

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_STATE = "construction.json"
# Beyond this many rows set aside in the first block there is no point in reading on.
_HOPELESS = 10_000


@dataclass(frozen=True)
class Build:
    """A build: its identifier, the sighting it is made from, the findings accepted for it."""

    identifiant: str
    demarre: str
    code: str
    liste: Sighting
    acceptations: dict[str, str] = field(default_factory=dict)

    @property
    def date_liste(self) -> dt.date:
        """Content date of the list."""
        return dt.date.fromisoformat(self.liste.date_contenu)


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


def reset(home: Home) -> None:
    """Empty the build folder: what a refused or killed refresh left has no further use."""
    for path in home.build.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def open_build(home: Home, liste: Sighting, acceptations: Mapping[str, str]) -> Build:
    """Start a build from an archived list."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    build = Build(
        f"{stamp}-{liste.sha256[:8]}-{secrets.token_hex(2)}",
        now(),
        code_version(),
        liste,
        dict(acceptations),
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
    import duckdb

    home = Home(settings.home)
    copy = home.build / "liste"
    Archive(home).restore(build.liste.sha256, copy)
    path = staging_path(home)
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as con:
        con.execute("set threads = 2")
        con.execute("begin")
        reading = _read_into(con, copy, build, settings.max_rejected_share)
        con.execute("commit")
    copy.unlink()
    return reading


def _read_into(
    con: duckdb.DuckDBPyConnection, path: Path, build: Build, max_share: float
) -> Reading:
    reader = ListReader(path)
    con.execute(
        "create table lecture as select $absentes::varchar[] as absentes",
        {"absentes": sorted(reader.layout.absent)},
    )
    kept = doubts = aside = 0
    for block in reader.blocks():
        done = normalise(block, build.date_liste, reader.layout)
        rejects = _rejects(block.rejected, done.without_nda)
        _insert(con, "organisme", done.rows)
        _insert(con, "anomalie", done.anomalies)
        _insert(con, "rejet", rejects)
        kept += done.rows.height
        doubts += done.anomalies.height
        aside += rejects.height
        if aside > _HOPELESS and aside > max_share * (kept + aside):
            break
    if aside > max_share * (kept + aside):
        raise GatesRefused(_too_many_rejects(con, kept, aside, max_share))
    return Reading(kept, aside, doubts)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    arrow = rows.to_arrow()
    con.register("lot", arrow)
    con.execute(f"create table if not exists {table} as from lot limit 0")
    con.execute(f"insert into {table} by name from lot")
    con.unregister("lot")


def _rejects(rejected: list, without_nda: pl.DataFrame) -> pl.DataFrame:  # type: ignore[type-arg]
    import polars as pl

    frame = pl.DataFrame(
        [(r.ligne, r.motif, r.texte) for r in rejected], schema=REJECT_SCHEMA, orient="row"
    )
    if without_nda.is_empty():
        return frame
    text = pl.concat_str(pl.col("^lu_.*$").fill_null(""), separator=";")
    unkeyed = without_nda.select(
        "ligne",
        pl.lit("Numéro de déclaration d'activité absent : la ligne n'a pas de clé.").alias("motif"),
        text.alias("texte"),
    )
    return pl.concat([frame, unkeyed]).sort("ligne")


def _too_many_rejects(
    con: duckdb.DuckDBPyConnection, kept: int, aside: int, max_share: float
) -> str:
    first = con.execute("select ligne, motif from rejet order by ligne limit 1").fetchone() or (
        0,
        "",
    )
    share = 100 * aside / (kept + aside)
    return (
        f"{aside} lignes sur {kept + aside} ({share:.2f} %) ne peuvent pas être lues, pour "
        f"{100 * max_share:g} % admis (la première, ligne {first[0]} : {first[1].rstrip('.')}) : "
        "rien n'a été publié ; redemandez la liste ou relevez OPAC_MAX_REJECTED_SHARE après examen."
    )

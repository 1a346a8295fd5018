"""History within a build: every list of the archive that the current release has not followed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import DamagedContent
from pipelines.history.lists import DatedList, dated_lists
from pipelines.history.state import READ, Following, rules
from pipelines.home import Home
from pipelines.registers.archive import Archive, Sighting
from pipelines.registers.normalise import normalise
from pipelines.registers.reading import ListReader
from pipelines.settings import Settings
from pipelines.warehouse.build import Build, following_path, staging_path
from pipelines.warehouse.literals import build_config, file_literal, literal
from pipelines.warehouse.models import FOLLOWING, STAGING
from pipelines.warehouse.release import Release, current, open_readonly

if TYPE_CHECKING:
    import duckdb

# Processes that read lists while this one follows them.
_READERS = 2


@dataclass
class CaughtUp:
    """How many lists were followed, and what is to be told of those that could not be."""

    followed: int = 0
    warnings: list[str] = field(default_factory=list)


def catch_up(settings: Settings, build: Build) -> CaughtUp:
    """Bring history to the list of this build, in a database beside it.

    It goes on from the current release, if that was made by these rules and nothing else was asked
    for; else it starts from nothing.
    """
    import duckdb

    home = Home(settings.home)
    path = following_path(home)
    path.unlink(missing_ok=True)
    with duckdb.connect(config=build_config(build.liste.lignes)) as con:
        con.execute("set preserve_insertion_order = false")
        con.execute(f"set temp_directory = {literal(str(home.build))}")
        con.execute(f"attach {literal(str(path))} as {FOLLOWING}")
        con.execute(f"attach {literal(str(staging_path(home)))} as {STAGING} (read_only)")
        following = Following(con)
        if not build.refaire_historique:
            _resume(con, home, following)
        told = CaughtUp()
        while lists := following.lacking(_readable(home, following.known(), build.liste)):
            try:
                for one, rows in _rows(home, build, lists):
                    following.follow(one, rows)
                    told.followed += 1
            except DamagedContent as error:  # put aside: the others are followed without it
                told.warnings.append(str(error))
        con.execute(f"detach {FOLLOWING}")
        return told


def is_up_to_date(home: Home, release: Release) -> bool:
    """Tell whether a release tells of every list that history may rely on."""
    return release.meta.get("historique") == rules() and untold(home, release) == ([], [])


def untold(home: Home, release: Release) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Give the lists of the archive that a release does not tell of, and the reverse.

    Each by its date and SHA-256.
    """
    with open_readonly(release.path) as con:
        known = con.execute(
            "select date_instantane::varchar, sha256 from historique.instantane order by all"
        ).fetchall()
    archived = [(one.date, one.sha256) for one in _readable(home, known)]
    return (
        [one for one in archived if one not in known],
        [one for one in known if one not in archived],
    )


def _readable(
    home: Home, known: Sequence[tuple[str, str]], building: Sighting | None = None
) -> list[DatedList]:
    """Give the lists of history: those known, even damaged since, and those that can be read."""
    archive, told = Archive(home), set(known)
    return [
        one
        for one in dated_lists(archive, building)
        if (one.date, one.sha256) in told or archive.holds(one.sha256)
    ]


def _resume(con: duckdb.DuckDBPyConnection, home: Home, following: Following) -> None:
    release = current(home)
    if release is None or release.meta.get("historique") != rules():
        return
    con.execute(f"attach {literal(str(release.path))} as publiee (read_only)")
    following.resume("publiee")
    con.execute("detach publiee")


def _rows(home: Home, build: Build, lists: list[DatedList]) -> Iterator[tuple[DatedList, str]]:
    """Give each list with the query of its typed rows; those to come are read meanwhile."""
    columns, told = ", ".join(READ), ", ".join(map(literal, READ))
    others = [one for one in lists if one.sha256 != build.liste.sha256]
    read = _read_ahead(home, others)
    for one in lists:
        if one.sha256 == build.liste.sha256:
            yield (
                one,
                f"select {columns}, (select list_intersect(absentes, [{told}]) "
                f"from {STAGING}.lecture) as absentes from {STAGING}.organisme",
            )
            continue
        rows, absent = next(read)
        absentes = ", ".join(map(literal, absent))
        yield (
            one,
            f"select {columns}, [{absentes}]::varchar[] as absentes "
            f"from read_parquet({file_literal(rows)})",
        )
        rows.unlink()


def _read_ahead(home: Home, lists: list[DatedList]) -> Iterator[tuple[Path, list[str]]]:
    if not lists:
        return
    archive = Archive(home)
    context = multiprocessing.get_context("spawn")  # a fork would share DuckDB's threads
    with ProcessPoolExecutor(
        min(_READERS, len(lists)), mp_context=context, initializer=_end_with_parent
    ) as pool:

        def begin(one: DatedList) -> tuple[Path, Future[list[str]]]:
            copy = home.build / f"liste-{one.date}"
            archive.restore(one.sha256, copy)
            rows = copy.with_suffix(".parquet")
            return rows, pool.submit(read_list, copy, rows, one.date)

        waiting = iter(lists)
        begun = [begin(one) for one in islice(waiting, _READERS + 1)]
        while begun:
            rows, reading = begun.pop(0)
            absent = reading.result()
            begun += [begin(one) for one in islice(waiting, 1)]
            yield rows, absent


def _end_with_parent() -> None:
    """Have this process end when the refresh it reads for is killed: it would wait for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def read_list(content: Path, target: Path, date: str) -> list[str]:
    """Type a list into a Parquet file and remove it; give the columns that its layout never had.

    Those that history reads; those that it should have had, reception asked for.
    """
    import datetime as dt

    import polars as pl

    reader = ListReader(content)
    day = dt.date.fromisoformat(date)
    blocks = [normalise(block, day, reader.layout).rows for block in reader.blocks()]
    pl.concat(blocks).select(READ).write_parquet(target, compression="uncompressed")
    content.unlink()
    return sorted(reader.layout.absent.intersection(READ))

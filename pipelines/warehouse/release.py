"""The release: a built database is tested, put among the versions, and made current by one switch.

Current is what the symbolic link ``opac.duckdb`` names. A version counts once its sheet
(``<version>.json``) stands beside its file, and becomes current only after that: killed at any
moment, the process leaves the link on a complete version, and the next release sweeps the rest.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import GatesRefused, HomeUnusable, OpacError, UsageError
from pipelines.files import sync
from pipelines.home import Home, home_errors
from pipelines.lock import refresh_lock
from pipelines.warehouse.literals import MEMORY, literal

if TYPE_CHECKING:
    import duckdb

_VIEW_ROWS = 1_000
_STAMP = "%Y%m%dT%H%M%SZ"
_VERSION = re.compile(r"(\d{8}T\d{6}Z)-\w+")
# Sheet being written, database, sheet: all that a release puts among the versions.
_OURS = re.compile(rf"(?:opac-)?({_VERSION.pattern})\.(?:json|json\.tmp|duckdb)")


@dataclass(frozen=True)
class Release:
    """One released database; ``meta`` is what its sheet says."""

    version: str
    path: Path
    meta: dict[str, Any]
    courante: bool

    @property
    def home(self) -> Home:
        """The home that it was released in."""
        return Home(self.path.parent.parent)


def release(
    home: Home, built: Path, meta: Mapping[str, Any], kept: int, version: str | None = None
) -> Release:
    """Test the closed database ``built``, move it among the versions and make it current.

    The newest ``kept`` versions stay, and in any case the new one and the one it replaces (which
    may be older, after a rollback). ``meta`` must hold the ``sha256`` of the list it was made from.
    ``version`` is what :func:`new_version` gave when the build started; by default, one is made.

    Raises:
        GatesRefused: the file does not open, or a table or a view of it does not answer.
        RefreshRunning: another process refreshes this home.
        HomeUnusable: no space, no rights, or ``opac.duckdb`` is not a link.
    """
    sheet = json.dumps(dict(meta), ensure_ascii=False, indent=2)
    with refresh_lock(home), home_errors(home.root):
        replaced = _linked(home)
        _sweep(home, replaced)
        version = version or new_version(home, str(meta["sha256"]))
        _test(built, f"opac-{version}")
        sync(built)
        built.chmod(0o444)
        built.rename(_file(home, version))
        _write(_sheet(home, version), sheet)
        sync(home.releases)
        _switch(home, version)
        _prune(home, kept, {version, replaced})
        return Release(version, _file(home, version), json.loads(sheet), courante=True)


def current(home: Home) -> Release | None:
    """Return the release that ``opac.duckdb`` names, if it is there."""
    return next((found for found in releases(home) if found.courante), None)


def releases(home: Home) -> list[Release]:
    """Return the complete releases, newest first."""
    with home_errors(home.root):
        linked = _linked(home)
        found = []
        for version in sorted(_versions(home), reverse=True):
            meta = _meta(_sheet(home, version))
            if meta is not None and _file(home, version).is_file():
                found.append(Release(version, _file(home, version), meta, version == linked))
        return found


def rollback(home: Home, version: str | None = None) -> Release:
    """Make ``version`` current again, by default the one before the current.

    When ``opac.duckdb`` is missing or names a lost version, the default is the newest.

    Raises:
        UsageError: there is no such version.
        RefreshRunning: a refresh is under way.
    """
    if not releases(home):
        raise UsageError(
            f"Aucune version n'est publiée dans « {home.root} » : lancez d'abord « opac refresh »."
        )
    with refresh_lock(home), home_errors(home.root):
        chosen = _chosen(releases(home), version)
        _switch(home, chosen.version)
        return Release(chosen.version, chosen.path, chosen.meta, courante=True)


def open_readonly(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a database for reading.

    The link is followed here, because an older DuckDB takes a link for the file it named when
    this process first opened it.

    Raises:
        OpacError: it is missing, locked, forbidden or not a database.
    """
    import duckdb

    try:
        return duckdb.connect(path.resolve(), read_only=True)
    except duckdb.Error as error:
        raise _unopened(path, error) from error


def open_beside(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a database for reading, as the current catalogue of a connection that may write beside.

    Raises:
        OpacError: it is missing, locked, forbidden or not a database.
    """
    import duckdb

    # What does not fit goes to the system's folder for that, not to where the user stands.
    con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": tempfile.gettempdir()})
    try:
        con.execute(f"attach {literal(str(path.resolve()))} as opac (read_only)")
        con.execute("use opac")
    except duckdb.Error as error:
        con.close()
        raise _unopened(path, error) from error
    return con


def require_table(con: duckdb.DuckDBPyConnection, table: str, what: str) -> None:
    """See that a release holds a table, named with its schema.

    Raises:
        OpacError: it was made before ``what`` was part of it.
    """
    schema, name = table.split(".")
    held = con.execute(
        "select count(*) from information_schema.tables "
        f"where table_schema = {literal(schema)} and table_name = {literal(name)}"
    ).fetchone()
    if held != (1,):
        raise OpacError(f"La version publiée ne porte pas {what} : relancez « opac refresh ».")


def _chosen(available: list[Release], version: str | None) -> Release:
    names = [found.version for found in available]
    if version is not None:
        if version not in names:
            raise UsageError(
                f"La version « {version} » n'existe pas : choisissez parmi {', '.join(names)}."
            )
        return available[names.index(version)]
    place = next((rank for rank, found in enumerate(available) if found.courante), -1)
    if place + 1 == len(available):
        newer = ", ".join(names[:place])
        raise UsageError(
            f"Aucune version ne précède la version courante {names[place]} : "
            + (f"choisissez-en une autre parmi {newer}." if newer else "c'est la seule conservée.")
        )
    return available[place + 1]


def _unopened(path: Path, error: Exception) -> OpacError:
    """Say in one sentence why DuckDB did not open ``path``."""
    if not path.exists():
        return UsageError(f"La base « {path} » n'existe pas : lancez d'abord « opac refresh ».")
    lock = re.search(r"lock is held in (.*?)\(?PID (-?\d+)\)?", str(error))
    if lock:
        return HomeUnusable(
            f"La base « {path} » est ouverte en écriture par le processus {lock[2]} "
            f"({_program(lock[2], lock[1])}) : fermez-la dans ce programme ou ouvrez-l'y en "
            f"lecture seule (« duckdb -readonly {path} »), puis recommencez."
        )
    if not os.access(path, os.R_OK):
        return HomeUnusable(
            f"La base « {path} » ne peut pas être lue : demandez les droits de lecture sur ce "
            "fichier."
        )
    return HomeUnusable(
        f"La base « {path} » ne s'ouvre pas avec DuckDB ({_first_line(error)}) : revenez à une "
        "autre version avec « opac rollback » ou relancez « opac refresh »."
    )


def _program(pid: str, executable: str) -> str:
    """Name a process as the kernel does (``opac``, not ``python``), else by its executable."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:  # gone since, or not Linux
        return Path(executable.strip()).name or "programme inconnu"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _test(built: Path, name: str) -> None:
    """Open the build under the name it will have: each table and view must answer."""
    import duckdb

    if Path(f"{built}.wal").exists():
        raise GatesRefused(
            "La base construite n'a pas été refermée (son journal d'écriture est encore là) : "
            "rien n'est publié, relancez « opac refresh »."
        )
    with duckdb.connect() as connection:
        try:
            # Attached, not renamed: a build still open in this process would not be noticed.
            connection.execute(f"attach {literal(str(built))} as {_quoted(name)} (read_only)")
        except duckdb.Error as error:
            raise _refused(f"ne s'ouvre pas ({_first_line(error)})") from error
        connection.execute(f"use {_quoted(name)}")
        if (reason := fault(connection)) is not None:
            raise _refused(reason)


def fault(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Read every table of the current catalogue whole; give the reason if one does not answer.

    The reason goes on from the name of the database: « ne répond pas pour… ».
    """
    import duckdb

    # No bound parameter: DuckDB's first one imports pandas, for most of a second.
    relations = connection.execute(
        "select table_schema, table_name, table_type = 'VIEW' from information_schema.tables "
        "where table_catalog = current_catalog() order by all"
    ).fetchall()
    counts: dict[tuple[str, str], int] = {}
    for schema, table, is_view in relations:
        try:
            counts[schema, table] = _count(connection, schema, table, is_view)
        except duckdb.Error as error:
            return f"ne répond pas pour {schema}.{table} ({_first_line(error)})"
    if counts.get(("meta", "publication")) != 1:
        return "n'a pas exactement une ligne dans meta.publication"
    return None


def _count(connection: duckdb.DuckDBPyConnection, schema: str, table: str, is_view: bool) -> int:
    """Count the rows of a table or view, reading them whole.

    A mere ``count(*)`` reads no data: it succeeds on a file that was cut short. A view stores
    none: that it answers is enough, and one may have ten million rows.
    """
    relation = f"{_quoted(schema)}.{_quoted(table)}"
    source = f"(from {relation} limit {_VIEW_ROWS})" if is_view else relation
    row = connection.execute(
        f'select count(*), bit_xor(hash("the row")) from {source} as "the row"'
    ).fetchone()
    return int(row[0]) if row else 0


def _refused(reason: str) -> GatesRefused:
    return GatesRefused(
        f"La base construite {reason} : rien n'est publié et la dernière version reste en place ; "
        "relancez « opac refresh », et signalez le défaut s'il se répète."
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _file(home: Home, version: str) -> Path:
    return home.releases / f"opac-{version}.duckdb"


def _sheet(home: Home, version: str) -> Path:
    return home.releases / f"{version}.json"


def _ours(home: Home) -> list[tuple[str, Path]]:
    """List the files that releases have put among the versions, each with its version."""
    if not home.releases.exists():
        return []
    return [
        (found[1], path)
        for path in home.releases.iterdir()
        if (found := _OURS.fullmatch(path.name))
    ]


def _versions(home: Home) -> set[str]:
    return {version for version, _ in _ours(home)}


def _meta(sheet: Path) -> dict[str, Any] | None:
    try:
        meta: dict[str, Any] = json.loads(sheet.read_text(encoding="utf-8"))
    except FileNotFoundError:  # not released to the end, or pruned since it was listed
        return None
    except ValueError as error:
        raise HomeUnusable(
            f"La fiche de version « {sheet} » est illisible : supprimez-la ; "
            "le prochain « opac refresh » refera une version."
        ) from error
    return meta


def _linked(home: Home) -> str | None:
    """Return the version that ``opac.duckdb`` names, there or not."""
    link = home.database
    if not link.is_symlink():
        if link.exists():
            raise HomeUnusable(
                f"« {link} » devrait être un lien vers la version courante, mais c'est un fichier "
                "ordinaire (une copie ?) : déplacez-le hors de ce dossier, puis recommencez."
            )
        return None
    target = link.readlink()
    found = _OURS.fullmatch(target.name)
    if found and target == _target(home, found[1]):
        return found[1]
    return None


def _target(home: Home, version: str) -> Path:
    """Return what the link holds: relative, so that a home can be moved."""
    return _file(home, version).relative_to(home.root)


def new_version(home: Home, sha256: str) -> str:
    """Name a version after the time, later than every other: names sort as releases do."""
    now = datetime.now(UTC).replace(microsecond=0)
    last = max((version.split("-")[0] for version in _versions(home)), default="")
    if last:
        after = datetime.strptime(last, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
        now = max(now, after)
    return f"{now:{_STAMP}}-{sha256[:8]}"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _switch(home: Home, version: str) -> None:
    """Make a version current, in one step for whoever opens the database."""
    temporary = home.root / f"{home.database.name}.tmp"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(_target(home, version))
    temporary.replace(home.database)
    sync(home.root)


def _sweep(home: Home, linked: str | None) -> None:
    """Remove what a killed release left: a file without its sheet, or the reverse."""
    for version, path in _ours(home):
        whole = _sheet(home, version).exists() and _file(home, version).exists()
        if not (whole or version == linked):
            path.unlink()


def _prune(home: Home, kept: int, spared: set[str | None]) -> None:
    """Remove old versions. Whoever has one open goes on reading it: Linux keeps its content."""
    for version in sorted(_versions(home), reverse=True)[kept:]:
        if version not in spared:
            _sheet(home, version).unlink(missing_ok=True)
            _file(home, version).unlink(missing_ok=True)

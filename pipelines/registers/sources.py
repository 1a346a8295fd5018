"""From what the operator named to contents in the archive: the official list, a file, a folder."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import re
import shutil
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import NotTheList, SourceUnavailable, UsageError
from pipelines.french import date_courte, taille
from pipelines.home import Home
from pipelines.registers.archive import IMPORTED, LOCAL, OFFICIAL, Archive, Sighting, now
from pipelines.registers.download import Fetched, Validators, fetch
from pipelines.registers.profile import profile
from pipelines.settings import PARIS, Settings

# Nothing in a local file says where it comes from: it is not asserted.
_LOCAL_LICENCE = "inconnue (fichier local)"
_LOCAL_ATTRIBUTION = (
    "Fichier local ; s'il vient de la liste publique : Ministère du Travail – DGEFP"
)
_DATED = re.compile(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])")
_KINDS = (".csv", ".csv.gz", ".zip", ".parquet")
_CHUNK = 1 << 20
# No list is older: the register was first published on data.gouv.fr in the years after.
_FIRST_DAY = dt.date(2010, 1, 1)


@dataclass(frozen=True)
class Request:
    """What a refresh is asked to read. ``source`` None: the official list."""

    source: Path | None = None
    date: dt.date | None = None
    progress: bool = False


@dataclass(frozen=True)
class _Provenance:
    """Where a content came from."""

    origin: str
    route: str
    asked_url: str
    final_url: str
    licence: str
    attribution: str
    headers: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def known_list(home: Home, sha256: str) -> Sighting:
    """Give the last sighting of an archived list.

    Raises:
        UsageError: there is none.
    """
    found = Archive(home).last_sighting(sha256)
    if found is None:
        raise UsageError(
            f"Aucune liste {sha256[:12]}… n'a été archivée : relancez « opac refresh »."
        )
    return found


def archive_lists(settings: Settings, source: Path, date: dt.date | None) -> list[Sighting]:
    """Bring old lists, a file or a folder of them, into the archive, for history alone.

    Raises:
        NotTheList: a file is not the list.
        UsageError: the file does not exist, or nothing says its date.
    """
    paths = _files(source, date)
    if date is None and (undated := [path.name for path in paths if _name_date(path) is None]):
        raise UsageError(
            f"Rien ne dit la date de « {undated[0]} » : donnez-la avec --date AAAA-MM-JJ."
        )
    return [_local(settings, path, date, IMPORTED) for path in paths]


def acquire(settings: Settings, request: Request) -> Sighting:
    """Bring what was asked for into the archive and give the sighting to build from.

    Of a folder, every list is archived and the latest is given.

    Raises:
        SourceUnavailable: the source does not answer or the body is not whole.
        NotTheList: what came is not the list.
        UsageError: the file does not exist, or this home serves another kind of source.
    """
    home = Home(settings.home)
    archive = Archive(home)
    origin = OFFICIAL if request.source is None else LOCAL
    known = archive.origin()
    if known is not None and known != origin:
        raise UsageError(
            f"Ce dossier de travail contient des listes d'une autre origine ({known}) : pour ne "
            f"pas mêler les historiques, choisissez un autre dossier avec --home (origine "
            f"demandée : {origin})."
        )
    folder = home.build
    if request.date is not None:
        _refuse_unlikely(request.date)
    if request.source is None:
        return _official(settings, archive, folder, request)
    try:
        paths = _files(request.source, request.date)
    except PermissionError as error:
        raise _unreadable(request.source) from error
    seen = sorted(
        (_local(settings, path, request.date) for path in paths), key=lambda one: one.order
    )
    # The last is judged by the gate; the others are history only.
    for older in seen[:-1]:
        if older.doublon is None:
            archive.admit(older.sha256)
    return seen[-1]


def _official(settings: Settings, archive: Archive, folder: Path, request: Request) -> Sighting:
    answer = fetch(settings, folder, _validators(archive), progress=request.progress)
    if isinstance(answer, Fetched):
        day, doubts = _date(request.date, answer.last_modified)
        came = _Provenance(
            OFFICIAL,
            answer.route,
            answer.asked_url,
            answer.final_url,
            answer.licence,
            answer.attribution,
            answer.headers,
            [*answer.warnings, *doubts],
        )
        try:
            return _record(archive, answer.path, day, came)
        finally:
            answer.path.unlink(missing_ok=True)
    earlier = archive.last_sighting(answer.sha256)
    if earlier is None:  # validators come from sightings, so this cannot be
        raise SourceUnavailable("La source renvoie à une liste inconnue : relancez la commande.")
    came = _Provenance(
        OFFICIAL,
        answer.route,
        answer.asked_url,
        answer.final_url,
        earlier.licence,
        earlier.attribution,
        {**earlier.entetes, **answer.headers},
        answer.warnings,
    )
    copy = folder / "recu-connu"
    try:
        archive.restore(answer.sha256, copy)
        return _record(archive, copy, request.date or earlier.date, came)
    finally:
        copy.unlink(missing_ok=True)


def _validators(archive: Archive) -> dict[str, Validators]:
    """Give, for each address, what its last answer said whose content is still held."""
    found: dict[str, Validators] = {}
    # Newest first: asking whether a content is held reads its file, years of them for nothing.
    for one in reversed([*archive.sightings()]):
        if (
            one.origine == OFFICIAL
            and one.adresse_demandee not in found
            and archive.holds(one.sha256)
        ):
            found[one.adresse_demandee] = Validators(
                one.entetes.get("etag"), one.entetes.get("last-modified"), one.sha256
            )
    return found


def _refuse_unlikely(day: dt.date) -> None:
    """See that a date that was given is likely: none of today would be released over one to come.

    Raises:
        UsageError: it is to come, or from before the first lists.
    """
    if day > _tomorrow():
        raise UsageError(
            f"La date {date_courte(day)} est à venir : vérifiez celle de --date ou du nom de "
            "fichier, et l'horloge de cette machine."
        )
    if day < _FIRST_DAY:
        raise UsageError(
            f"La date {date_courte(day)} est d'avant {_FIRST_DAY.year}, et aucune liste n'est si "
            "ancienne : vérifiez celle de --date ou du nom de fichier."
        )


def _today() -> dt.date:
    return dt.datetime.now(PARIS).date()


def _tomorrow() -> dt.date:
    return _today() + dt.timedelta(days=1)


def _date(asked: dt.date | None, modified: dt.datetime | None) -> tuple[dt.date, list[str]]:
    """Date a list that the source gave; say when what the source says of it is not believed.

    A list dated in the future would keep all those of the days until then from being released.
    """
    if asked is not None:
        return asked, []
    if modified is None:
        return _today(), []
    try:
        day = modified.astimezone(PARIS).date()
    except OverflowError:  # at an end of the calendar
        day = modified.date()
    if _FIRST_DAY <= day <= _tomorrow():
        return day, []
    return _today(), [
        f"La source date sa liste du {date_courte(day)}, ce qui ne peut pas être : elle est datée "
        f"du jour de sa réception ({date_courte(_today())})."
    ]


def _record(archive: Archive, path: Path, date: dt.date, came: _Provenance) -> Sighting:
    """Check that ``path`` is the list, archive it and record the sighting."""
    found = profile(path, date)
    sighting = Sighting(
        date_contenu=date.isoformat(),
        vu=now(),
        origine=came.origin,
        route=came.route,
        adresse_demandee=came.asked_url,
        adresse_finale=came.final_url,
        sha256=archive.store(path),
        octets=path.stat().st_size,
        mise_en_page=found.mise_en_page,
        lignes=found.lignes,
        derniere_declaration=found.derniere_declaration,
        doublon=found.doublon,
        tableur=found.tableur,
        licence=came.licence,
        attribution=came.attribution,
        entetes=came.headers,
        avertissements=[*came.warnings, *found.avertissements],
    )
    archive.add(sighting)
    return sighting


# --- Local files ----------------------------------------------------------------------------


def _files(source: Path, date: dt.date | None) -> list[Path]:
    if not source.exists():
        raise UsageError(f"Le fichier « {source} » n'existe pas : vérifiez le chemin.")
    if source.is_file():
        return [source]
    if date is not None:
        raise UsageError(
            "--date ne vaut que pour un seul fichier : dans un dossier, la date de chaque liste "
            "est lue dans son nom (AAAA-MM-JJ)."
        )
    found = sorted(p for p in source.iterdir() if p.is_file() and p.name.lower().endswith(_KINDS))
    if not found:
        raise UsageError(
            f"Le dossier « {source} » ne contient aucune liste (.csv, .csv.gz, .zip, .parquet)."
        )
    undated = [p.name for p in found if _name_date(p) is None]
    if undated:
        raise UsageError(
            f"Dans un dossier, chaque liste doit porter sa date dans son nom (AAAA-MM-JJ) ; "
            f"sans date : {', '.join(undated[:5])}."
        )
    return found


def _name_date(path: Path) -> dt.date | None:
    match = _DATED.search(path.name)
    if match is None:
        return None
    try:
        return dt.date(*(int(part) for part in match.groups()))
    except ValueError:
        return None  # 31 February: not a date, though it looks like one


def _local(settings: Settings, path: Path, date: dt.date | None, origin: str = LOCAL) -> Sighting:
    home = Home(settings.home)
    copy = home.build / f"recu-{path.name.split('.')[0]}"
    day = date or _name_date(path) or dt.datetime.now(PARIS).date()
    _refuse_unlikely(day)
    try:
        _unpack(path, copy, settings.max_unpacked)
        if copy.stat().st_size == 0:
            raise NotTheList(f"Le fichier « {path} » est vide : redemandez-le à la source.")
        named = os.fsencode(path).decode(errors="replace")  # a name may be in another encoding
        came = _Provenance(origin, "fichier", named, named, _LOCAL_LICENCE, _LOCAL_ATTRIBUTION)
        return _record(Archive(home), copy, day, came)
    finally:
        copy.unlink(missing_ok=True)


def _unpack(path: Path, target: Path, ceiling: int) -> None:
    """Copy a file, unpacked by what it is and not by its name, within a ceiling."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except PermissionError as error:
        raise _unreadable(path) from error
    try:
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(path, "rb") as packed:
                _copy(packed, target, ceiling, path)  # type: ignore[arg-type]
        elif start == b"PK\x03\x04":
            with (
                zipfile.ZipFile(path) as archive,
                archive.open(_only_list(archive, path)) as packed,
            ):
                _copy(packed, target, ceiling, path)  # type: ignore[arg-type]
        elif path.stat().st_size > ceiling:
            raise _too_big(path, ceiling)
        else:
            shutil.copyfile(path, target)
    # zipfile says RuntimeError of a password, and of a compression it does not know.
    except (zlib.error, gzip.BadGzipFile, EOFError, zipfile.BadZipFile, RuntimeError) as error:
        raise NotTheList(
            f"L'archive « {path.name} » ne se déplie pas (abîmée, incomplète ou protégée par un "
            "mot de passe) : redemandez-la ou dépliez-la vous-même."
        ) from error


def _copy(packed: BinaryIO, target: Path, ceiling: int, path: Path) -> None:
    written = 0
    with target.open("wb") as out:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > ceiling:
                raise _too_big(path, ceiling)
            out.write(chunk)


def _unreadable(path: Path) -> UsageError:
    return UsageError(f"« {path} » ne peut pas être lu : vérifiez ses droits.")


def _too_big(path: Path, ceiling: int) -> NotTheList:
    return NotTheList(
        f"« {path.name} » dépasse {taille(ceiling)} une fois dépliée : ce n'est pas la "
        "liste, ou bien relevez la limite OPAC_MAX_UNPACKED."
    )


def _only_list(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    if any(entry.filename == "[Content_Types].xml" for entry in archive.infolist()):
        raise NotTheList(
            f"« {path.name} » est un classeur Excel, pas la liste : redemandez-la telle que la "
            "source la donne, en .csv ou en Parquet."
        )
    found = [
        entry
        for entry in archive.infolist()
        if entry.filename.lower().endswith((".csv", ".parquet"))
        and not entry.filename.startswith("__MACOSX/")  # macOS doubles every file
    ]
    if len(found) != 1:
        raise NotTheList(
            f"L'archive « {path.name} » contient {len(found)} fichiers .csv ou .parquet au lieu "
            "d'un seul : gardez-y seulement la liste."
        )
    return found[0]

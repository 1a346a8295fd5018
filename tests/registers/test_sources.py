"""From what the operator names to a content in the archive, dated."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import NotTheList, UsageError
from pipelines.home import Home
from pipelines.registers.archive import LOCAL, Archive, Sighting
from pipelines.registers.contents import file_sha256
from pipelines.registers.contract import COLUMNS
from pipelines.registers.sources import Request, acquire
from pipelines.settings import Settings
from tests.registers.acquiring import DATA, prepared, refusal, today, write
from tests.registers.rows import row, wire, wire_rows

Acquire = Callable[..., Sighting]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return prepared(tmp_path)


@pytest.fixture
def take(home: Home) -> Acquire:
    """Acquire a local source."""

    def call(source: Path, date: dt.date | None = None, ceiling: int = 1_000_000_000) -> Sighting:
        return acquire(Settings(home=home.root, max_unpacked=ceiling), Request(source, date))

    return call


def zipped(*names: str, data: bytes = DATA) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, data)
    return target.getvalue()


def parquet() -> bytes:
    line = row(1)
    target = io.BytesIO()
    pl.DataFrame({c.technical: [line[c.name]] for c in COLUMNS}).write_parquet(target)
    return target.getvalue()


# --- One file -------------------------------------------------------------------------------


def test_a_file_is_archived_and_seen(home: Home, take: Acquire, tmp_path: Path) -> None:
    path = write(tmp_path / "of_2026-01-15.csv")
    found = take(path)
    archive = Archive(home)
    assert list(archive.sightings()) == [found]
    assert found.sha256 == file_sha256(path)
    assert archive.holds(found.sha256)
    assert found.date_contenu == "2026-01-15"
    assert (found.origine, found.route) == (LOCAL, "fichier")
    assert found.adresse_demandee == found.adresse_finale == str(path)
    assert (found.octets, found.lignes, found.mise_en_page) == (len(DATA), 20, "actuelle")
    assert found.derniere_declaration == "2024-05-21"
    assert found.licence == "inconnue (fichier local)"
    assert found.avertissements == []
    # The copy that was read is gone.
    assert list(home.build.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("liste.csv", DATA),
        ("liste.csv.gz", gzip.compress(DATA)),
        ("liste.zip", zipped("of.csv")),
        ("liste.zip", zipped("dossier/OF.CSV", "dossier/LISEZMOI.txt")),
        ("liste.zip", zipped("of.csv", "__MACOSX/._of.csv")),
        # What a file is tells how it is unpacked, not its name.
        ("liste.csv", gzip.compress(DATA)),
        ("liste.csv.gz", DATA),
        ("liste", zipped("of.csv")),
    ],
)
def test_the_list_is_archived_unpacked(
    take: Acquire, tmp_path: Path, name: str, data: bytes
) -> None:
    found = take(write(tmp_path / name, data))
    assert found.octets == len(DATA)
    assert found.lignes == 20


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("liste.parquet", parquet()),
        ("liste.zip", zipped("liste.parquet", data=parquet())),
        ("liste.parquet", gzip.compress(parquet())),
    ],
)
def test_a_parquet_of_the_mirror_is_taken(
    take: Acquire, tmp_path: Path, name: str, data: bytes
) -> None:
    found = take(write(tmp_path / name, data))
    assert (found.mise_en_page, found.lignes) == ("opendatasoft (noms techniques)", 1)


def test_a_list_seen_again_is_told_again_with_its_warnings(
    home: Home, take: Acquire, tmp_path: Path
) -> None:
    lines = DATA.decode().splitlines()
    text = "\n".join(f"{line}{'courriel' if n == 0 else ''};" for n, line in enumerate(lines))
    path = write(tmp_path / "liste.csv", text.encode())
    first, second = take(path), take(path)
    warning = "Colonnes nouvelles dans la liste, non lues : courriel."
    assert first.avertissements == second.avertissements == [warning]
    assert len(list(Archive(home).sightings())) == 2
    assert len(list(home.archive.rglob("*.zst"))) == 1


def test_a_name_in_another_encoding_is_shown_as_it_can_be(
    home: Home, take: Acquire, tmp_path: Path
) -> None:
    """Names that came from Windows in a zip, say."""
    path = write(tmp_path / os.fsdecode(b"ann\xe9e_2026-01-15.csv"))
    assert take(path).adresse_demandee == f"{tmp_path}/ann�e_2026-01-15.csv"
    assert len(list(Archive(home).sightings())) == 1


def test_what_is_refused_is_not_archived(home: Home, take: Acquire, tmp_path: Path) -> None:
    for data in (b"<html></html>", wire([]), DATA.replace(b"denomination", b"nom", 1)):
        refusal(NotTheList, take, write(tmp_path / "liste.csv", data))
    assert [p for p in home.archive.rglob("*") if p.is_file()] == []
    assert list(home.build.iterdir()) == []


def test_an_empty_file_is_refused(take: Acquire, tmp_path: Path) -> None:
    for data in (b"", gzip.compress(b"")):
        path = write(tmp_path / "liste.csv", data)
        assert refusal(NotTheList, take, path) == (
            f"Le fichier « {path} » est vide : redemandez-le à la source."
        )


def test_a_missing_file_is_refused(take: Acquire, tmp_path: Path) -> None:
    path = tmp_path / "absent.csv"
    assert refusal(UsageError, take, path) == (
        f"Le fichier « {path} » n'existe pas : vérifiez le chemin."
    )


@pytest.mark.parametrize("call", ["open", "iterdir"])
def test_a_source_that_cannot_be_read_is_told(
    take: Acquire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Root may read anything: the refusal is that of the calls."""
    path = write(tmp_path / "listes" / "of_2026-01-15.csv")
    source = path if call == "open" else path.parent
    real = getattr(Path, call)

    def forbidden(self: Path, *args: object) -> object:
        if self == source:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *args)

    monkeypatch.setattr(Path, call, forbidden)
    assert refusal(UsageError, take, source) == (
        f"« {source} » ne peut pas être lu : vérifiez ses droits."
    )


# --- Packed files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (("a.csv", "b.csv"), 2),
        (("a.csv", "b.parquet"), 2),
        (("lisezmoi.txt",), 0),
    ],
)
def test_a_zip_must_hold_one_list(
    take: Acquire, tmp_path: Path, names: tuple[str, ...], count: int
) -> None:
    path = write(tmp_path / "listes.zip", zipped(*names))
    assert refusal(NotTheList, take, path) == (
        f"L'archive « listes.zip » contient {count} fichiers .csv ou .parquet au lieu d'un seul : "
        "gardez-y seulement la liste."
    )


def encrypted() -> bytes:
    """A zip whose entry says that it needs a password."""
    data = bytearray(zipped("of.csv"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def unknown_compression() -> bytes:
    data = bytearray(zipped("of.csv"))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(signature) + offset] = 9  # Deflate64, which Windows writes
    return bytes(data)


def wrong_sum() -> bytes:
    data = bytearray(gzip.compress(DATA))
    data[-6] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(DATA)[:-20],
        gzip.compress(DATA)[: len(gzip.compress(DATA)) // 2],
        wrong_sum(),
        b"\x1f\x8b" + b"rien" * 10,
        zipped("of.csv")[:-30],
        b"PK\x03\x04rien",
        encrypted(),
        unknown_compression(),
    ],
    ids=["gz end", "gz half", "gz sum", "not gz", "zip end", "not zip", "password", "compression"],
)
def test_what_does_not_unpack_is_refused(take: Acquire, tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path / "of_2026-01-15.zip", data)
    assert refusal(NotTheList, take, path) == (
        "L'archive « of_2026-01-15.zip » ne se déplie pas (abîmée, incomplète ou protégée par un "
        "mot de passe) : redemandez-la ou dépliez-la vous-même."
    )


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, lambda data: zipped("of.csv", data=data), bytes],
    ids=["gz", "zip", "csv"],
)
def test_a_bomb_is_stopped_at_the_ceiling(
    home: Home, take: Acquire, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = write(tmp_path / "bombe", pack(DATA + b" " * 5_000_000))
    told = refusal(NotTheList, take, path, ceiling=1_000_000)
    assert "« bombe » dépasse" in told
    assert "OPAC_MAX_UNPACKED" in told
    assert list(home.build.iterdir()) == []
    assert take(path, ceiling=6_000_000).lignes == 20


def test_the_ceiling_itself_is_allowed(take: Acquire, tmp_path: Path) -> None:
    for data in (DATA, gzip.compress(DATA)):
        path = write(tmp_path / "liste.csv", data)
        assert take(path, ceiling=len(DATA)).octets == len(DATA)
        refusal(NotTheList, take, path, ceiling=len(DATA) - 1)


# --- The date -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("of_2026-01-15.csv", "2026-01-15"),
        ("of_20260115.csv", "2026-01-15"),
        ("of_2026_01_15.csv", "2026-01-15"),
        ("2026-01-15T03-00.csv", "2026-01-15"),
        ("of_20260115030000.csv", "2026-01-15"),
        ("of_2024-02-29_v2.csv", "2024-02-29"),
    ],
)
def test_a_date_is_read_in_the_name(take: Acquire, tmp_path: Path, name: str, date: str) -> None:
    assert take(write(tmp_path / name)).date_contenu == date


@pytest.mark.parametrize(
    "name",
    ["liste.csv", "of_2026-02-31.csv", "of_2026-13-01.csv", "of_1720260115.csv", "of_260115.csv"],
)
def test_without_a_date_the_list_is_of_today_in_paris(
    take: Acquire, tmp_path: Path, name: str
) -> None:
    before = today()
    found = take(write(tmp_path / name)).date_contenu
    assert before.isoformat() <= found <= today().isoformat()


def test_today_is_that_of_paris(
    take: Acquire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Midnight(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Midnight:
            return cls(2026, 1, 15, 23, 30, tzinfo=dt.UTC).astimezone(tz)

    monkeypatch.setattr(dt, "datetime", Midnight)
    assert take(write(tmp_path / "liste.csv")).date_contenu == "2026-01-16"


def test_a_date_asked_for_wins_over_the_name(take: Acquire, tmp_path: Path) -> None:
    path = write(tmp_path / "of_2026-01-15.csv")
    assert take(path, dt.date(2025, 12, 1)).date_contenu == "2025-12-01"


# --- A folder -------------------------------------------------------------------------------


def test_every_list_of_a_folder_is_archived_and_the_latest_given(
    home: Home, take: Acquire, tmp_path: Path
) -> None:
    folder = tmp_path / "listes"
    write(folder / "of_2026-01-15.csv.gz", gzip.compress(wire_rows(15)))
    write(folder / "OF_2026-02-01.CSV", wire_rows(16))
    write(folder / "of_2025-12-31.zip", zipped("of.csv", data=wire_rows(17)))
    write(folder / "of_2026-01-20.parquet", parquet())
    write(folder / "LISEZMOI.md", b"Notes")
    (folder / "2026-03-01.csv").mkdir()
    found = take(folder)
    assert (found.date_contenu, found.lignes) == ("2026-02-01", 16)
    seen = {s.date_contenu: s.lignes for s in Archive(home).sightings()}
    assert seen == {"2025-12-31": 17, "2026-01-15": 15, "2026-01-20": 1, "2026-02-01": 16}


def test_two_lists_of_a_day_are_told_apart_by_their_latest_declaration(
    take: Acquire, tmp_path: Path
) -> None:
    folder = tmp_path / "listes"
    late = wire([row(1, date_derniere_declaration="31/05/2025")])
    write(folder / "a_2026-01-15.csv", late)
    write(folder / "b_2026-01-15.csv", wire_rows(20))
    assert take(folder).derniere_declaration == "2025-05-31"


def test_a_list_without_date_in_a_folder_is_refused(
    home: Home, take: Acquire, tmp_path: Path
) -> None:
    folder = tmp_path / "listes"
    for name in ("of_2026-01-15.csv", "dernière.csv", "of_2026-02-31.csv"):
        write(folder / name)
    assert refusal(UsageError, take, folder) == (
        "Dans un dossier, chaque liste doit porter sa date dans son nom (AAAA-MM-JJ) ; sans date : "
        "dernière.csv, of_2026-02-31.csv."
    )
    assert list(Archive(home).sightings()) == []


def test_a_date_for_a_whole_folder_is_refused(take: Acquire, tmp_path: Path) -> None:
    write(tmp_path / "listes" / "of_2026-01-15.csv")
    told = refusal(UsageError, take, tmp_path / "listes", dt.date(2026, 1, 1))
    assert told.startswith("--date ne vaut que pour un seul fichier")


def test_a_folder_without_a_list_is_refused(take: Acquire, tmp_path: Path) -> None:
    write(tmp_path / "vide" / "LISEZMOI.md", b"Notes")
    assert refusal(UsageError, take, tmp_path / "vide") == (
        f"Le dossier « {tmp_path / 'vide'} » ne contient aucune liste (.csv, .csv.gz, .zip, "
        ".parquet)."
    )

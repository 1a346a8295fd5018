"""The archive: every content once, byte for byte, and every sighting, for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import NotTheList, OpacError
from pipelines.home import Home
from pipelines.registers import reading
from pipelines.registers.archive import Archive, Sighting, now
from pipelines.registers.contents import file_sha256
from pipelines.registers.profile import Profile, profile
from tests.registers.rows import mirror_rows, row, wire, wire_rows

SIGHTING = Sighting(
    date_contenu="2026-01-15",
    vu="2026-01-16T04:00:00+00:00",
    origine="fichiers locaux",
    route="fichier",
    adresse_demandee="liste.csv",
    adresse_finale="liste.csv",
    sha256="a" * 64,
    octets=1_000,
    mise_en_page="actuelle",
    lignes=20,
    derniere_declaration="2025-12-31",
    licence="inconnue",
    attribution="",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


@pytest.fixture
def archive(home: Home) -> Archive:
    return Archive(home)


def write(folder: Path, data: bytes, name: str = "liste.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def contents(home: Home) -> list[Path]:
    return sorted(path for path in home.archive.rglob("*") if path.is_file())


# --- Contents -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [wire_rows(200), b"\n", b"\x00\xff\r\n" * 1_000, random.Random(1).randbytes(3_000_000)],
    ids=["list", "one byte", "bytes", "several chunks"],
)
def test_a_content_comes_back_byte_for_byte(archive: Archive, tmp_path: Path, data: bytes) -> None:
    sha256 = archive.store(write(tmp_path, data))
    assert sha256 == hashlib.sha256(data).hexdigest() == file_sha256(tmp_path / "liste.csv")
    archive.restore(sha256, tmp_path / "rendu")
    assert (tmp_path / "rendu").read_bytes() == data


def test_a_content_is_stored_once_and_never_written_again(
    home: Home, archive: Archive, tmp_path: Path
) -> None:
    data = wire_rows(50)
    sha256 = archive.store(write(tmp_path, data))
    path = archive.content_path(sha256)
    before = path.stat()
    os.utime(path, ns=(1, 1))
    assert archive.store(write(tmp_path, data, "autre.csv")) == sha256
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, 1, before.st_size)
    assert contents(home) == [path]
    assert path.stat().st_mode & 0o222 == 0
    assert path.parent.name == sha256[:2]
    assert path.stat().st_size < len(data) / 3


def test_contents_are_told_apart(home: Home, archive: Archive, tmp_path: Path) -> None:
    first, other = (archive.store(write(tmp_path, wire_rows(count))) for count in (5, 6))
    assert first != other
    assert archive.holds(first)
    assert not archive.holds("0" * 64)
    assert len(contents(home)) == 2


def test_what_a_killed_writing_left_is_no_content(
    home: Home, archive: Archive, tmp_path: Path
) -> None:
    data = wire_rows(5)
    sha256 = hashlib.sha256(data).hexdigest()
    path = archive.content_path(sha256)
    path.parent.mkdir(parents=True)
    path.with_suffix(".4242.partiel").write_bytes(b"half")
    assert not archive.holds(sha256)
    archive.store(write(tmp_path, data))
    archive.restore(sha256, tmp_path / "rendu")
    assert (tmp_path / "rendu").read_bytes() == data


def test_a_writing_that_fails_leaves_nothing(
    home: Home, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        archive.store(write(tmp_path, wire_rows(5)))
    assert contents(home) == []


def damage(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_content_is_told(archive: Archive, tmp_path: Path, share: float) -> None:
    sha256 = archive.store(write(tmp_path, wire_rows(300)))
    packed = archive.content_path(sha256).read_bytes()
    damage(archive.content_path(sha256), packed[: int(len(packed) * share)])
    with pytest.raises(OpacError, match=f"{sha256[:12]}… est abîmé et mis de côté"):
        archive.restore(sha256, tmp_path / "rendu")


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_never_goes_unseen(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    archive, data = Archive(Home(folder)), wire_rows(300)
    sha256 = archive.store(write(folder, data))
    packed = bytearray(archive.content_path(sha256).read_bytes())
    packed[place % len(packed)] ^= 1 << bit
    damage(archive.content_path(sha256), bytes(packed))
    try:
        archive.restore(sha256, folder / "rendu")
    except OpacError:
        assert not archive.holds(sha256)
    else:
        assert (folder / "rendu").read_bytes() == data


def test_another_content_under_the_name_is_told(archive: Archive, tmp_path: Path) -> None:
    first, other = (archive.store(write(tmp_path, wire_rows(count))) for count in (5, 6))
    damage(archive.content_path(first), archive.content_path(other).read_bytes())
    with pytest.raises(OpacError, match="est abîmé"):
        archive.restore(first, tmp_path / "rendu")


def test_a_damaged_content_can_be_archived_again(archive: Archive, tmp_path: Path) -> None:
    """Otherwise the source answers « not modified » and the home is stuck."""
    data = wire_rows(50)
    sha256 = archive.store(write(tmp_path, data))
    damage(archive.content_path(sha256), b"rien")
    with pytest.raises(OpacError) as raised:
        archive.restore(sha256, tmp_path / "rendu")
    assert str(raised.value) == (
        f"Le contenu archivé {sha256[:12]}… est abîmé et mis de côté ({sha256}.abime) : relancez "
        "depuis la source ou restaurez le dossier « archive » depuis une sauvegarde."
    )
    assert not archive.holds(sha256)
    assert archive.content_path(sha256).with_suffix(".abime").read_bytes() == b"rien"
    archive.store(write(tmp_path, data))
    archive.restore(sha256, tmp_path / "rendu")
    assert (tmp_path / "rendu").read_bytes() == data


def test_a_content_that_is_gone_is_told(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(OpacError, match="000000000000… n'est plus dans l'archive : relancez"):
        archive.restore("0" * 64, tmp_path / "rendu")


# --- Sightings ------------------------------------------------------------------------------


def test_sightings_are_kept_in_order_of_arrival(home: Home, archive: Archive) -> None:
    assert (list(archive.sightings()), archive.origin()) == ([], None)
    seen = [
        replace(SIGHTING, date_contenu=f"2026-01-{day:02d}", entetes={"etag": f'"{day}"'})
        for day in (15, 3, 9)
    ]
    path = home.archive / "observations.jsonl"
    written = b""
    for rank, sighting in enumerate(seen, start=1):
        archive.add(sighting)
        assert path.read_bytes().startswith(written)
        written = path.read_bytes()
        assert written.count(b"\n") == rank
    assert list(archive.sightings()) == seen
    assert archive.origin() == "fichiers locaux"


def test_a_sighting_says_all_that_is_asked_of_it(archive: Archive) -> None:
    sighting = replace(
        SIGHTING,
        derniere_declaration=None,
        avertissements=["Colonnes nouvelles dans la liste, non lues : âge."],
        entetes={"etag": '"é"', "last-modified": "Sat, 01 Jun 2024 04:00:00 GMT"},
    )
    archive.add(sighting)
    assert list(archive.sightings()) == [sighting]
    assert sighting.date == dt.date(2026, 1, 15)


@pytest.mark.parametrize("torn", [b'{"date_contenu": "2026-', b'{"vu": "\xc3', b"[1]\n", b"null"])
def test_a_torn_line_spoils_nothing_but_itself(home: Home, archive: Archive, torn: bytes) -> None:
    other = replace(SIGHTING, sha256="b" * 64)
    archive.add(SIGHTING)
    with (home.archive / "observations.jsonl").open("ab") as file:
        file.write(torn)
    assert list(archive.sightings()) == [SIGHTING]
    archive.add(other)
    assert list(archive.sightings()) == [SIGHTING, other]


def test_the_last_sighting_of_a_content_is_the_last_that_came(archive: Archive) -> None:
    """Even within one second, or when clocks went back."""
    first = replace(SIGHTING, entetes={"etag": '"1"'})
    last = replace(first, vu="2026-01-15T00:00:00+00:00", entetes={"etag": '"2"'})
    for sighting in (first, replace(SIGHTING, sha256="b" * 64), last):
        archive.add(sighting)
    assert archive.last_sighting(SIGHTING.sha256) == last
    assert archive.last_sighting("c" * 64) is None


def test_lists_of_a_day_are_ordered_by_declaration_then_by_fingerprint() -> None:
    ordered = [
        replace(SIGHTING, date_contenu="2026-01-14", sha256="f" * 64),
        replace(SIGHTING, derniere_declaration=None, sha256="e" * 64),
        replace(SIGHTING, derniere_declaration="2025-12-30", sha256="d" * 64),
        replace(SIGHTING, derniere_declaration="2025-12-31", sha256="b" * 64),
        replace(SIGHTING, derniere_declaration="2025-12-31", sha256="c" * 64, vu="2000"),
        replace(SIGHTING, date_contenu="2026-01-16", derniere_declaration=None),
    ]
    other = list(ordered)
    random.Random(3).shuffle(other)
    assert sorted(other, key=lambda s: s.order) == ordered


def test_the_present_time_is_utc() -> None:
    moment = dt.datetime.fromisoformat(now())
    assert moment.utcoffset() == dt.timedelta(0)
    assert abs(moment - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


# --- Profile --------------------------------------------------------------------------------


def test_a_profile_counts_every_line_and_finds_the_latest_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        row(1, date_derniere_declaration="31/05/2025"),
        row(2, date_derniere_declaration="01/06/2025"),
        row(3, date_derniere_declaration="31/02/2026"),
        row(4, date_derniere_declaration=None),
        row(1, date_derniere_declaration="31/05/2025"),
    ]
    path = write(tmp_path, wire(lines) + b"illisible\n\n")
    whole = Profile("actuelle", 6, "2025-06-01", None, None, ())
    assert profile(path, SIGHTING.date) == whole
    monkeypatch.setattr(reading, "BLOCK", 1)
    assert profile(path, SIGHTING.date) == whole


def test_a_profile_tells_layout_and_new_columns(tmp_path: Path) -> None:
    lines = mirror_rows(3).decode().splitlines()
    text = "\n".join(f"{line};{'courriel' if n == 0 else ''}" for n, line in enumerate(lines))
    assert profile(write(tmp_path, text.encode()), SIGHTING.date) == Profile(
        "opendatasoft (noms techniques)",
        3,
        "2024-05-04",
        None,
        None,
        ("Colonnes nouvelles dans la liste, non lues : courriel.",),
    )


def test_a_profile_names_a_number_that_two_rows_bear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = row(2, denomination="UNE AUTRE")
    path = write(tmp_path, wire([row(1), row(2), row(3), twin]))
    assert profile(path, SIGHTING.date).doublon == row(2)["nda"]
    monkeypatch.setattr(reading, "BLOCK", 1)
    assert profile(path, SIGHTING.date).doublon == row(2)["nda"]


def test_a_list_without_any_date_has_no_latest_declaration(tmp_path: Path) -> None:
    path = write(tmp_path, wire([row(1, date_derniere_declaration=None)]))
    assert profile(path, SIGHTING.date).derniere_declaration is None


@pytest.mark.parametrize("data", [wire([]), wire([]) + b"\n \n"])
def test_a_header_alone_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotTheList, match="qu'un en-tête et aucune ligne : redemandez-la"):
        profile(write(tmp_path, data), SIGHTING.date)

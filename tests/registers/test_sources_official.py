"""The official list: its date, and why it is not mixed with local files."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from pathlib import Path

import pytest

from pipelines.errors import OpacError, UsageError
from pipelines.home import Home
from pipelines.registers.archive import OFFICIAL, Archive
from pipelines.registers.sources import Request, acquire
from pipelines.settings import PARIS, Settings
from tests.registers.acquiring import DATA, prepared, refusal, today, write
from tests.registers.rows import wire_rows
from tests.registers.server import FILE, RegisterServer, csv


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return prepared(tmp_path)


def test_the_official_list_is_dated_by_its_last_modification_in_paris(
    home: Home, register_server: RegisterServer
) -> None:
    late = csv(DATA).but(headers={"Last-Modified": "Fri, 31 May 2024 22:30:00 GMT"})
    register_server.script(FILE, late)
    found = acquire(register_server.settings(home.root), Request())
    assert (found.origine, found.route) == (OFFICIAL, "data.gouv")
    assert found.date_contenu == "2024-06-01"
    assert found.attribution
    assert "Licence Ouverte" in found.licence
    assert list(home.build.iterdir()) == []


def test_without_last_modification_the_official_list_is_of_today(
    home: Home, register_server: RegisterServer
) -> None:
    register_server.script(FILE, csv(DATA).but(headers={"Last-Modified": None}))
    before = today()
    found = acquire(register_server.settings(home.root), Request())
    assert before.isoformat() <= found.date_contenu <= today().isoformat()


@pytest.mark.parametrize(
    ("claimed", "told"),
    [
        ("Fri, 01 Jan 2100 04:00:00 GMT", "01/01/2100"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "01/01/1970"),
        ("Thu, 31 Dec 2009 12:00:00 GMT", "31/12/2009"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "31/12/9999"),
        ("Mon, 01 Jan 0001 00:00:00 GMT", "01/01/"),
    ],
)
def test_a_date_that_cannot_be_is_not_believed(
    home: Home, register_server: RegisterServer, claimed: str, told: str
) -> None:
    register_server.script(FILE, csv(DATA).but(headers={"Last-Modified": claimed}))
    before = today()
    found = acquire(register_server.settings(home.root), Request())
    assert before.isoformat() <= found.date_contenu <= today().isoformat()
    (warning,) = found.avertissements
    assert "ce qui ne peut pas être : elle est datée du jour de sa réception" in warning
    assert told in warning


@pytest.mark.parametrize("days", [0, 1])
def test_a_date_of_the_day_after_is_believed(
    home: Home, register_server: RegisterServer, days: int
) -> None:
    noon = dt.datetime.now(PARIS).replace(hour=12) + dt.timedelta(days=days)
    claimed = format_datetime(noon.astimezone(dt.UTC), usegmt=True)
    register_server.script(FILE, csv(DATA).but(headers={"Last-Modified": claimed}))
    found = acquire(register_server.settings(home.root), Request())
    assert found.date_contenu == noon.date().isoformat()
    assert found.avertissements == []


def test_the_nights_after_a_date_to_come_are_dated_as_the_source_says(
    home: Home, register_server: RegisterServer
) -> None:
    settings = register_server.settings(home.root)
    ahead = csv(DATA).but(headers={"Last-Modified": "Fri, 01 Jan 2100 04:00:00 GMT"})
    register_server.script(FILE, ahead)
    first = acquire(settings, Request())
    register_server.script(FILE, csv(wire_rows(21)).but(headers={"Last-Modified": None}))
    second = acquire(settings, Request())
    assert first.order < second.order


def test_a_date_asked_for_wins_over_the_last_modification(
    home: Home, register_server: RegisterServer
) -> None:
    settings = register_server.settings(home.root)
    assert acquire(settings, Request(date=dt.date(2024, 1, 2))).date_contenu == "2024-01-02"
    # Answered « not modified »: the date known stays, unless another is asked for.
    assert acquire(settings, Request()).date_contenu == "2024-01-02"
    assert acquire(settings, Request(date=dt.date(2024, 1, 3))).date_contenu == "2024-01-03"
    assert len(list(Archive(home).sightings())) == 3
    assert len({s.sha256 for s in Archive(home).sightings()}) == 1


def test_a_list_whose_archive_is_damaged_is_asked_for_whole_again(
    home: Home, register_server: RegisterServer
) -> None:
    settings = register_server.settings(home.root)
    first = acquire(settings, Request())
    path = Archive(home).content_path(first.sha256)
    path.chmod(0o644)
    path.write_bytes(b"rien")
    told = refusal(OpacError, acquire, settings, Request())
    assert "est abîmé et mis de côté" in told
    again = acquire(settings, Request())
    assert again.sha256 == first.sha256
    Archive(home).restore(again.sha256, home.build / "rendu")
    assert (home.build / "rendu").read_bytes() == DATA


# --- One kind of source a home --------------------------------------------------------------


def test_local_files_are_not_mixed_with_the_official_list(
    home: Home, register_server: RegisterServer, tmp_path: Path
) -> None:
    settings = register_server.settings(home.root)
    acquire(settings, Request())
    path = write(tmp_path / "liste.csv")
    assert refusal(UsageError, acquire, settings, Request(path)) == (
        "Ce dossier de travail contient des listes d'une autre origine (officielle) : pour ne pas "
        "mêler les historiques, choisissez un autre dossier avec --home (origine demandée : "
        "fichiers locaux)."
    )
    assert len(list(Archive(home).sightings())) == 1


def test_the_official_list_is_not_mixed_with_local_files(
    home: Home, register_server: RegisterServer, tmp_path: Path
) -> None:
    acquire(Settings(home=home.root), Request(write(tmp_path / "liste.csv")))
    settings = register_server.settings(home.root)
    told = refusal(UsageError, acquire, settings, Request())
    assert "(fichiers locaux)" in told
    assert "(origine demandée : officielle)" in told
    assert register_server.seen == []

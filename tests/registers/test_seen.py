"""When the source was last seen, and whether what it gives still moves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.registers.archive import IMPORTED, LOCAL, OFFICIAL, Archive, Sighting
from pipelines.registers.seen import frozen, last_seen, seen_until
from tests.registers.test_archive import SIGHTING

ONE, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    home = Home(tmp_path / "maison")
    home.prepare()
    return Archive(home)


def seen(vu: str, date: str, sha256: str = ONE, origine: str = OFFICIAL) -> Sighting:
    return replace(SIGHTING, vu=vu, date_contenu=date, sha256=sha256, origine=origine)


def test_nothing_was_seen_in_an_empty_archive(archive: Archive) -> None:
    assert last_seen(archive) is None
    assert seen_until(archive, ONE) is None
    assert frozen(archive) is None


def test_the_last_time_is_the_last_to_arrive_and_forgets_a_clock_that_was_ahead(
    archive: Archive,
) -> None:
    archive.add(seen("2027-03-02T04:15:00+00:00", "2026-03-02"))
    archive.add(seen("2026-03-03T04:15:00+00:00", "2026-03-02"))
    archive.add(seen("2026-04-01T10:00:00+00:00", "2021-05-01", OTHER, IMPORTED))

    assert last_seen(archive) == dt.datetime(2026, 3, 3, 4, 15, tzinfo=dt.UTC)
    assert seen_until(archive, ONE) == dt.date(2026, 3, 3)


def test_a_list_holds_until_the_day_the_source_last_confirmed_it(archive: Archive) -> None:
    archive.add(seen("2026-03-02T04:15:00+00:00", "2026-03-02"))
    archive.add(seen("2026-03-10T23:30:00+00:00", "2026-03-02"))

    assert seen_until(archive, ONE) == dt.date(2026, 3, 11), "it was already the 11th in Paris"


def test_a_frozen_list_does_not_hold_for_ever(archive: Archive) -> None:
    for day in range(2, 29):
        archive.add(seen(f"2026-03-{day:02}T04:15:00+00:00", f"2026-03-{day:02}"))

    assert seen_until(archive, ONE) == dt.date(2026, 3, 9)


def test_a_file_read_again_holds_until_the_date_it_was_given(archive: Archive) -> None:
    archive.add(seen("2026-03-02T04:15:00+00:00", "2026-01-15", origine=LOCAL))
    archive.add(seen("2026-03-10T23:30:00+00:00", "2026-01-20", origine=LOCAL))

    assert seen_until(archive, ONE) == dt.date(2026, 1, 20)


@pytest.mark.parametrize(("last", "told"), [("2026-03-09", False), ("2026-03-10", True)])
def test_a_content_under_dates_that_move_is_frozen_after_seven_days(
    archive: Archive, last: str, told: bool
) -> None:
    archive.add(seen("2026-03-01T04:15:00+00:00", "2026-03-01", OTHER))
    archive.add(seen("2026-03-02T04:15:00+00:00", "2026-03-02"))
    archive.add(seen("2026-03-10T04:15:00+00:00", last))

    found = frozen(archive)

    assert (found is not None) is told
    if found is not None:
        assert (found.sha256, found.depuis, found.jusqu_a) == (
            ONE,
            dt.date(2026, 3, 2),
            dt.date(2026, 3, 10),
        )


def test_a_source_that_says_it_has_not_changed_is_not_frozen(archive: Archive) -> None:
    archive.add(seen("2026-03-02T04:15:00+00:00", "2026-03-02"))
    archive.add(seen("2026-04-02T04:15:00+00:00", "2026-03-02"))

    assert frozen(archive) is None, "its date does not move either"

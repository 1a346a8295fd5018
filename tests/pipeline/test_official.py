"""What a refresh does with the official list: fetched, known, older, or not to be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.registers.archive import Archive, Sighting
from tests.pipeline import lists
from tests.pipeline.commands import Opac, ask, released
from tests.registers.rows import mirror_rows, row, wire
from tests.registers.server import (
    CATALOGUE,
    FILE,
    LAST_MODIFIED,
    MIRROR,
    RegisterServer,
    csv,
    error,
)


def _sightings(home: Path) -> list[Sighting]:
    return list(Archive(Home(home)).sightings())


def _serve(server: RegisterServer, body: bytes, mirrored: bytes | None = None) -> None:
    server.content = body
    server.script(CATALOGUE, server.catalogue())
    server.script(FILE, csv(body))
    if mirrored is not None:
        server.script(MIRROR, csv(mirrored).but(chunked=True))


@pytest.mark.usefixtures("whole_job")
def test_the_official_list_is_fetched_and_released(
    official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    _serve(register_server, lists.next_list())

    said = opac("refresh", "--home", official_home).succeeded()

    assert "publiée (liste du 2024-10-16)" in said, "the day of Last-Modified, in Paris"
    assert ask(
        official_home, "select route, adresse, lignes_liste, licence from meta.publication"
    ) == [
        (
            "data.gouv",
            register_server.origin + FILE + "?format=csv",
            lists.COUNT + 3,
            "Licence Ouverte / Open Licence",
        )
    ]
    seen = _sightings(official_home)[-1]
    assert seen.entetes["last-modified"] == LAST_MODIFIED
    assert seen.avertissements == []
    assert register_server.count(MIRROR) == 0


def test_a_list_that_the_server_says_unmodified_is_unchanged(
    official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    _serve(register_server, lists.next_list())
    opac("refresh", "--home", official_home).succeeded()
    before, asked = released(official_home), register_server.count(FILE)
    known = _sightings(official_home)

    said = opac("refresh", "--home", official_home).succeeded()

    assert "Inchangé" in said
    assert released(official_home) == before
    conditional = register_server.asked(FILE)[asked].headers
    assert conditional["if-modified-since"] == LAST_MODIFIED
    seen = _sightings(official_home)
    assert len(seen) == len(known) + 1
    assert replace(seen[-1], vu="", entetes={}) == replace(known[-1], vu="", entetes={})


@pytest.mark.usefixtures("whole_job")
def test_an_older_list_is_archived_for_history_and_not_released(
    official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    _serve(register_server, lists.next_list())
    older = csv(lists.next_list()).but(headers={"Last-Modified": "Sat, 01 Jun 2024 04:00:00 GMT"})
    register_server.script(FILE, older)
    before = released(official_home)

    said = opac("refresh", "--home", official_home).succeeded()

    assert "liste plus ancienne (2024-06-01) que celle de la version publiée (2024-10-15)" in said
    assert released(official_home) == before
    archive = Archive(Home(official_home))
    assert _sightings(official_home)[-1].sha256 in archive.admitted()
    # The next release tells of it.
    newer = csv(wire(lists.varied_rows())).but(headers={"Last-Modified": LAST_MODIFIED})
    register_server.script(FILE, newer)
    opac("refresh", "--home", official_home).succeeded()
    dates = ask(official_home, "select date_instantane::varchar from historique.instantane")
    assert sorted(dates) == [("2024-06-01",), ("2024-10-15",), ("2024-10-16",)]


def test_an_older_list_that_is_not_whole_does_not_enter_history(
    official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    short = wire(row(number) for number in range(1, 400))
    older = csv(short).but(headers={"Last-Modified": "Sat, 01 Jun 2024 04:00:00 GMT"})
    register_server.script(FILE, older)
    before = released(official_home)

    said = opac("refresh", "--home", official_home).succeeded()

    assert "liste plus ancienne (2024-06-01)" in said
    assert released(official_home) == before
    seen = _sightings(official_home)[-1]
    assert seen.lignes == 399
    assert seen.sha256 not in Archive(Home(official_home)).admitted()


def test_the_mirror_serves_when_data_gouv_does_not(
    official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    before = released(official_home)
    register_server.script(FILE, error(503))
    register_server.script(MIRROR, csv(mirror_rows(lists.COUNT + 3)).but(chunked=True))

    opac("refresh", "--home", official_home).succeeded()

    after = released(official_home)
    assert (before.rows, after.rows) == (lists.COUNT, lists.COUNT + 3)
    assert ask(official_home, "select route, mise_en_page from meta.publication") == [
        ("opendatasoft", "opendatasoft (noms techniques)")
    ]
    (warning,) = _sightings(official_home)[-1].avertissements
    assert warning == (
        "data.gouv n'a pas donné la liste (erreur HTTP 503, 2 tentatives) : elle a été demandée "
        "au miroir opendatasoft."
    )


def test_both_routes_down_leave_the_release(
    official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    before, seen = released(official_home), _sightings(official_home)
    register_server.script(FILE, error(503))
    register_server.script(MIRROR, error(500))

    ran = opac("refresh", "--home", official_home)

    ran.refused(3, "erreur HTTP 503", "erreur HTTP 500", "la dernière version publiée reste")
    assert (released(official_home), _sightings(official_home)) == (before, seen)
    _serve(register_server, lists.next_list())
    opac("refresh", "--home", official_home).succeeded()


def test_a_local_list_is_refused_where_the_official_one_is(
    official_home: Path, opac: Opac, tmp_path: Path
) -> None:
    source = tmp_path / "liste.csv"
    source.write_bytes(lists.next_list())
    before, seen = released(official_home), _sightings(official_home)

    ran = opac("refresh", "--source", source, "--home", official_home)

    ran.refused(2, "une autre origine (officielle)", "--home")
    assert (released(official_home), _sightings(official_home)) == (before, seen)


def test_the_official_list_is_refused_where_local_ones_are(home: Path, opac: Opac) -> None:
    before = released(home)

    opac("refresh", "--home", home).refused(2, "une autre origine (fichiers locaux)", "--home")

    assert released(home) == before

"""What the source may do from one night to the next, in one home, each night a process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.registers.archive import Archive
from tests.launcher import Launcher
from tests.pipeline.commands import Ran, ask, release_of, released
from tests.registers.rows import row, wire
from tests.registers.server import CATALOGUE, FILE, MIRROR, RegisterServer, csv, error

_ROWS = 600


def _list(night: int) -> bytes:
    """A list a night: one organisation more, one renamed."""
    renamed = {"denomination": f"ORGANISME FICTIF DE LA NUIT {night}"}
    return wire(row(n, **(renamed if n == 100 else {})) for n in range(1, _ROWS + night))


@dataclass
class Source:
    """The source and the home that asks it; ``date`` is a day of October 2024."""

    server: RegisterServer
    launcher: Launcher
    home: Path

    def gives(self, body: bytes, date: int, *, whole: bool = True, announced: bool = True) -> Ran:
        """Have the source give a list, and refresh."""
        day = f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[date % 7]}, {date} Oct 2024"
        answer = csv(body).but(
            headers={"Last-Modified": f"{day} 04:00:00 GMT", "ETag": f'"{date}-{hash(body)}"'}
        )
        if not whole:
            half = body[: len(body) // 2]
            answer = answer.but(sent=len(half)) if announced else answer.but(body=half)
        self.server.content = body
        self.server.script(CATALOGUE, self.server.catalogue())
        self.server.script(FILE, answer)
        env = {k: v for k, v in self.server.environment().items() if k.startswith("OPAC_")}
        return self.launcher.run("refresh", "--home", self.home, env=env, by_dagster=False)

    @property
    def history(self) -> list[tuple[object, ...]]:
        return ask(
            self.home,
            "select date_instantane::varchar, nb_lignes::int from historique.instantane order by 1",
        )

    @property
    def renamed(self) -> list[object]:
        found = ask(
            self.home,
            "select apres from historique.evenement where type = 'CHANGEMENT_DENOMINATION' "
            "order by date_constat",
        )
        return [name for (name,) in found]


@pytest.fixture
def source(register_server: RegisterServer, launcher: Launcher, tmp_path: Path) -> Source:
    register_server.script(MIRROR, error(500))
    return Source(register_server, launcher, tmp_path / "maison")


def test_nights_of_a_source_that_stammers(source: Source) -> None:
    assert "publiée (liste du 2024-10-15)" in source.gives(_list(2), 15).succeeded()
    first = released(source.home)

    # Yesterday's file again, at today's date: not released twice, but seen.
    assert "Inchangé" in source.gives(_list(2), 16).succeeded()
    # Half of a file, whether its length says so or not.
    source.gives(_list(3), 17, whole=False).refused(3, "tronquée")
    source.gives(_list(3), 17, whole=False, announced=False).refused(3, "coupée au milieu")
    # An older file.
    told = source.gives(_list(1), 14).succeeded()
    assert "liste plus ancienne (2024-10-14) que celle de la version publiée (2024-10-15)" in told
    assert released(source.home) == first
    assert source.history == [("2024-10-15", _ROWS + 1)]
    dates = [seen.date_contenu for seen in Archive(Home(source.home)).sightings()]
    assert dates == ["2024-10-15", "2024-10-16", "2024-10-14"], "halves were never seen"

    # Then the right one: the release tells of the older one as well, in its place.
    assert "publiée (liste du 2024-10-17)" in source.gives(_list(3), 17).succeeded()
    assert source.history == [
        ("2024-10-14", _ROWS),
        ("2024-10-15", _ROWS + 1),
        ("2024-10-17", _ROWS + 2),
    ]
    assert source.renamed == [f"ORGANISME FICTIF DE LA NUIT {night}" for night in (2, 3)]
    assert released(source.home).rows == _ROWS + 2
    held = Archive(Home(source.home)).examine(lambda done, total: None)
    assert held == (3, [], [])
    assert [*(source.home / "archive").rglob("*.partiel")] == []


def test_a_damaged_content_is_told_and_the_rest_used(source: Source) -> None:
    source.gives(_list(1), 15).succeeded()
    sha256 = release_of(source.home).meta["sha256"]
    path = Archive(Home(source.home)).content_path(sha256)
    path.chmod(0o644)
    path.write_bytes(b"rien")
    before = released(source.home)

    # The doctor names it; the source, asked whether it has changed, cannot be answered from it.
    told = source.launcher.run("doctor", "--home", source.home)
    assert told.code == 1
    assert f"1 contenu abîmé ({sha256[:12]}…)" in told.out
    assert path.read_bytes() == b"rien", "it only looks"
    ran = source.gives(_list(1), 15)
    assert f"Le contenu archivé {sha256[:12]}… est abîmé et mis de côté" in ran.err
    assert (ran.code, released(source.home)) == (1, before)

    # What it advises: the source still has it.
    source.gives(_list(1), 15).succeeded()
    assert Archive(Home(source.home)).examine(lambda done, total: None) == (1, [], [])
    assert source.history == [("2024-10-15", _ROWS)]

"""What is kept of the catalogue's entry, and what is done without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.registers.catalogue import ATTRIBUTION, LICENCE, Entry, find
from pipelines.registers.http import open_session
from tests.registers.server import (
    CATALOGUE,
    JSON,
    PAGE,
    RESET,
    STABLE,
    Answer,
    RegisterServer,
    cut,
    error,
    redirect,
)

Find = Callable[..., tuple[Entry | None, list[str]]]


@pytest.fixture
def look(register_server: RegisterServer, tmp_path: Path) -> Find:
    def call(**changes: Any) -> tuple[Entry | None, list[str]]:
        with open_session() as session:
            return find(session, register_server.settings(tmp_path, **changes))

    return call


def found(result: tuple[Entry | None, list[str]]) -> Entry:
    entry, warnings = result
    assert entry is not None
    assert warnings == []
    return entry


def test_a_remote_resource(register_server: RegisterServer, look: Find) -> None:
    assert found(look()) == Entry(
        hosted=False,
        size=len(register_server.content),
        checksum=None,
        modified=datetime(2024, 10, 16, 4, tzinfo=UTC),
        latest=register_server.origin + STABLE,
        licence=LICENCE,
        attribution="Ministère du Travail, liste publique des organismes de formation",
    )


def test_a_hosted_file(register_server: RegisterServer, look: Find) -> None:
    checksum = {"type": "SHA1", "value": "CED9B3EC"}
    resource = {"filetype": "file", "filesize": 12, "checksum": checksum}
    register_server.script(CATALOGUE, register_server.catalogue(resource))
    entry = found(look())
    assert entry.hosted
    assert entry.size == 12
    assert entry.checksum == ("sha1", "ced9b3ec")
    assert entry.modified == datetime(2024, 10, 16, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("licence", "expected"),
    [("fr-lo", LICENCE), ("lov2", f"{LICENCE} 2.0"), ("odc-odbl", "odc-odbl"), (None, LICENCE)],
)
def test_the_licence(
    register_server: RegisterServer, look: Find, licence: str | None, expected: str
) -> None:
    register_server.script(CATALOGUE, register_server.catalogue(license=licence))
    assert found(look()).licence == expected


def test_what_is_missing_or_of_another_type_is_not_known(
    register_server: RegisterServer, look: Find
) -> None:
    resource = {
        "filesize": "12",
        "checksum": "abc",
        "extras": None,
        "last_modified": "hier",
        "latest": 3,
    }
    register_server.script(
        CATALOGUE, register_server.catalogue(resource, organization=[], license=3)
    )
    assert found(look()) == Entry(
        hosted=False,
        size=None,
        checksum=None,
        modified=None,
        latest=None,
        licence=LICENCE,
        attribution=ATTRIBUTION,
    )


def test_a_date_without_a_zone_is_of_greenwich(register_server: RegisterServer, look: Find) -> None:
    extras = {"analysis:last-modified-at": "2024-06-02T01:02:03.000"}
    register_server.script(CATALOGUE, register_server.catalogue({"extras": extras}))
    assert found(look()).modified == datetime(2024, 6, 2, 1, 2, 3, tzinfo=UTC)


def test_another_stable_address_is_told(register_server: RegisterServer, look: Find) -> None:
    resource = {"latest": "https://www.data.gouv.fr/autre"}
    register_server.script(CATALOGUE, register_server.catalogue(resource))
    entry, warnings = look()
    assert entry is not None
    assert len(warnings) == 1
    assert "https://www.data.gouv.fr/autre" in warnings[0]
    assert "OPAC_LIST_URL" in warnings[0]


def test_may_be_behind_a_redirect(register_server: RegisterServer, look: Find) -> None:
    register_server.script(CATALOGUE, redirect("/ailleurs"))
    register_server.script("/ailleurs", register_server.catalogue())
    found(look())


@pytest.mark.parametrize(
    ("answer", "reason", "asked"),
    [
        (error(500), "erreur HTTP 500", 2),
        (error(404), "erreur HTTP 404", 1),
        (RESET, "connexion impossible ou rompue", 2),
        (PAGE, "pas du JSON", 1),
        (Answer(b""), "pas du JSON", 1),
        (Answer(b"[" * 100_000), "pas du JSON", 1),
        (Answer(b"\xff\xfe\x00{"), "pas du JSON", 1),
        (JSON, "n'y est pas", 1),
        (Answer(b"[]"), "n'y est pas", 1),
        (Answer(json.dumps({"resources": [None, {"id": "autre"}]}).encode()), "n'y est pas", 1),
        (cut(b'{"resources": []}'), "réponse tronquée", 2),
        (redirect("file:///etc/passwd"), "autre protocole", 1),
        (Answer(b" " * 20_000_001), "réponse démesurée", 1),
    ],
)
def test_an_unusable_answer_is_a_warning(
    register_server: RegisterServer, look: Find, answer: Answer, reason: str, asked: int
) -> None:
    register_server.script(CATALOGUE, answer)
    entry, warnings = look(attempts=5)
    assert entry is None
    assert len(warnings) == 1
    assert reason in warnings[0]
    assert "à son adresse stable" in warnings[0]
    assert register_server.count(CATALOGUE) == asked

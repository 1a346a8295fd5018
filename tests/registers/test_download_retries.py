"""Fetching from a server that fails for a while, or for good."""

from __future__ import annotations

import gzip
import socket
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.errors import SourceUnavailable
from pipelines.registers.download import fetch
from tests.registers.fetching import LIST, Fetch, received, refused
from tests.registers.rows import mirror_rows
from tests.registers.server import (
    FILE,
    MIRROR,
    RESET,
    Answer,
    RegisterServer,
    csv,
    cut,
    error,
    gzipped,
)

HALF = len(LIST) // 2
CORRUPT = bytearray(gzip.compress(LIST))
CORRUPT[len(CORRUPT) // 2] ^= 0xFF


class TestWhatIsAskedForAgain:
    @pytest.mark.parametrize(
        "bad",
        [
            error(500),
            error(502),
            error(429),
            RESET,
            cut(LIST),
            csv(LIST).but(announced=len(LIST) + 1),
            csv(LIST).but(announced=HALF),
            csv(LIST).but(chunked=True, sent=HALF),
            csv(LIST).but(chunked=True, headers={"Content-Length": str(len(LIST) + 1)}),
            csv(LIST).but(headers={"Content-Length": None}),
            csv(LIST).but(headers={"Content-Length": "beaucoup"}),
            csv(LIST).but(headers={"Content-Length": "9" * 5000}),
            gzipped(LIST[:HALF]).but(body=gzip.compress(LIST)[:-4]),
            gzipped(LIST).but(body=bytes(CORRUPT)),
            csv(LIST).but(delay=9),
            csv(LIST).but(stall=9),
        ],
        ids=[
            "500",
            "502",
            "429",
            "reset",
            "cut",
            "too-short",
            "length-too-small",
            "chunked-cut",
            "chunked-too-short",
            "no-length",
            "length-of-words",
            "length-of-digits",
            "gzip-cut",
            "gzip-corrupt",
            "slow-headers",
            "slow-body",
        ],
    )
    def test_comes_the_second_time(
        self, register_server: RegisterServer, ask: Fetch, folder: Path, bad: Answer
    ) -> None:
        register_server.script(FILE, bad, csv(LIST))
        answer = received(ask(read_timeout=1.0 if bad.delay or bad.stall else 9.0))
        assert answer.warnings == []
        assert answer.route == "data.gouv"
        assert register_server.count(FILE) == 2
        assert list(folder.iterdir()) == [answer.path]

    @pytest.mark.parametrize(
        ("answer", "backoff", "low"),
        [
            (error(503, "1"), 5.0, 1.0),
            (error(429, "1"), 5.0, 1.0),
            (error(503, "0"), 5.0, 0.0),
            (error(503, "Wed, 21 Oct 2015 07:28:00 GMT"), 5.0, 0.0),
            (error(503, "bientôt"), 0.3, 0.3),
        ],
    )
    def test_waits_as_long_as_told(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        answer: Answer,
        backoff: float,
        low: float,
    ) -> None:
        register_server.script(FILE, answer, csv(LIST))
        received(ask(max_wait=10.0, backoff=backoff))
        first, second = (seen.time for seen in register_server.asked(FILE))
        assert low <= second - first < 4.5

    @pytest.mark.parametrize(
        "retry_after", ["3600", "9" * 500, format_datetime(datetime(2099, 1, 1, tzinfo=UTC), True)]
    )
    def test_waits_no_longer_than_set(
        self, register_server: RegisterServer, ask: Fetch, retry_after: str
    ) -> None:
        register_server.script(FILE, error(503, retry_after), csv(LIST))
        received(ask(max_wait=0.3))
        first, second = (seen.time for seen in register_server.asked(FILE))
        assert 0.3 <= second - first < 4.5

    def test_backs_off_more_and_more(self, register_server: RegisterServer, ask: Fetch) -> None:
        register_server.script(FILE, error(500), error(500), error(500), csv(LIST))
        received(ask(attempts=4, backoff=0.1, max_wait=10.0))
        times = [seen.time for seen in register_server.asked(FILE)]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        for gap, least in zip(gaps, (0.1, 0.2, 0.4), strict=True):
            assert gap >= least

    def test_is_given_up_for_the_mirror(self, register_server: RegisterServer, ask: Fetch) -> None:
        register_server.script(FILE, error(500))
        answer = received(ask(), mirror_rows(20))
        assert register_server.count(FILE) == 3
        assert register_server.count(MIRROR) == 1
        assert answer.route == "opendatasoft"
        assert answer.asked_url.startswith(register_server.origin + MIRROR)
        assert answer.attribution.startswith("Ministère du Travail – DGEFP")
        assert answer.warnings == [
            "data.gouv n'a pas donné la liste (erreur HTTP 500, 3 tentatives) : elle a été "
            "demandée au miroir opendatasoft."
        ]

    def test_is_given_up_when_the_mirror_fails_too(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        register_server.script(FILE, error(500))
        register_server.script(MIRROR, error(503))
        message = refused(ask, folder, SourceUnavailable)
        assert "data.gouv : erreur HTTP 500, 3 tentatives" in message
        assert "opendatasoft : erreur HTTP 503, 3 tentatives" in message
        assert register_server.count(FILE) == register_server.count(MIRROR) == 3

    def test_tells_how_much_of_it_came(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        register_server.script(FILE, cut(LIST))
        register_server.script(MIRROR, cut(LIST))
        message = refused(ask, folder, SourceUnavailable)
        assert f"{HALF} octets reçus sur {len(LIST)} annoncés" in message

    def test_nobody_listening(self, register_server: RegisterServer, folder: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
            settings = register_server.settings(
                folder.parent, catalogue_url=address, list_url=address, mirror_url=address
            )
            with pytest.raises(SourceUnavailable, match="connexion impossible"):
                fetch(settings, folder, {})
        assert list(folder.iterdir()) == []

"""The parts of asking that need no server, and those that need a TLS one."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import SourceUnavailable
from pipelines.french import taille
from pipelines.registers.download import Fetched, fetch
from pipelines.registers.http import Transient, Unlike, _Inflater, http_date, is_private
from tests.certificates import certificate as made
from tests.registers.server import FILE, MIRROR, STABLE, RegisterServer, error, redirect, serve


@given(
    members=st.lists(st.binary(max_size=300).map(lambda b: b * 700), min_size=1, max_size=3),
    step=st.integers(1, 5000),
)
def test_inflating_gives_back_what_was_packed(members: list[bytes], step: int) -> None:
    packed = b"".join(gzip.compress(member) for member in members)
    inflater = _Inflater(1_000_000)
    parts = [
        part
        for start in range(0, len(packed), step)
        for part in inflater.feed(packed[start : start + step])
    ]
    assert b"".join(parts) == b"".join(members)
    assert inflater.whole()
    assert inflater.unpacked == sum(map(len, members))
    assert max(map(len, parts), default=0) <= 65_536


@given(content=st.binary(min_size=1, max_size=2000), lost=st.integers(1, 8))
def test_a_stream_without_its_end_is_not_whole(content: bytes, lost: int) -> None:
    inflater = _Inflater(1_000_000)
    list(inflater.feed(gzip.compress(content)[:-lost]))
    assert not inflater.whole()


def test_inflating_stops_at_the_ceiling() -> None:
    kept = 0
    with pytest.raises(Unlike, match="plus de 1,0 Mo"):
        for part in _Inflater(1_000_000).feed(zlib.compress(bytes(30_000_000))):
            kept += len(part)
    assert kept <= 1_000_000


@given(st.binary(min_size=1, max_size=40))
def test_what_is_not_packed_is_refused(rubbish: bytes) -> None:
    with pytest.raises(Transient, match="illisible"):
        list(_Inflater(1_000_000).feed(b"\x00\x00" + rubbish))


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("93.184.215.14", False),
        ("2606:2800:21f:cb07::1", False),
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("240.0.0.1", True),
        ("::1", True),
        ("fe80::1", True),
        ("fc00::1", True),
        ("ff02::1", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:100.64.0.1", True),
        ("::ffff:93.184.215.14", False),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_private_addresses(
    address: str, private: bool, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"[{address}]" if ":" in address else address
    if named:
        host = "nom.example"

        def resolver(asked: str, *_: object) -> list[tuple[Any, ...]]:
            assert asked == host
            return [(0, 0, 0, "", ("93.184.215.14", 0)), (0, 0, 0, "", (address, 0))]

        monkeypatch.setattr(socket, "getaddrinfo", resolver)
    assert is_private(f"https://{host}:8443/liste") is private


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1"])
def test_private_addresses_in_disguise(host: str) -> None:
    assert is_private(f"http://{host}/")


def test_a_name_that_nobody_knows_is_not_private(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolver(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    assert not is_private("https://nulle-part.example/")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Sat, 01 Jun 2024 04:00:00 GMT", dt.datetime(2024, 6, 1, 4, tzinfo=dt.UTC)),
        ("Sat, 01 Jun 2024 06:00:00 +0200", dt.datetime(2024, 6, 1, 4, tzinfo=dt.UTC)),
        ("Sat, 01 Jun 2024 04:00:00 -0000", dt.datetime(2024, 6, 1, 4, tzinfo=dt.UTC)),
        ("", None),
        ("hier", None),
        ("Sat, 99 Jun 2024 04:00:00 GMT", None),
    ],
)
def test_dates_of_headers(text: str, date: dt.datetime | None) -> None:
    assert http_date(text) == date
    if date is not None:
        read = http_date(text)
        assert read is not None
        assert read.tzinfo is not None


@given(st.text(st.characters(max_codepoint=255)))
def test_any_header_is_a_date_or_none(text: str) -> None:
    date = http_date(text)
    assert date is None or date.tzinfo is not None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 octets"),
        (999, "999 octets"),
        (1_000, "1,0 ko"),
        (38_400_000, "38,4 Mo"),
        (10_000_000_000, "10,0 Go"),
        (10**18, "1000000,0 To"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert taille(size) == text


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A certificate, with its key, that only this test trusts."""
        return made(tmp_path)

    @pytest.fixture
    def server(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[RegisterServer]:
        monkeypatch.setenv("NO_PROXY", "*")
        monkeypatch.setenv("no_proxy", "*")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with serve(tls=context) as server:
            server.script(MIRROR, error(404))
            yield server

    def test_an_unknown_certificate_is_refused(
        self, server: RegisterServer, tmp_path: Path
    ) -> None:
        with pytest.raises(SourceUnavailable, match="certificat TLS refusé ;"):
            fetch(server.settings(tmp_path), tmp_path, {})
        assert server.seen == []

    def test_a_trusted_certificate_is_accepted(
        self,
        server: RegisterServer,
        certificate: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert isinstance(fetch(server.settings(tmp_path), tmp_path, {}), Fetched)

    def test_does_not_lead_to_a_plain_connection(
        self,
        server: RegisterServer,
        register_server: RegisterServer,
        certificate: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        server.script(STABLE, redirect(register_server.origin + FILE))
        with pytest.raises(SourceUnavailable, match=r"autre protocole \(http\)"):
            fetch(server.settings(tmp_path), tmp_path, {})
        assert register_server.seen == []

"""Fetching the list from a real server: what comes, and what is told of it."""

from __future__ import annotations

import gzip
import hashlib
import resource
import tracemalloc
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import HomeUnusable, NotTheList, SourceUnavailable
from pipelines.registers import download
from pipelines.registers.download import NotModified, Validators, fetch
from tests.registers.fetching import LIST, Fetch, received, refused
from tests.registers.rows import mirror_rows, wire_rows
from tests.registers.server import (
    CATALOGUE,
    FILE,
    LAST_MODIFIED,
    MIRROR,
    STABLE,
    Answer,
    RegisterServer,
    csv,
    error,
    gzipped,
    serve,
)


class TestTheList:
    def test_comes_byte_for_byte_with_where_it_is_from(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        answer = received(ask())
        assert answer.path.parent == folder
        assert answer.route == "data.gouv"
        assert answer.asked_url == register_server.origin + STABLE
        assert answer.final_url == f"{register_server.origin}{FILE}?format=csv"
        assert answer.headers["last-modified"] == LAST_MODIFIED
        assert answer.headers["content-length"] == str(len(LIST))
        assert "connection" not in answer.headers
        assert answer.last_modified == datetime(2024, 10, 16, 4, tzinfo=UTC)
        assert answer.licence == "Licence Ouverte / Open Licence"
        assert answer.attribution == (
            "Ministère du Travail, liste publique des organismes de formation"
        )
        assert answer.warnings == []
        assert register_server.count(MIRROR) == 0

    def test_is_asked_for_under_our_name_and_without_credentials(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        received(ask())
        assert len(register_server.seen) == 3
        for seen in register_server.seen:
            assert seen.headers["user-agent"].startswith("opac/")
            assert seen.headers["accept-encoding"] == "gzip"
            assert "authorization" not in seen.headers

    def test_needs_no_date(self, register_server: RegisterServer, ask: Fetch) -> None:
        register_server.script(FILE, csv(LIST).but(headers={"Last-Modified": None}))
        assert received(ask()).last_modified is None

    @pytest.mark.parametrize(
        "body",
        [
            b"\xef\xbb\xbf" + LIST,
            b"\r\n \n" + LIST,
            LIST.replace(b"\n", b"\r\n"),
            wire_rows(5).rstrip(b"\n"),
            LIST.replace(b";", b"; ", 30),
            b"num_etablissement; num_da; cfa\n" + b"1;2;Non\n" * 20,
            mirror_rows(20),
            "Numéro Déclaration Activité;VAE\n".encode() + b"1;true\n" * 20,
        ],
        ids=["bom", "blanks", "crlf", "no-end", "spaces", "2021", "technical", "labels"],
    )
    def test_is_recognised_in_every_layout(
        self, register_server: RegisterServer, ask: Fetch, body: bytes
    ) -> None:
        register_server.script(FILE, csv(body))
        received(ask(), body)

    def test_may_be_parquet(
        self, register_server: RegisterServer, ask: Fetch, tmp_path: Path
    ) -> None:
        path = tmp_path / "liste.parquet"
        pl.DataFrame({"siren": ["001000017"]}).write_parquet(path)
        body = path.read_bytes()
        register_server.script(FILE, Answer(body[:-8]), Answer(body))
        received(ask(), body)
        assert register_server.count(FILE) == 2

    def test_is_not_held_in_memory(self, register_server: RegisterServer, ask: Fetch) -> None:
        header, line = wire_rows(1).splitlines(keepends=True)
        body = header + line * 120_000
        register_server.script(FILE, csv(body))
        assert len(body) > 30_000_000
        tracemalloc.start()
        try:
            answer = ask()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        received(answer, body)
        assert peak < 4_000_000

    def test_shows_its_progress_on_the_error_output_only(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "200")
        register_server.script(FILE, error(500), csv(LIST).but(stall=0.3))
        received(ask(progress=True))
        output = capsys.readouterr()
        assert "Téléchargement de la liste (data.gouv" in output.err
        assert "tentative 2 sur 3" in output.err
        assert output.out == ""

    def test_is_quiet_unless_asked(
        self, register_server: RegisterServer, ask: Fetch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        register_server.script(FILE, error(500), csv(LIST))
        received(ask())
        assert capfd.readouterr() == ("", "")


class TestEncoding:
    @pytest.mark.parametrize(
        ("coding", "body"),
        [
            ("gzip", gzip.compress(LIST)),
            ("x-gzip", gzip.compress(LIST)),
            ("deflate", zlib.compress(LIST)),
            ("gzip", gzip.compress(LIST[:700]) + gzip.compress(LIST[700:])),
            ("identity", LIST),
        ],
        ids=["gzip", "x-gzip", "deflate", "members", "identity"],
    )
    @pytest.mark.parametrize("chunked", [False, True])
    def test_is_undone(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        coding: str,
        body: bytes,
        chunked: bool,
    ) -> None:
        answer = csv(body).but(headers={"Content-Encoding": coding}, chunked=chunked)
        register_server.script(FILE, answer)
        assert received(ask()).headers["content-encoding"] == coding

    def test_not_asked_for_is_refused(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        register_server.script(FILE, csv(LIST).but(headers={"Content-Encoding": "br"}))
        register_server.script(MIRROR, error(404))
        assert "encodage" in refused(ask, folder, SourceUnavailable)
        assert register_server.count(FILE) == 1

    def test_a_bomb_meets_the_ceiling(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        bomb = gzipped(LIST + b"0" * 50_000_000)
        register_server.script(FILE, bomb)
        register_server.script(MIRROR, bomb)
        tracemalloc.start()
        try:
            message = refused(ask, folder, NotTheList, max_unpacked=2_000_000)
            assert tracemalloc.get_traced_memory()[1] < 3_000_000
        finally:
            tracemalloc.stop()
        assert "plus de 2,0 Mo une fois décompressé" in message
        assert register_server.count(FILE) == 1


class TestWhatIsKnownAlready:
    @pytest.mark.parametrize(
        ("etag", "last_modified"),
        [(f'"{len(LIST)}"', LAST_MODIFIED), (f'"{len(LIST)}"', None), (None, LAST_MODIFIED)],
    )
    def test_is_not_sent_again(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        folder: Path,
        etag: str | None,
        last_modified: str | None,
    ) -> None:
        asked = register_server.origin + STABLE
        answer = ask(known={asked: Validators(etag, last_modified, "ab" * 32)})
        assert isinstance(answer, NotModified)
        assert answer.sha256 == "ab" * 32
        assert answer.route == "data.gouv"
        assert answer.asked_url == asked
        assert answer.final_url == f"{register_server.origin}{FILE}?format=csv"
        assert answer.headers["last-modified"] == LAST_MODIFIED
        assert list(folder.iterdir()) == []

    def test_is_sent_when_it_changed(self, register_server: RegisterServer, ask: Fetch) -> None:
        asked = register_server.origin + STABLE
        known = Validators('"1"', "Fri, 31 May 2024 04:00:00 GMT", "ab" * 32)
        received(ask(known={asked: known}))
        seen = register_server.asked(FILE)[0].headers
        assert seen["if-none-match"] == '"1"'
        assert seen["if-modified-since"] == "Fri, 31 May 2024 04:00:00 GMT"

    def test_of_another_address_is_not_used(
        self, register_server: RegisterServer, ask: Fetch
    ) -> None:
        received(ask(known={"http://autre.example/": Validators('"1"', None, "ab" * 32)}))
        assert all("if-none-match" not in seen.headers for seen in register_server.seen)

    def test_without_validators_is_asked_for_plainly(
        self, register_server: RegisterServer, ask: Fetch
    ) -> None:
        asked = register_server.origin + STABLE
        received(ask(known={asked: Validators(None, None, "ab" * 32)}))


def resource_of(figures: dict[str, Any]) -> dict[str, Any]:
    """Write a checksum as the catalogue does."""
    if "checksum" not in figures:
        return figures
    return {**figures, "checksum": {"type": "sha1", "value": figures["checksum"]}}


class TestTheCatalogue:
    @pytest.mark.parametrize("figures", [{"filesize": 1}, {"checksum": "0" * 40}])
    def test_only_warns_of_a_remote_file(
        self, register_server: RegisterServer, ask: Fetch, figures: dict[str, Any]
    ) -> None:
        register_server.script(CATALOGUE, register_server.catalogue(resource_of(figures)))
        answer = received(ask())
        assert len(answer.warnings) == 1
        assert answer.warnings[0].startswith("Le catalogue ne décrit pas la liste reçue (")
        assert register_server.count(FILE) == 1

    @pytest.mark.parametrize("figures", [{"filesize": 1}, {"checksum": "0" * 40}])
    def test_refuses_a_file_of_its_own_that_differs(
        self, register_server: RegisterServer, ask: Fetch, figures: dict[str, Any]
    ) -> None:
        figures = {**figures, "filetype": "file"}
        register_server.script(CATALOGUE, register_server.catalogue(resource_of(figures)))
        answer = received(ask(), mirror_rows(20))
        assert "fichier incomplet ou altéré" in answer.warnings[0]
        assert register_server.count(CATALOGUE) == register_server.count(FILE) == 2

    def test_is_read_again_when_the_file_was_just_replaced(
        self, register_server: RegisterServer, ask: Fetch
    ) -> None:
        stale = register_server.catalogue({"filetype": "file", "filesize": 1})
        fresh = register_server.catalogue({"filetype": "file"})
        register_server.script(CATALOGUE, stale, fresh)
        answer = received(ask())
        assert answer.route == "data.gouv"
        assert answer.warnings == []

    @pytest.mark.parametrize("kind", ["sha1", "SHA256", "md5"])
    def test_agrees_on_the_unpacked_file(
        self, register_server: RegisterServer, ask: Fetch, kind: str
    ) -> None:
        checksum = {"type": kind, "value": hashlib.new(kind, LIST).hexdigest().upper()}
        entry = register_server.catalogue({"filetype": "file", "checksum": checksum})
        register_server.script(CATALOGUE, entry)
        register_server.script(FILE, gzipped(LIST))
        assert received(ask()).warnings == []
        assert register_server.count(FILE) == 1

    def test_down_is_done_without(self, register_server: RegisterServer, ask: Fetch) -> None:
        register_server.script(CATALOGUE, error(500))
        answer = received(ask())
        assert answer.route == "data.gouv"
        assert len(answer.warnings) == 1
        assert answer.warnings[0].startswith("Le catalogue de data.gouv n'a pas décrit la liste")
        assert answer.licence == "Licence Ouverte / Open Licence"


class TestTheFolder:
    def test_full_is_said_so(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        register_server.script(FILE, csv(LIST * 100))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(HomeUnusable, match="plus de place"):
                ask()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list(folder.iterdir()) == []

    def test_keeps_nothing_of_an_interrupted_download(
        self, ask: Fetch, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            assert len(list(folder.iterdir())) == 1
            raise KeyboardInterrupt

        monkeypatch.setattr(download, "check_list", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ask()
        assert list(folder.iterdir()) == []


def test_serves_another_home(tmp_path: Path) -> None:
    """The server is of use outside of its fixture too, with any list."""
    with serve(wire_rows(7)) as server:
        answer = fetch(server.settings(tmp_path), tmp_path, {})
        received(answer, wire_rows(7))
        environment = server.environment()
        assert environment["OPAC_LIST_URL"] == server.origin + STABLE

"""Answers that are not the list, and ways that are not followed."""

from __future__ import annotations

import gzip
import socket
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import NotTheList, SourceUnavailable
from tests.registers.fetching import LIST, Fetch, received, refused
from tests.registers.rows import mirror_rows, wire_rows
from tests.registers.server import (
    FILE,
    JSON,
    MIRROR,
    PAGE,
    STABLE,
    Answer,
    RegisterServer,
    csv,
    error,
    gzipped,
    redirect,
)


class TestWhatIsNotTheList:
    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (PAGE, "une page web"),
            (PAGE.but(headers={"Content-Length": None}), "une page web"),
            (Answer(b"\xef\xbb\xbf\n  <?xml version='1.0'?>"), "une page web"),
            (JSON, "du JSON"),
            (Answer(b'[{"siren": 1}]'), "du JSON"),
            (Answer(b""), "une réponse vide"),
            (gzipped(b"").but(body=b""), "une réponse vide"),
            (gzipped(b""), "une réponse vide"),
            (Answer(b" \r\n\n"), "une réponse vide"),
            (csv(wire_rows(0)), "sans aucune ligne"),
            (csv(wire_rows(0).strip()), "sans aucune ligne"),
            (csv(wire_rows(4)), "une liste de 4 lignes, au moins 5 attendues"),
            (csv(b"\n" * 9 + wire_rows(4)), "une liste de 4 lignes, au moins 5 attendues"),
            (Answer(b"PK\x03\x04" + LIST), "une archive ZIP"),
            (Answer(b"%PDF-1.7\n"), "un document PDF"),
            (Answer(gzip.compress(LIST)), "un fichier gzip"),
            (Answer(LIST.decode().encode("utf-16")), "un texte en UTF-16"),
            (Answer(b"\x7fELF\x02\x01;siren\n" * 20), "un fichier binaire"),
            (Answer(b"nom;prix\n" * 20), "un texte sans l'en-tête de la liste"),
            (Answer(b"siren\n" * 20), "un texte sans l'en-tête de la liste"),
            (Answer(b"siren,denomination\n" * 20), "un texte sans l'en-tête de la liste"),
            (csv(LIST).but(announced=10_000_000_000), "10,0 Go annoncés, 500,0 Mo au plus"),
        ],
    )
    def test_is_named_and_not_asked_for_again(
        self, register_server: RegisterServer, ask: Fetch, folder: Path, answer: Answer, name: str
    ) -> None:
        register_server.script(FILE, answer)
        register_server.script(MIRROR, answer)
        message = refused(ask, folder, NotTheList)
        assert message.count(name) == 2
        assert register_server.count(FILE) == register_server.count(MIRROR) == 1

    def test_is_looked_for_at_the_mirror(self, register_server: RegisterServer, ask: Fetch) -> None:
        register_server.script(FILE, PAGE)
        answer = received(ask(), mirror_rows(20))
        assert answer.warnings == [
            "data.gouv n'a pas donné la liste (une page web) : elle a été demandée au miroir "
            "opendatasoft."
        ]

    def test_grows_without_an_end(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        register_server.script(FILE, csv(LIST * 9).but(chunked=True))
        register_server.script(MIRROR, csv(LIST * 9).but(chunked=True))
        message = refused(ask, folder, NotTheList, max_received=3 * len(LIST))
        assert "reçus" in message

    @pytest.mark.parametrize(
        ("answers", "kind"),
        [((PAGE, error(404)), SourceUnavailable), ((error(404), PAGE), NotTheList)],
    )
    def test_names_both_when_they_differ(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        folder: Path,
        answers: tuple[Answer, Answer],
        kind: type[Exception],
    ) -> None:
        register_server.script(FILE, answers[0])
        register_server.script(MIRROR, answers[1])
        message = refused(ask, folder, kind)
        assert "une page web" in message
        assert "erreur HTTP 404" in message

    def test_contradicts_itself(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        answer = csv(LIST).but(headers={"Content-Length": "12, 13"})
        register_server.script(FILE, answer)
        register_server.script(MIRROR, answer)
        assert "réponse mal formée" in refused(ask, folder, SourceUnavailable)
        assert register_server.count(FILE) == 1

    @pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 410])
    def test_nor_an_answer_of_another_status(
        self, register_server: RegisterServer, ask: Fetch, folder: Path, status: int
    ) -> None:
        register_server.script(FILE, csv(LIST).but(status=status))
        register_server.script(MIRROR, csv(LIST).but(status=status))
        assert f"erreur HTTP {status}" in refused(ask, folder, SourceUnavailable)
        assert register_server.count(FILE) == register_server.count(MIRROR) == 1


class TestTheWay:
    def refused(self, register_server: RegisterServer, ask: Fetch, folder: Path) -> str:
        """Follow the scripted redirects in vain, without trying again."""
        register_server.script(MIRROR, error(404))
        message = refused(ask, folder, SourceUnavailable)
        assert register_server.count(STABLE) == 1
        return message

    def test_may_lead_to_another_host(self, register_server: RegisterServer, ask: Fetch) -> None:
        other = register_server.origin.replace("127.0.0.1", "localhost") + FILE
        register_server.script(STABLE, redirect(other))
        assert received(ask()).final_url == other

    def test_is_followed_without_reading_what_comes_with_it(
        self, register_server: RegisterServer, ask: Fetch
    ) -> None:
        answer = redirect(FILE).but(body=b"0" * 1000, announced=10_000_000_000)
        register_server.script(STABLE, answer)
        received(ask())
        assert register_server.count(STABLE) == 1

    def test_may_have_accents(self, register_server: RegisterServer, ask: Fetch) -> None:
        register_server.script(STABLE, redirect("/donn\u00c3\u00a9es"))  # UTF-8, byte by byte
        register_server.script("/donn%C3%A9es", csv(LIST))
        received(ask())

    def test_has_five_turns_at_most(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        for turn in range(1, 6):
            register_server.script(f"/{turn}", redirect(f"/{turn + 1}"))
        register_server.script(STABLE, redirect("/2"))
        register_server.script("/6", csv(LIST))
        received(ask())
        register_server.seen.clear()
        register_server.script(STABLE, redirect("/1"))
        for path in folder.iterdir():
            path.unlink()
        assert "plus de 5 redirections" in self.refused(register_server, ask, folder)
        assert register_server.count("/6") == 0

    def test_must_not_loop(self, register_server: RegisterServer, ask: Fetch, folder: Path) -> None:
        register_server.script(FILE, redirect(STABLE))
        assert "redirections en boucle" in self.refused(register_server, ask, folder)
        assert register_server.count(FILE) == 1

    @pytest.mark.parametrize(
        ("location", "reason"),
        [
            ("ftp://127.0.0.1/liste.csv", "autre protocole (ftp)"),
            ("file:///etc/passwd", "autre protocole (file)"),
            ("https://127.0.0.1/liste.csv", "autre protocole (https)"),
            ("javascript:alert(1)", "autre protocole (javascript)"),
            ("http://someone:secret@127.0.0.1/", "identifiant ou un mot de passe"),
            ("http://[::1/", "mal formée"),
            ("http://127.0.0.1:port/", "mal formée"),
        ],
    )
    def test_must_stay_plain_web(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        folder: Path,
        location: str,
        reason: str,
    ) -> None:
        register_server.script(STABLE, redirect(location))
        message = self.refused(register_server, ask, folder)
        assert reason in message
        assert "secret" not in message

    @pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/", "liste.csv"])
    def test_must_start_on_the_web(self, ask: Fetch, folder: Path, address: str) -> None:
        changes = {"list_url": address, "mirror_url": address}
        message = refused(ask, folder, SourceUnavailable, **changes)
        assert message.count("adresse qui n'est pas une adresse web") == 2

    def test_must_speak_tls_when_it_says_so(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        address = register_server.origin.replace("http:", "https:") + STABLE
        register_server.script(MIRROR, error(404))
        message = refused(ask, folder, SourceUnavailable, list_url=address)
        assert "connexion TLS impossible, 3 tentatives" in message
        assert register_server.count(STABLE) == 0

    def test_must_start_without_a_password(
        self, register_server: RegisterServer, ask: Fetch, folder: Path
    ) -> None:
        origin = register_server.origin.replace("//", "//someone:secret@")
        register_server.script(MIRROR, error(404))
        message = refused(ask, folder, SourceUnavailable, list_url=origin + STABLE)
        assert "identifiant ou un mot de passe" in message
        assert "secret" not in message
        assert register_server.count(STABLE) == 0

    def test_must_not_lead_from_the_internet_to_a_private_address(
        self,
        register_server: RegisterServer,
        ask: Fetch,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        resolve = socket.getaddrinfo

        def resolver(host: str, port: int | None, *args: Any, **kwargs: Any) -> Any:
            found = resolve(host, port, *args, **kwargs)
            if host == "127.0.0.1" and port is None:  # the check, not the connection
                return [(*entry[:4], ("9.9.9.9", 0)) for entry in found]
            return found

        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        other = register_server.origin.replace("127.0.0.1", "localhost")
        register_server.script(STABLE, redirect(other + FILE))
        assert "vers une adresse privée" in self.refused(register_server, ask, folder)
        assert register_server.count(FILE) == 0

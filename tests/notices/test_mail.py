"""Notices by mail, to a real server on loopback: in French, by TLS, to each address alone."""

from __future__ import annotations

import datetime as dt
import hmac
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.notices import mail as mail_module
from pipelines.notices.mail import to_addresses
from pipelines.notices.outbox import Entry, Genre, NotReceived
from pipelines.notices.settings import Mail, Security
from tests.certificates import certificate
from tests.notices import servers
from tests.notices.servers import PASSWORD, USER, Letters, mail_server

# aiosmtpd warns of a server that takes passwords over TLS from the first byte.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")

ENTRY = Entry(
    "avis_0123",
    "qualite",
    Genre.VEILLE,
    "Évolutions à l'été\r\nBcc: autre@exemple.fr",
    "Écrit « ici » : 10 € d'œuvres.\n.\nSuite.",
    {},
    dt.datetime(2026, 11, 22, 4, 17, tzinfo=dt.UTC),
)
ONE = ("qualite@exemple.fr",)


@pytest.fixture
def letters() -> Iterator[Letters]:
    with mail_server() as server:
        yield server


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("OPAC_SMTP_PASSWORD", PASSWORD)
    return path


def account(server: Letters, security: Security = Security.NONE, user: str | None = None) -> Mail:
    return Mail("127.0.0.1", server.port, security, "opac@exemple.fr", user)


def refusal(mail: Mail, addresses: tuple[str, ...] = ONE, entry: Entry = ENTRY) -> NotReceived:
    with pytest.raises(NotReceived) as raised:
        to_addresses(mail, addresses, entry)
    assert PASSWORD not in str(raised.value)
    return raised.value


def test_a_mail_is_read_as_it_was_written(letters: Letters) -> None:
    to_addresses(account(letters), ONE, ENTRY)
    ((rcpt, message),) = letters.came
    assert rcpt == ["qualite@exemple.fr"]
    assert message["Subject"] == "Évolutions à l'été Bcc: autre@exemple.fr"
    assert message["Bcc"] is None
    assert message["From"] == "opac@exemple.fr"
    assert message["Message-ID"] == "<avis_0123@exemple.fr>"
    assert message["Date"].datetime == ENTRY.cree
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().splitlines() == ENTRY.texte.splitlines()


def test_each_address_gets_its_own_and_sees_no_other(letters: Letters) -> None:
    addresses = ("un@exemple.fr", "deux@exemple.fr", "trois@exemple.fr")
    to_addresses(account(letters), addresses, ENTRY)
    assert [rcpt for rcpt, _ in letters.came] == [[address] for address in addresses]
    for address, (_, message) in zip(addresses, letters.came, strict=True):
        assert message["To"] == address
        assert not [other for other in addresses if other != address and other in str(message)]
    assert letters.connections == 1


def test_those_who_have_it_do_not_get_it_again(letters: Letters) -> None:
    letters.refusals = {"b@exemple.fr": "451 plus tard"}
    addresses = ("a@exemple.fr", "b@exemple.fr", "c@exemple.fr")
    error = refusal(account(letters), addresses)
    assert not error.refused
    assert error.remis == ("a@exemple.fr", "c@exemple.fr")
    assert "remet à plus tard b@exemple.fr (réponse 451)" in str(error)
    letters.refusals = {}
    to_addresses(account(letters), addresses, replace(ENTRY, remis=error.remis))
    assert [rcpt for rcpt, _ in letters.came] == [
        ["a@exemple.fr"],
        ["c@exemple.fr"],
        ["b@exemple.fr"],
    ]
    assert {message["Message-ID"] for _, message in letters.came} == {"<avis_0123@exemple.fr>"}


def test_an_address_that_does_not_exist_is_a_refusal(letters: Letters) -> None:
    letters.refusals = {"qualite@exemple.fr": "550 inconnu"}
    error = refusal(account(letters))
    assert error.refused
    assert "refuse le courriel à qualite@exemple.fr (réponse 550)" in str(error)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_tls_and_a_password(trusted: Path, security: Security) -> None:
    with mail_server(trusted, whole=security is Security.TLS) as server:
        to_addresses(account(server, security, USER), ONE, ENTRY)
        assert len(server.came) == 1


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_an_unknown_certificate_is_refused(
    trusted: Path, monkeypatch: pytest.MonkeyPatch, security: Security
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(trusted, whole=security is Security.TLS) as server:
        error = refusal(account(server, security, USER))
        assert "n'a pas permis de connexion sûre : vérifiez son certificat" in str(error)
        assert server.came == []


def test_a_wrong_password_is_told(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPAC_SMTP_PASSWORD", "un-autre-secret")
    with mail_server(trusted) as server:
        error = refusal(account(server, Security.STARTTLS, USER))
        assert error.refused
        assert "refuse l'utilisateur ou le mot de passe" in str(error)
        assert "OPAC_SMTP_PASSWORD" in str(error)
        assert "un-autre-secret" not in str(error)


def test_a_missing_password_is_told(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPAC_SMTP_PASSWORD")
    with mail_server(trusted) as server:
        error = refusal(account(server, Security.STARTTLS, USER))
        assert "donnez-le dans OPAC_SMTP_PASSWORD" in str(error)


def test_a_password_never_goes_without_tls(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPAC_SMTP_PASSWORD", PASSWORD)
    error = refusal(account(letters, Security.STARTTLS, USER))
    assert "ne propose pas la connexion demandée" in str(error)
    assert letters.came == []


def test_nobody_there_is_told(letters: Letters) -> None:
    mail = replace(account(letters), port=9)
    assert "127.0.0.1:9 refuse ou coupe la connexion" in str(refusal(mail))


def test_an_unknown_host_is_told(letters: Letters) -> None:
    mail = replace(account(letters), serveur="nulle-part.invalid")
    assert "n'est pas un nom connu : vérifiez serveur" in str(refusal(mail))


def test_a_silent_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        mail = Mail("127.0.0.1", port, Security.NONE, "opac@exemple.fr")
        assert f"127.0.0.1:{port} n'a pas répondu en" in str(refusal(mail))


# --- User and password in any letters ---------------------------------------------------------

_ACCENTED = ("exploitation-é", "Été-2026-sécurisé œ€漢")


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_user_and_a_password_with_accents(
    trusted: Path, monkeypatch: pytest.MonkeyPatch, security: Security, way: str
) -> None:
    user, password = _ACCENTED
    monkeypatch.setattr(servers, "USER", user)
    monkeypatch.setattr(servers, "PASSWORD", password)
    monkeypatch.setenv("OPAC_SMTP_PASSWORD", password)
    other = {"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[way]
    with mail_server(trusted, whole=security is Security.TLS, without=other) as server:
        to_addresses(account(server, security, user), ONE, ENTRY)
        assert len(server.came) == 1
        monkeypatch.setenv("OPAC_SMTP_PASSWORD", password.replace("é", "e"))
        assert "refuse l'utilisateur ou le mot de passe" in str(
            refusal(account(server, security, user))
        )


def test_a_challenge_is_answered_with_accents() -> None:
    user, password = map(mail_module._Utf8, _ACCENTED)
    session = mail_module._Accented()
    session.user, session.password = user, password
    answer = session.auth_cram_md5(b"<1.2@exemple.fr>")
    expected = hmac.digest(password.encode(), b"<1.2@exemple.fr>", "md5").hex()
    assert answer is not None
    assert answer.encode("ascii") == f"{_ACCENTED[0]} {expected}".encode()


def test_bytes_of_another_encoding_are_sent_as_they_are(
    trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = b"\xe9t\xe9"  # « été » in Latin-1: the environment holds bytes
    monkeypatch.setattr(servers, "PASSWORD", mail_module._Utf8(os.fsdecode(written)))
    monkeypatch.setenv("OPAC_SMTP_PASSWORD", os.fsdecode(written))
    with mail_server(trusted) as server:
        to_addresses(account(server, Security.STARTTLS, USER), ONE, ENTRY)
        assert len(server.came) == 1

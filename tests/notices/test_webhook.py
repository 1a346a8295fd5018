"""Notices by webhook, to a real server: signed, and every refusal told without its secrets."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from contextlib import suppress
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from pipelines.notices import webhook
from pipelines.notices.outbox import Entry, Genre, NotReceived
from pipelines.notices.webhook import to_webhook
from pipelines.settings import ROOT
from tests.notices.conftest import SECRET
from tests.notices.servers import Hook

ENTRY = Entry(
    "avis_0123",
    "crochet",
    Genre.VEILLE,
    "Évolutions à l'été",
    "Écrit « ici ».",
    {"n": 1},
    dt.datetime(2026, 11, 22, 4, 17, tzinfo=dt.UTC),
)


def refusal(url: str) -> NotReceived:
    with pytest.raises(NotReceived) as raised:
        to_webhook(url, ENTRY)
    for secret in (SECRET, SECRET.removeprefix("whsec_"), "/crochet", "jeton"):
        assert secret not in str(raised.value)
    return raised.value


def test_the_signature_is_that_of_standard_webhooks(hook: Hook) -> None:
    to_webhook(hook.url, ENTRY)
    (call,) = hook.calls
    body = Verifier(SECRET).verify(call.body, call.headers)
    assert body == {
        "type": "opac.veille",
        "timestamp": "2026-11-22T04:17:00+00:00",
        "data": {
            "identifiant": "avis_0123",
            "objet": "Évolutions à l'été",
            "texte": "Écrit « ici ».",
            "donnees": {"n": 1},
        },
    }
    assert call.headers["webhook-id"] == "avis_0123"
    assert call.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(call.body.replace(b"1", b"2"), call.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET.replace("b3Bh", "b3Bi")).verify(call.body, call.headers)


def test_a_second_try_bears_the_same_identifier_and_body(hook: Hook) -> None:
    hook.answers = [500, 204]
    refusal(hook.url)
    to_webhook(hook.url, ENTRY)
    first, second = hook.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


@pytest.mark.parametrize("secret", [None, "", "whsec_", "pas du base64 !", "whsec_Y291cnQ=", "ééé"])
def test_nothing_is_sent_without_a_secret_that_signs(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    if secret is None:
        monkeypatch.delenv("OPAC_WEBHOOK_SECRET")
    else:
        monkeypatch.setenv("OPAC_WEBHOOK_SECRET", secret)
    with pytest.raises(NotReceived, match="OPAC_WEBHOOK_SECRET") as raised:
        to_webhook(hook.url, ENTRY)
    assert not secret or secret == "whsec_" or secret not in str(raised.value)
    assert hook.calls == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_told_as_one(hook: Hook, status: int) -> None:
    hook.answers = [status]
    error = refusal(hook.url)
    assert error.refused
    assert f"127.0.0.1 refuse l'avis (réponse {status})" in str(error)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_later_is_no_refusal(hook: Hook, status: int) -> None:
    hook.answers = [status]
    error = refusal(hook.url)
    assert not error.refused
    assert f"pour l'instant (réponse {status})" in str(error)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(hook: Hook, status: int) -> None:
    hook.answers = [status, 204]
    error = refusal(hook.url)
    assert error.refused
    assert "n'est pas suivie" in str(error)
    assert len(hook.calls) == 1


def test_a_slow_answer_is_not_waited_for(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_TIMEOUT", 0.2)
    hook.answering.clear()
    error = refusal(hook.url)
    assert not error.refused
    assert "127.0.0.1 n'a pas répondu en" in str(error)


def test_an_answer_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_WHOLE", 0.5)
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        with listening.accept()[0] as calling, suppress(OSError):
            calling.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            for _ in range(100):
                calling.sendall(b"a")
                if over.wait(0.05):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        error = refusal(f"http://127.0.0.1:{listening.getsockname()[1]}/crochet")
        over.set()
        thread.join()
    assert not error.refused
    assert "127.0.0.1 n'a pas fini de répondre en" in str(error)


def test_nobody_there_is_told(hook: Hook) -> None:
    assert "refuse ou coupe la connexion" in str(refusal("http://127.0.0.1:9/crochet?jeton=1"))


def test_an_unknown_host_is_told() -> None:
    assert "Le nom nulle-part.invalid est inconnu" in str(
        refusal("http://nulle-part.invalid/crochet?jeton=1")
    )


def test_a_server_without_tls_is_told(hook: Hook) -> None:
    error = refusal(hook.url.replace("http:", "https:"))
    assert "La connexion sûre avec 127.0.0.1 a échoué" in str(error)


def test_the_documented_verification_verifies(hook: Hook) -> None:
    to_webhook(hook.url, ENTRY)
    (call,) = hook.calls
    text = (ROOT / "docs" / "avis.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    verify = names["verifie"]
    assert verify(SECRET, call.headers, call.body)
    assert not verify(SECRET, call.headers, call.body + b" ")
    assert not verify(SECRET, {**call.headers, "webhook-timestamp": "1700000000"}, call.body)

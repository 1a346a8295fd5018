"""A webhook and a mail server on loopback, well or badly behaved; what came is kept."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

USER, PASSWORD = "opac", "mot-de-passe-tenu-secret"


@dataclass(frozen=True)
class Call:
    """A request that the webhook received. Header names are in lower case."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Hook:
    """The webhook: ``answers`` is what it says, in order; the last one for ever."""

    url: str
    answers: list[int] = field(default_factory=lambda: [204])
    calls: list[Call] = field(default_factory=list)
    # A call that came is told here; it is answered only while the other one is set.
    came: threading.Event = field(default_factory=threading.Event)
    answering: threading.Event = field(default_factory=threading.Event)

    def ids(self) -> list[str]:
        return [call.headers["webhook-id"] for call in self.calls]


class _HookServer(ThreadingHTTPServer):
    hook: Hook


class _HookHandler(BaseHTTPRequestHandler):
    server: _HookServer

    def do_POST(self) -> None:
        hook = self.server.hook
        body = self.rfile.read(int(self.headers["Content-Length"]))
        hook.calls.append(Call({k.lower(): v for k, v in self.headers.items()}, body))
        hook.came.set()
        hook.answering.wait(30)
        answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
        # Whoever called may be dead: it is part of what is tested.
        with suppress(ConnectionError):
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", hook.url + "/ailleurs")
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: tests look at what came."""


@contextmanager
def hook_server(port: int = 0) -> Iterator[Hook]:
    """Listen on a port of loopback, a free one if none is given."""
    with _HookServer(("127.0.0.1", port), _HookHandler) as server:
        server.hook = Hook(f"http://127.0.0.1:{server.server_address[1]}/crochet")
        server.hook.answering.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.hook
        finally:
            server.hook.answering.set()
            server.shutdown()
            thread.join()


@dataclass
class Letters:
    """The mail server. ``refusals``: what it answers to an address instead of taking it."""

    port: int = 0
    came: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    connections: int = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.came.append((list(envelope.rcpt_tos), message))
        return "250 OK"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=good and data.login == USER.encode(), handled=False)


class _AnyPort(Controller):
    """A server on a free port: aiosmtpd wants to know it beforehand."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(
    certificate: Path | None = None, *, whole: bool = False, without: str | None = None
) -> Iterator[Letters]:
    """Listen on a free port of loopback; with a certificate, TLS and a password are demanded.

    ``whole``: TLS from the first byte, and not after STARTTLS. ``without``: a way of saying who
    one is that the server does not offer.
    """
    letters = Letters()
    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        options = {"authenticator": _authenticate, "auth_required": True}
        options |= {"auth_exclude_mechanism": [without]} if without else {}
        # aiosmtpd takes only what STARTTLS began for a safe place to say a password.
        options |= {"ssl_context": context, "auth_require_tls": False} if whole else {}
        options |= {} if whole else {"tls_context": context, "require_starttls": True}
    controller = _AnyPort(letters, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        letters.port = controller.port
        yield letters
    finally:
        controller.stop()

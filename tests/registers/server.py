"""A web server on loopback that stands for data.gouv.fr and the mirror, well or badly behaved.

Each address follows a script of answers; the last one is given for ever. What was asked is kept.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.settings import Settings
from tests.registers.rows import mirror_rows, wire_rows

RESOURCE = "ac59a0f5-fa83-4b82-bf12-3c5806d4f19f"
CATALOGUE = "/api/1/datasets/582c8978c751df788ec0bb7e/"
STABLE = f"/api/1/datasets/r/{RESOURCE}"
FILE = "/public/listePubliqueOF"
MIRROR = "/api/explore/v2.1/catalog/datasets/liste-publique-des-of-v2/exports/csv"
LAST_MODIFIED = "Wed, 16 Oct 2024 04:00:00 GMT"
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Answer:
    """One answer, and how it misbehaves.

    ``announced`` replaces the length of the body in Content-Length; ``None`` as a header leaves
    that header out. ``sent`` bytes of the body are sent, all without it; ``stall`` seconds pass
    before the second half of them, ``delay`` seconds before the status line. ``reset`` breaks the
    connection instead of answering.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str | None] = field(default_factory=dict)
    announced: int | None = None
    sent: int | None = None
    chunked: bool = False
    delay: float = 0.0
    stall: float = 0.0
    reset: bool = False

    def but(self, **changes: Any) -> Answer:
        """The same answer with other fields; headers are added to those it has."""
        headers = {**self.headers, **changes.pop("headers", {})}
        return replace(self, headers=headers, **changes)


def csv(body: bytes) -> Answer:
    """A list as the ministry's server gives it, with what makes conditional requests work."""
    return Answer(
        body,
        headers={
            "Content-Type": "text/csv;charset=UTF-8",
            "Last-Modified": LAST_MODIFIED,
            "ETag": f'"{len(body)}"',
        },
    )


def error(status: int, retry_after: str | None = None) -> Answer:
    """An error page."""
    return Answer(b"<h1>erreur</h1>", status, {"Retry-After": retry_after})


def redirect(location: str) -> Answer:
    """A redirect, as data.gouv.fr sends for a stable address."""
    return Answer(status=302, headers={"Location": location})


def gzipped(body: bytes) -> Answer:
    """A list compressed for the way."""
    return csv(gzip.compress(body)).but(headers={"Content-Encoding": "gzip"})


def cut(body: bytes) -> Answer:
    """A list whose second half never comes, though its length was announced."""
    return csv(body).but(sent=len(body) // 2)


PAGE = Answer(b"<!DOCTYPE html><html><body>Maintenance en cours</body></html>")
JSON = Answer(b'{"error": "maintenance"}', headers={"Content-Type": "application/json"})
RESET = Answer(reset=True)


@dataclass(frozen=True)
class Seen:
    """A request received. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    time: float


class RegisterServer:
    """The addresses, what they answer (:meth:`script`), and what they were asked (``seen``)."""

    def __init__(self, origin: str, content: bytes, mirrored: bytes) -> None:
        self.origin = origin
        self.content = content
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._scripts: dict[str, list[Answer]] = {}
        self.script(CATALOGUE, self.catalogue())
        self.script(STABLE, redirect(FILE + "?format=csv"))
        self.script(FILE, csv(content))
        self.script(MIRROR, csv(mirrored).but(chunked=True))

    def script(self, path: str, *answers: Answer) -> None:
        """Set the answers of an address, in their order; the last one stays."""
        with self._lock:
            self._scripts[path] = list(answers)

    def catalogue(self, resource: Mapping[str, object] | None = None, **dataset: object) -> Answer:
        """A catalogue entry: a remote resource of the right size, but for what is given."""
        entry = {
            "checksum": None,
            "extras": {"analysis:last-modified-at": "2024-10-16T04:00:00+00:00"},
            "filesize": len(self.content),
            "filetype": "remote",
            "format": "csv",
            "id": RESOURCE,
            "last_modified": "2024-10-16T06:00:00.000000+00:00",
            "latest": self.origin + STABLE,
            "mime": "text/csv",
            "title": "Liste publique des organismes de formation",
            "url": self.origin + FILE,
            **(resource or {}),
        }
        other = {"id": "00000000-0000-0000-0000-000000000000", "filetype": "file"}
        body = {
            "license": "fr-lo",
            "organization": {"name": "Ministère du Travail"},
            "resources": [other, entry],
            **dataset,
        }
        return Answer(json.dumps(body).encode(), headers={"Content-Type": "application/json"})

    def count(self, path: str) -> int:
        """How often an address was asked for."""
        return len(self.asked(path))

    def asked(self, path: str) -> list[Seen]:
        """The requests that an address received."""
        return [seen for seen in self.seen if urlsplit(seen.path).path == path]

    def settings(self, home: Path, **changes: Any) -> Settings:
        """Settings that point here and wait for little."""
        return Settings(**{"home": home, **self._values(), **changes})

    def environment(self) -> dict[str, str]:
        """The same settings as variables, for another process; proxies are kept out."""
        values = {f"OPAC_{name.upper()}": str(value) for name, value in self._values().items()}
        return {**os.environ, **values, "NO_PROXY": "*", "no_proxy": "*"}

    def _values(self) -> dict[str, Any]:
        return {
            "catalogue_url": self.origin + CATALOGUE,
            "resource_id": RESOURCE,
            "list_url": self.origin + STABLE,
            "mirror_url": self.origin + MIRROR + "?lang=fr&delimiter=%3B",
            "connect_timeout": 5.0,
            "read_timeout": 5.0,
            "attempts": 3,
            "backoff": 0.01,
            "max_wait": 0.3,
            "min_lines": 5,
        }

    def next_answer(self, seen: Seen) -> Answer:
        """Note a request and take the next answer of its script, 304 if its conditions hold."""
        with self._lock:
            self.seen.append(seen)
            script = self._scripts.get(urlsplit(seen.path).path, [Answer(status=404)])
            answer = script.pop(0) if len(script) > 1 else script[0]
        etag, modified = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
        if "if-none-match" in seen.headers:
            unchanged = seen.headers["if-none-match"] == etag
        else:
            unchanged = modified is not None and seen.headers.get("if-modified-since") == modified
        if answer.status == 200 and unchanged:
            return Answer(status=304, headers={"ETag": etag, "Last-Modified": modified})
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the answers under way
    register: RegisterServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.register.next_answer(Seen(self.path, headers, time.monotonic()))
        self.close_connection = True
        # A client may leave in the middle: it is part of what is tested.
        with suppress(ConnectionError, ssl.SSLError):
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        if answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            return
        self.server.register.closing.wait(answer.delay)
        self.send_response(answer.status)
        announced = len(answer.body) if answer.announced is None else answer.announced
        headers: dict[str, str | None] = {"Connection": "close", **answer.headers}
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif answer.status != 304:
            headers.setdefault("Content-Length", str(announced))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self._send_body(answer)

    def _send_body(self, answer: Answer) -> None:
        body = memoryview(answer.body)[: answer.sent]
        middle = len(body) // 2
        self._send_part(body[:middle], answer.chunked)
        self.server.register.closing.wait(answer.stall)
        self._send_part(body[middle:], answer.chunked)
        if answer.chunked and answer.sent is None:
            self.wfile.write(b"0\r\n\r\n")

    def _send_part(self, part: memoryview, chunked: bool) -> None:
        if chunked and part:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), bytes(part)))
        else:
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: tests look at what was seen."""


@contextmanager
def serve(
    content: bytes | None = None,
    mirrored: bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[RegisterServer]:
    """Serve a list (twenty rows without one) on a free port of loopback."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        origin = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        server.register = RegisterServer(
            origin,
            wire_rows(20) if content is None else content,
            mirror_rows(20) if mirrored is None else mirrored,
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.register
        finally:
            server.register.closing.set()
            server.shutdown()
            thread.join()

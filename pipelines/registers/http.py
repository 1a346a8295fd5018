"""Asking a web server for a file, and believing nothing of the answer that can be checked.

Redirects are followed by hand, bodies are streamed, counted, decoded and bounded. Failures carry
a short French clause ("erreur HTTP 503"); who asks makes the sentence.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urljoin

import requests
import stamina
import stamina.instrumentation
import urllib3
from urllib3.util import Url, parse_url

from pipelines.french import taille
from pipelines.settings import Settings

CHUNK = 65_536
MAX_REDIRECTS = 5
_DIGITS = 30  # of a Content-Length that is still a number of bytes
# Its default hooks print on standard output, where only what was asked for belongs.
stamina.instrumentation.set_on_retry_hooks(())

T = TypeVar("T")


class Failed(Exception):
    """An address did not give what was asked of it; the text is a French clause."""


class Transient(Failed):
    """Worth asking again, after ``wait`` seconds when the server says so."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Unlike(Failed):
    """An answer came, and it cannot be what was asked for."""


@dataclass(frozen=True)
class Receipt:
    """What is known of a body once received. ``framed``: its end was announced, and reached."""

    unpacked: int
    framed: bool


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Hide redirects: requests reads the whole body of one, even to leave it to us."""


def open_session() -> requests.Session:
    """Make a session that says who asks, sends no credentials and lets us decode."""
    session = _Session()
    session.headers.update({"User-Agent": f"opac/{version('opac')}", "Accept-Encoding": "gzip"})
    # Any authentication keeps requests from reading .netrc; the environment's proxies stay.
    session.auth = lambda request: request
    return session


def with_retries(settings: Settings, attempts: int, call: Callable[[int], T]) -> T:
    """Call with the attempt's number (from 1), again after each :class:`Transient` failure."""

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, Transient):
            return False
        return True if error.wait is None else min(error.wait, settings.max_wait)

    for attempt in stamina.retry_context(
        on=wait,
        attempts=attempts,
        timeout=None,
        wait_initial=settings.backoff,
        wait_max=settings.max_wait,
        wait_jitter=settings.backoff,
    ):
        with attempt:
            return call(attempt.num)
    raise AssertionError("stamina re-raises the last failure")


@contextmanager
def opened(
    session: requests.Session, settings: Settings, url: str, conditions: Mapping[str, str]
) -> Iterator[requests.Response]:
    """Ask for ``url``, follow its redirects, and yield the answer: 200, or 304 to conditions.

    Raises:
        Failed: a redirect that is not followed, an error status, a server that cannot be reached.
    """
    origin, seen = url, {url}
    _read_url(url)
    while True:
        with _asked(session, settings, url, conditions) as response:
            following = _redirect_target(response, url)
            if following is None:
                _check_status(response, conditional=bool(conditions))
                yield response
                return
        if following in seen:
            raise Failed("redirections en boucle")
        if len(seen) > MAX_REDIRECTS:
            raise Failed(f"plus de {MAX_REDIRECTS} redirections")
        _check_redirect(origin, following)
        seen.add(following)
        url = following


@contextmanager
def _asked(
    session: requests.Session, settings: Settings, url: str, conditions: Mapping[str, str]
) -> Iterator[requests.Response]:
    try:
        response = session.get(
            url,
            headers=dict(conditions),
            stream=True,
            allow_redirects=False,
            timeout=(settings.connect_timeout, settings.read_timeout),
        )
    except requests.Timeout as error:
        raise Transient("délai d'attente dépassé") from error
    except requests.exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Failed("certificat TLS refusé") from error
        raise Transient("connexion TLS impossible") from error
    except requests.ConnectionError as error:
        raise Transient("connexion impossible ou rompue") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise Failed("adresse ou réponse mal formée") from error
    with response:
        yield response


def _redirect_target(response: requests.Response, url: str) -> str | None:
    if not response.is_redirect:
        return None
    try:
        # Headers are read as latin-1, and servers write UTF-8.
        location = response.headers["Location"].encode("latin-1").decode()
        return urljoin(url, location)
    except ValueError as error:
        raise Failed("redirection vers une adresse mal formée") from error


def _check_status(response: requests.Response, *, conditional: bool) -> None:
    status = response.status_code
    if status == requests.codes.ok or (conditional and status == requests.codes.not_modified):
        return
    reason = f"erreur HTTP {status}"
    if status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        raise Transient(reason, _retry_after(response.headers.get("Retry-After", "")))
    raise Failed(reason)


def _retry_after(text: str) -> float | None:
    """Read seconds or an HTTP date; ``None`` when it holds neither."""
    if text.isdecimal():
        return float(text)
    date = http_date(text)
    if date is None:
        return None
    return max(0.0, (date - dt.datetime.now(dt.UTC)).total_seconds())


def http_date(text: str) -> dt.datetime | None:
    """Read the date of a header, always aware; ``None`` when it is none."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=dt.UTC)


def _read_url(url: str) -> Url:
    """Parse with the parser that the connection itself uses, and refuse what is not plain HTTP."""
    try:
        parsed = parse_url(url)
    except ValueError as error:
        raise Failed("adresse mal formée") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Failed("adresse qui n'est pas une adresse web")
    if parsed.auth is not None:
        raise Failed("adresse qui porte un identifiant ou un mot de passe")
    return parsed


def _check_redirect(origin: str, url: str) -> None:
    scheme = url.partition(":")[0].lower()
    if scheme != _read_url(origin).scheme:
        raise Failed(f"redirection refusée, vers un autre protocole ({scheme})")
    _read_url(url)
    if is_private(url) and not is_private(origin):
        raise Failed("redirection refusée, vers une adresse privée")


def is_private(url: str) -> bool:
    """Tell whether the host is, or resolves to, an address that is not of the public Internet."""
    host = (_read_url(url).host or "").strip("[]")
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        # Nothing here can reach it, unless a proxy, which resolves names by itself.
        return False
    return any(not _is_public(ipaddress.ip_address(text)) for text in found)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast


def receive(
    response: requests.Response,
    settings: Settings,
    keep: Callable[[bytes], object],
    advance: Callable[[int, int | None], None],
) -> Receipt:
    """Pass the decoded body to ``keep`` piece by piece, and see that it came whole.

    ``advance`` is told the bytes received so far and those announced.

    Raises:
        Transient: the body is cut or does not unpack.
        Unlike: it is larger than the settings allow.
    """
    text = response.headers.get("Content-Length", "")
    announced = int(text) if text.isdecimal() and len(text) < _DIGITS else None
    if announced is not None and announced > settings.max_received:
        raise Unlike(
            f"{taille(announced)} annoncés, {taille(settings.max_received)} au plus attendus"
        )
    unpacker = _unpacker(response, settings.max_unpacked)
    received = 0
    try:
        for piece in response.raw.stream(CHUNK, decode_content=False):
            received += len(piece)
            if received > settings.max_received:
                raise Unlike(f"plus de {taille(settings.max_received)} reçus")
            for part in unpacker.feed(piece):
                keep(part)
            advance(received, announced)
    except urllib3.exceptions.HTTPError as error:
        raise Transient(_cut(received, announced)) from error
    if announced is not None and received != announced:
        raise Transient(_cut(received, announced))
    if received and not unpacker.whole():
        raise Transient(f"réponse compressée tronquée après {taille(received)}")
    packed = isinstance(unpacker, _Inflater)
    return Receipt(unpacker.unpacked, announced is not None or response.raw.chunked or packed)


def _cut(received: int, announced: int | None) -> str:
    of = "" if announced is None else f" sur {announced} annoncés"
    return f"réponse tronquée, {received} octets reçus{of}"


class _Unpacker:
    """A body sent as it is."""

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self.unpacked = 0

    def whole(self) -> bool:
        """Tell whether nothing more is expected."""
        return True

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the piece unpacks to, in bounded parts."""
        yield self._counted(piece)

    def _counted(self, part: bytes) -> bytes:
        self.unpacked += len(part)
        if self.unpacked > self._ceiling:
            raise Unlike(f"plus de {taille(self._ceiling)} une fois décompressé")
        return part


class _Inflater(_Unpacker):
    """A body sent as gzip (several members too) or deflate."""

    def __init__(self, ceiling: int) -> None:
        super().__init__(ceiling)
        self._zlib = zlib.decompressobj(wbits=47)  # 32 + 15: either header

    def whole(self) -> bool:
        """Tell whether the stream reached its own end, whose checksum zlib verified."""
        return self._zlib.eof

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Inflate bounded parts, so that a bomb meets the ceiling before it fills the memory."""
        while True:
            if self._zlib.eof and piece:
                self._zlib = zlib.decompressobj(wbits=47)
            try:
                part = self._zlib.decompress(piece, CHUNK)
            except zlib.error as error:
                raise Transient("réponse compressée illisible") from error
            if part:
                yield self._counted(part)
            piece = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
            if not piece:
                return


def _unpacker(response: requests.Response, ceiling: int) -> _Unpacker:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return _Unpacker(ceiling)
    if coding in {"gzip", "x-gzip", "deflate"}:
        return _Inflater(ceiling)
    raise Failed("réponse dans un encodage qui n'a pas été demandé")

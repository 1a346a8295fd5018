"""Notices by webhook, signed as the Standard Webhooks specification has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import queue
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from pipelines.notices.outbox import Entry, NotReceived

_TIMEOUT = 10.0
# That is for each piece of an answer, and these may come a byte at a time.
_WHOLE = 30.0
_SECRET = "OPAC_WEBHOOK_SECRET"  # noqa: S105  # the name of the variable
# The shortest key that the specification allows.
_SECRET_BYTES = 24
# Of the answers that begin with 4, those that say « later ».
_LATER = {408, 425, 429}


def to_webhook(url: str, entry: Entry) -> None:
    """Post a notice, under its identifier.

    Raises:
        NotReceived: the other side did not say that it has it.
    """
    import requests

    host = urlsplit(url).hostname or ""
    body, key, sent = entry.body(), _key(), str(int(time.time()))
    signed = hmac.digest(key, f"{entry.identifiant}.{sent}.".encode() + body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "opac",
        "webhook-id": entry.identifiant,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }

    def posted() -> int:
        # A redirect would take the notice where nobody asked; the body of the answer is not read.
        with requests.post(
            url, body, headers=headers, timeout=_TIMEOUT, allow_redirects=False, stream=True
        ) as response:
            return response.status_code

    try:
        status = _within(_WHOLE, posted)
    except queue.Empty:
        raise NotReceived(f"{host} n'a pas fini de répondre en {_WHOLE:.0f} secondes.") from None
    except requests.RequestException as error:
        raise NotReceived(_unreached(host, error)) from error
    if 300 <= status < 400:
        raise NotReceived(
            f"{host} renvoie vers une autre adresse (réponse {status}), qui n'est pas suivie : "
            "donnez l'adresse définitive dans avis.toml.",
            refused=True,
        )
    if 400 <= status < 500 and status not in _LATER:
        raise NotReceived(
            f"{host} refuse l'avis (réponse {status}) : vérifiez l'adresse dans avis.toml et le "
            f"secret partagé ({_SECRET}).",
            refused=True,
        )
    if not 200 <= status < 300:
        raise NotReceived(f"{host} ne peut pas recevoir l'avis pour l'instant (réponse {status}).")


def _within(seconds: float, call: Callable[[], int]) -> int:
    """Give what a call gives, and leave it to itself after that time.

    Raises:
        queue.Empty: it has not ended.
    """
    ended: queue.SimpleQueue[int | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            ended.put(call())
        except Exception as error:  # noqa: BLE001  # raised again where it is waited for
            ended.put(error)

    threading.Thread(target=run, daemon=True).start()
    found = ended.get(timeout=seconds)
    if isinstance(found, Exception):
        raise found
    return found


def _key() -> bytes:
    """Give the key that signs, from the environment: ``whsec_`` and base64, or base64 alone."""
    try:
        text = os.environ.get(_SECRET, "").removeprefix("whsec_")
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) < _SECRET_BYTES:
        raise NotReceived(
            f"Rien n'est envoyé sans signature, et {_SECRET} n'est pas un secret qui signe : donnez"
            f" « whsec_ » suivi d'au moins {_SECRET_BYTES} octets en base64 (« openssl rand -base64"
            " 32 »)."
        )
    return key


def _unreached(host: str, error: Exception) -> str:
    """Say why a host was not reached; the words of the library hold the whole address."""
    from requests import exceptions
    from urllib3.exceptions import NameResolutionError

    if isinstance(error, exceptions.Timeout):
        return f"{host} n'a pas répondu en {_TIMEOUT:.0f} secondes."
    if isinstance(error, exceptions.SSLError):
        return f"La connexion sûre avec {host} a échoué : vérifiez son certificat."
    if isinstance(error, exceptions.ProxyError):
        return f"Le mandataire (proxy) ne mène pas à {host} : vérifiez HTTPS_PROXY et NO_PROXY."
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NameResolutionError):
        return f"Le nom {host} est inconnu : vérifiez l'adresse dans avis.toml."
    if isinstance(error, exceptions.ConnectionError):
        return f"{host} refuse ou coupe la connexion."
    return f"L'adresse chez {host} ne peut pas être appelée ({type(error).__name__})."

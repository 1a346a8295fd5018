"""The three ways out: a folder, a webhook, mail. Each sends a notice, or says why it did not."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.errors import OpacError
from pipelines.files import replacing, sync
from pipelines.french import instant
from pipelines.home import Home, home_errors
from pipelines.log import log_traceback
from pipelines.notices.mail import to_addresses
from pipelines.notices.outbox import Entry, NotReceived
from pipelines.notices.settings import Folder, Mailboxes, Recipient, Webhook
from pipelines.notices.webhook import to_webhook
from pipelines.settings import PARIS


def send(home: Home, recipient: Recipient, entry: Entry) -> None:
    """Send a notice to its recipient.

    Raises:
        OpacError: it was not received (:class:`NotReceived`), or could not be written.
    """
    try:
        _send(home, recipient, entry)
    except OpacError:
        raise
    except Exception as error:
        kept = log_traceback(home, error)
        raise NotReceived(f"Erreur imprévue ({type(error).__name__}) ; {kept}.") from error


def _send(home: Home, recipient: Recipient, entry: Entry) -> None:
    match recipient.cible:
        case Folder(dossier):
            _to_folder(home.root / dossier, entry)
        case Webhook(adresse):
            to_webhook(adresse, entry)
        case Mailboxes(adresses, mail):
            to_addresses(mail, adresses, entry)


def _to_folder(folder: Path, entry: Entry) -> None:
    """Write the notice twice, as text and as JSON, under a name that is the same on every try."""
    with home_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{entry.cree:%Y%m%dT%H%M%SZ}-{entry.identifiant}"
        local = entry.cree.astimezone(PARIS)
        foot = f"Avis du {instant(local)} (heure de Paris), {entry.identifiant}"
        _write(folder / f"{name}.json", entry.body() + b"\n")
        _write(
            folder / f"{name}.txt", f"{entry.objet}\n\n{entry.texte.strip()}\n\n{foot}\n".encode()
        )
        sync(folder)


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as part:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(fd)

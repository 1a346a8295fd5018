"""Notices by mail: one message an address, over one connection."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from pipelines.notices.outbox import Entry, NotReceived
from pipelines.notices.settings import Mail, Security

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_TIMEOUT = 10.0
_PASSWORD = "OPAC_SMTP_PASSWORD"  # noqa: S105  # the name of the variable

# The first that fits is said.
_REASONS: tuple[tuple[type[OSError], str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        f"refuse l'utilisateur ou le mot de passe : vérifiez utilisateur dans avis.toml et "
        f"{_PASSWORD}",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "ne propose pas la connexion demandée : vérifiez securite, port et utilisateur dans "
        "avis.toml",
    ),
    (smtplib.SMTPResponseException, "ne prend pas de courriel pour l'instant"),
    (socket.gaierror, "n'est pas un nom connu : vérifiez serveur dans avis.toml"),
    (TimeoutError, f"n'a pas répondu en {_TIMEOUT:.0f} secondes"),
    (ssl.SSLError, "n'a pas permis de connexion sûre : vérifiez son certificat, securite et port"),
    (OSError, "refuse ou coupe la connexion"),
)


class _Utf8(str):
    """A text that is always sent in UTF-8 (RFC 4616), whatever encoding smtplib asks for: ASCII."""

    __slots__ = ()

    def encode(self, _encoding: str = "", _errors: str = "") -> bytes:
        # The environment may hold bytes of another encoding: they are sent as they are.
        return super().encode("utf-8", "surrogateescape")


class _Accented(smtplib.SMTP):
    """A session whose user and password may hold any letter."""

    def auth_plain(self, challenge: Buffer | None = None) -> str:
        return _Utf8(super().auth_plain(challenge))

    def auth_login(self, challenge: Buffer | None = None) -> str:
        return _Utf8(super().auth_login(challenge))

    def auth_cram_md5(self, challenge: Buffer | None = None) -> str | None:  # type: ignore[override]
        answer = super().auth_cram_md5(challenge)
        return None if answer is None else _Utf8(answer)


class _WholeTls(_Accented, smtplib.SMTP_SSL):
    """Under TLS from the first byte."""


def to_addresses(mail: Mail, addresses: tuple[str, ...], entry: Entry) -> None:
    """Send a notice to each address that does not have it; none sees the others.

    Raises:
        NotReceived: at least one does not have it yet.
    """
    reached = [address for address in addresses if address in entry.remis]
    refusals: list[NotReceived] = []
    try:
        with _session(mail) as smtp:
            for address in addresses:
                if address in reached:
                    continue
                try:
                    smtp.send_message(_message(mail, address, entry), mail.expediteur, [address])
                except (
                    smtplib.SMTPRecipientsRefused,
                    smtplib.SMTPSenderRefused,
                    smtplib.SMTPDataError,
                ) as error:
                    refusals.append(_refusal(mail, address, error))
                else:
                    reached.append(address)
    except OSError as error:  # what smtplib raises is one as well
        if len(reached) + len(refusals) < len(addresses):
            refusals = [_unreached(mail, error)]
    if refusals:
        raise NotReceived(
            " ".join(map(str, refusals)),
            refused=all(refusal.refused for refusal in refusals),
            remis=tuple(reached),
        )


@contextmanager
def _session(mail: Mail) -> Iterator[smtplib.SMTP]:
    """Open a session with the server, authenticated if a user is given."""
    context = ssl.create_default_context()
    where = (mail.serveur, mail.port)
    with (
        _WholeTls(*where, timeout=_TIMEOUT, context=context)
        if mail.securite is Security.TLS
        else _Accented(*where, timeout=_TIMEOUT)
    ) as smtp:
        if mail.securite is Security.STARTTLS:
            smtp.starttls(context=context)
        if mail.utilisateur is not None:
            smtp.login(_Utf8(mail.utilisateur), _Utf8(_password()))
        yield smtp


def _password() -> str:
    password = os.environ.get(_PASSWORD, "")
    if not password:
        raise NotReceived(
            f"Le serveur de courriel demande un mot de passe : donnez-le dans {_PASSWORD}."
        )
    return password


def _message(mail: Mail, address: str, entry: Entry) -> EmailMessage:
    """Make the message; its identifier and its date are the same on every try."""
    message = EmailMessage()
    # A header is one line.
    message["Subject"] = " ".join(entry.objet.split())
    message["From"] = mail.expediteur
    message["To"] = address
    message["Date"] = format_datetime(entry.cree)
    message["Message-ID"] = f"<{entry.identifiant}@{mail.expediteur.rpartition('@')[2]}>"
    # So that answering machines stay silent.
    message["Auto-Submitted"] = "auto-generated"
    # Read by every server, those that take seven bits only included.
    message.set_content(entry.texte, cte="quoted-printable")
    return message


def _refusal(mail: Mail, address: str, error: smtplib.SMTPException) -> NotReceived:
    """Say that the server does not take the message for one address."""
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, _ = error.recipients[address]
    if isinstance(code, int) and code < 500:
        return NotReceived(f"{mail.serveur} remet à plus tard {address} (réponse {code}).")
    return NotReceived(
        f"{mail.serveur} refuse le courriel à {address} (réponse {code}) : vérifiez cette adresse "
        "et expediteur dans avis.toml.",
        refused=True,
    )


def _unreached(mail: Mail, error: OSError) -> NotReceived:
    """Say why there was no session with the server, or why it broke."""
    # smtplib takes an answer that does not come for a connection that was cut.
    cause = error.__context__ if isinstance(error.__context__, TimeoutError) else error
    reasons = (text for kind, text in _REASONS if isinstance(cause, kind))
    answer = f" (réponse {error.smtp_code})" if hasattr(error, "smtp_code") else ""
    return NotReceived(
        f"{mail.serveur}:{mail.port} {next(reasons)}{answer}.",
        refused=isinstance(error, smtplib.SMTPAuthenticationError),
    )

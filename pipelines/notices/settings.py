"""``avis.toml``, in the home: who receives what, and by which channel. Secrets are not in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import UsageError
from pipelines.home import Home, home_errors
from pipelines.notices.outbox import Genre

# One address and nothing else: a name, a list or a space would be read in several ways.
_MAIL = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+")


class Channel(StrEnum):
    """How a recipient is told."""

    FILE = "fichier"
    WEBHOOK = "webhook"
    MAIL = "courriel"


class Security(StrEnum):
    """How the mail server is spoken to; certificates are verified."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "aucune"


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True)
class Folder:
    """A folder, from that of the home."""

    dossier: str = "avis"


@dataclass(frozen=True)
class Webhook:
    """An HTTP address; what signs is ``OPAC_WEBHOOK_SECRET``."""

    adresse: str


@dataclass(frozen=True)
class Mail:
    """The table ``[courriel]``; the password is ``OPAC_SMTP_PASSWORD``."""

    serveur: str
    port: int
    securite: Security
    expediteur: str
    utilisateur: str | None = None


@dataclass(frozen=True)
class Mailboxes:
    """Mail addresses, and the server that takes their mail."""

    adresses: tuple[str, ...]
    mail: Mail


@dataclass(frozen=True)
class Recipient:
    """One ``[[destinataire]]``."""

    nom: str
    recoit: frozenset[Genre]
    cible: Folder | Webhook | Mailboxes


@dataclass(frozen=True)
class NoticeSettings:
    """All of ``avis.toml``."""

    recipients: tuple[Recipient, ...]

    def receiving(self, genre: Genre) -> list[Recipient]:
        """Give the recipients of one kind of notice."""
        return [recipient for recipient in self.recipients if genre in recipient.recoit]

    def recipient(self, nom: str) -> Recipient | None:
        """Give the recipient of that name."""
        return next((found for found in self.recipients if found.nom == nom), None)


LOCAL = Recipient("local", frozenset(Genre), Folder())


def notice_settings(home: Home) -> NoticeSettings:
    """Read ``avis.toml``; without it, both kinds go to the folder ``avis`` of the home.

    Raises:
        UsageError: something in it is wrong; the sentence names the key and what to write.
        HomeUnusable: it cannot be read.
    """
    path = home.root / "avis.toml"
    try:
        with home_errors(home.root):
            whole = _Table(path, "", tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        return NoticeSettings((LOCAL,))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise UsageError(
            f"« {path} » n'est pas du TOML lisible ({error}) : corrigez-le, docs/avis.md en donne "
            "un exemple."
        ) from error
    mail = _mail(whole.table("courriel"))
    recipients = tuple(_recipient(table, mail) for table in whole.tables("destinataire"))
    whole.end()
    names = [recipient.nom for recipient in recipients]
    for name in names:
        if names.count(name) > 1:
            raise whole.wrong("destinataire", f"le nom « {name} » sert deux fois", "un nom chacun")
    return NoticeSettings(recipients)


@dataclass
class _Table:
    """A table of the file; each key is taken once, what is left at the end is refused."""

    path: Path
    where: str
    values: dict[str, Any]

    def wrong(self, key: str, what: str, write: str) -> UsageError:
        """Say what to write; never the value, which may hold a secret put there by mistake."""
        place = f"{self.where}, " if self.where else ""
        return UsageError(f"« {self.path} », {place}clé « {key} » : {what} ; écrivez {write}.")

    def take(self, key: str, kind: type, write: str, default: Any = None) -> Any:
        """Take the value of a key; without ``default``, it must be there."""
        value = self.values.pop(key, default)
        if value is None:
            raise self.wrong(key, "elle manque", write)
        if type(value) is not kind or value in ("", []):
            raise self.wrong(key, "sa valeur ne convient pas", write)
        return value

    def text(
        self, key: str, good: Callable[[str], bool], write: str, default: str | None = None
    ) -> str:
        value: str = self.take(key, str, write, default)
        if not good(value):
            raise self.wrong(key, "sa valeur ne convient pas", write)
        return value

    def texts(
        self, key: str, good: Callable[[str], bool], write: str, default: list[str] | None = None
    ) -> list[str]:
        values: list[str] = self.take(key, list, write, default)
        for value in values:
            if not isinstance(value, str) or not good(value):
                raise self.wrong(key, "une de ses valeurs ne convient pas", write)
        return values

    def table(self, key: str) -> _Table | None:
        if key not in self.values:
            return None
        return _Table(self.path, f"table [{key}]", self.take(key, dict, f"une table [{key}]"))

    def tables(self, key: str) -> list[_Table]:
        write = f"une table [[{key}]] pour chacun"
        found = self.take(key, list, write)
        if not all(isinstance(values, dict) for values in found):
            raise self.wrong(key, "ce n'est pas une suite de tables", write)
        return [
            _Table(self.path, f"{key} « {values.get('nom', rank)} »", values)
            for rank, values in enumerate(found, 1)
        ]

    def end(self) -> None:
        for key in self.values:
            raise self.wrong(key, "elle n'existe pas", "une clé de docs/avis.md ou retirez-la")


def _recipient(table: _Table, mail: Mail | None) -> Recipient:
    nom = table.text("nom", str.isprintable, 'nom = "qualite"')
    channels = " ou ".join(f'canal = "{channel}"' for channel in Channel)
    canal = Channel(table.text("canal", lambda text: text in set(Channel), channels))
    genres = table.texts(
        "recoit",
        lambda text: text in set(Genre),
        'recoit = ["veille", "exploitation"], ou l\'un des deux',
        list(Genre),
    )
    recipient = Recipient(nom, frozenset(map(Genre, genres)), _target(table, canal, mail))
    table.end()
    return recipient


def _target(table: _Table, canal: Channel, mail: Mail | None) -> Folder | Webhook | Mailboxes:
    if canal is Channel.FILE:
        folder = table.text("dossier", str.isprintable, 'dossier = "avis"', Folder.dossier)
        return Folder(folder)
    if canal is Channel.WEBHOOK:
        write = 'adresse = "https://exemple.fr/crochet", sans utilisateur ni mot de passe'
        return Webhook(table.text("adresse", _is_url, write))
    addresses = table.texts("adresses", _is_mail, 'adresses = ["qualite@exemple.fr"]')
    if mail is None:
        raise table.wrong("canal", "aucun serveur de courriel n'est donné", "une table [courriel]")
    return Mailboxes(tuple(dict.fromkeys(addresses)), mail)


def _mail(table: _Table | None) -> Mail | None:
    if table is None:
        return None
    ways = " ou ".join(f'securite = "{security}"' for security in Security)
    securite = Security(
        table.text("securite", lambda text: text in set(Security), ways, Security.STARTTLS.value)
    )
    user = None
    if "utilisateur" in table.values:
        user = table.text("utilisateur", str.isprintable, 'utilisateur = "opac"')
    if user is not None and securite is Security.NONE:
        raise table.wrong(
            "securite", "le mot de passe passerait en clair", 'securite = "starttls" ou "tls"'
        )
    port = table.take("port", int, "port = 587", _PORTS[securite])
    if not 0 < port < 65_536:
        raise table.wrong("port", "sa valeur ne convient pas", "port = 587")
    mail = Mail(
        serveur=table.text("serveur", _is_host, 'serveur = "smtp.exemple.fr"'),
        port=port,
        securite=securite,
        expediteur=table.text("expediteur", _is_mail, 'expediteur = "opac@exemple.fr"'),
        utilisateur=user,
    )
    table.end()
    return mail


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        plain = parts.username is None and parts.port != 0
    except ValueError:
        return False
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _is_host(text: str) -> bool:
    """Tell whether a name can be looked for: the resolver takes only what IDNA can write."""
    try:
        return text.isprintable() and bool(text.encode("idna"))
    except UnicodeError:
        return False


def _is_mail(text: str) -> bool:
    return text.isascii() and _MAIL.fullmatch(text) is not None

"""``opac avis``: what waits to be told, what was, and a try of each channel."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from pipelines.cli.common import (
    OUT,
    HomeOption,
    JsonOption,
    fitted,
    plain_table,
    print_json,
    settings_for,
)
from pipelines.errors import OpacError, UsageError
from pipelines.home import Home
from pipelines.notices.channels import send
from pipelines.notices.outbox import OPEN, Entry, State, entries, trial
from pipelines.notices.settings import (
    Channel,
    Folder,
    Mailboxes,
    NoticeSettings,
    Recipient,
    Webhook,
    notice_settings,
)
from pipelines.notices.store import made, store
from pipelines.printable import printable
from pipelines.settings import PARIS

_SENT_SHOWN = 10
_WHOLE = {"du", "destinataire", "prochain essai", "parti"}
_WENT = "l'avis d'essai est parti."


class Doing(StrEnum):
    """What to do other than tell where notices stand."""

    TRY = "essayer"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("avis")(notices)


def notices(
    faire: Annotated[
        Doing | None,
        typer.Argument(
            metavar="FAIRE",
            help="« essayer » : envoyer tout de suite un avis d'essai à chaque destinataire.",
        ),
    ] = None,
    nom: Annotated[
        str | None,
        typer.Argument(metavar="NOM", help="Avec « essayer » : ce destinataire seulement."),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> int:
    """Dire quels avis attendent, sont partis ou sont refusés ; essayer les canaux d'avis.toml."""
    place = Home(settings_for(home).home)
    settings = notice_settings(place)
    if faire is Doing.TRY:
        return _try(place, settings, nom, as_json=as_json)
    found = _entries(place)
    if as_json:
        print_json(
            {
                "destinataires": [_described(recipient) for recipient in settings.recipients],
                "avis": [_as_dict(entry) for entry in found],
            }
        )
    else:
        _show(settings, found)
    return 0


def _try(home: Home, settings: NoticeSettings, nom: str | None, *, as_json: bool) -> int:
    """Send a notice of trial to the recipients; give the exit code."""
    chosen = [recipient for recipient in settings.recipients if nom in {None, recipient.nom}]
    if not chosen:
        known = ", ".join(recipient.nom for recipient in settings.recipients)
        raise UsageError(
            f"Aucun destinataire ne s'appelle « {nom} » : choisissez parmi {known}, ou ajoutez-le "
            f"à « {home.root / 'avis.toml'} »."
        )
    refusals = {recipient.nom: _tried(home, recipient) for recipient in chosen}
    if as_json:
        print_json(
            [
                {"nom": name, "recu": reason is None, "raison": reason}
                for name, reason in refusals.items()
            ]
        )
    else:
        for name, reason in refusals.items():
            mark = "[bold green]✓[/]" if reason is None else "[bold red]✗[/]"
            told = fitted(OUT, f"{name} : {reason or _WENT}", 2)
            OUT.print(f"{mark} {escape(told)}", soft_wrap=True, highlight=False)
    return int(any(refusals.values()))


def _tried(home: Home, recipient: Recipient) -> str | None:
    try:
        send(home, recipient, trial(recipient.nom))
    except OpacError as error:
        return str(error)
    return None


def _entries(home: Home) -> list[Entry]:
    if not made(home):
        return []
    with store(home, writing=False) as con:
        return entries(con)


def _show(settings: NoticeSettings, found: list[Entry]) -> None:
    table = plain_table("destinataire", "canal", "où", "reçoit", whole=_WHOLE)
    for recipient in settings.recipients:
        said = _described(recipient)
        table.add_row(
            escape(said["nom"]), said["canal"], escape(said["vers"]), ", ".join(said["recoit"])
        )
    OUT.print(table)
    open_ = [entry for entry in found if entry.etat in OPEN]
    lost = [entry for entry in found if entry.etat is State.GIVEN_UP]
    sent = [entry for entry in found if entry.etat is State.SENT]
    OUT.print()
    OUT.print("Rien n'attend." if not open_ else "En attente :", style="bold")
    if open_:
        titles = ("du", "destinataire", "objet", "essais", "prochain essai", "pourquoi")
        table = plain_table(*titles, whole=_WHOLE)
        for entry in open_:
            table.add_row(
                *_line(entry),
                str(entry.essais),
                _when(entry.prochain_essai) or "dès que possible",
                _why(entry),
            )
        OUT.print(table)
    if lost:
        OUT.print("\nAbandonnés (plus rien n'est tenté) :", style="bold red")
        table = plain_table("du", "destinataire", "objet", "essais", "pourquoi", whole=_WHOLE)
        for entry in lost:
            table.add_row(*_line(entry), str(entry.essais), _why(entry))
        OUT.print(table)
    if sent:
        OUT.print("\nPartis en dernier :", style="bold")
        table = plain_table("du", "destinataire", "objet", "parti", whole=_WHOLE)
        for entry in sent[-_SENT_SHOWN:]:
            table.add_row(*_line(entry), _when(entry.fini))
        OUT.print(table)


def _line(entry: Entry) -> tuple[str, str, str]:
    return _when(entry.cree), escape(entry.destinataire), escape(printable(entry.objet))


def _why(entry: Entry) -> str:
    reason = printable(entry.derniere_erreur or "")
    return escape(f"refusé : {reason}" if entry.etat is State.REFUSED else reason)


def _when(moment: dt.datetime | None) -> str:
    return f"{moment.astimezone(PARIS):%d/%m/%Y %H:%M}" if moment else ""


def _described(recipient: Recipient) -> dict[str, Any]:
    """Tell who is told and how; of a webhook the host only, its path may be a secret."""
    match recipient.cible:
        case Folder(dossier):
            canal, where = Channel.FILE, dossier
        case Webhook(adresse):
            parts = urlsplit(adresse)
            canal, where = Channel.WEBHOOK, f"{parts.scheme}://{parts.hostname}"
        case Mailboxes(adresses, mail):
            canal, where = Channel.MAIL, f"{', '.join(adresses)} par {mail.serveur}:{mail.port}"
    return {"nom": recipient.nom, "canal": canal, "vers": where, "recoit": sorted(recipient.recoit)}


def _as_dict(entry: Entry) -> dict[str, Any]:
    return {
        "identifiant": entry.identifiant,
        "destinataire": entry.destinataire,
        "genre": entry.genre,
        "objet": entry.objet,
        "etat": entry.etat,
        "cree": entry.cree,
        "essais": entry.essais,
        "dernier_essai": entry.dernier_essai,
        "prochain_essai": entry.prochain_essai,
        "derniere_erreur": entry.derniere_erreur,
        "fini": entry.fini,
    }

"""What ``opac dossier`` says of a dossier that is already there, and of the key that signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from pipelines.cli.common import OUT, fitted, print_json, settings_for
from pipelines.french import date_longue
from pipelines.home import Home
from pipelines.printable import printable
from pipelines.warehouse.release import current, open_readonly

_CODES = {
    "authentique": 0,
    "inconnu ici": 11,
    "intact": 12,
    "modifié": 13,
    "signé par une autre clé": 13,
}
_COLOURS = {0: "green", 11: "yellow", 12: "yellow", 13: "red"}


def show_key(home: Path | None, as_json: bool) -> int:
    """Show the public key that signs the dossiers of a home, made if there is none yet."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from pipelines.portage.dossier.key import fingerprint, grouped, signer

    certificate = signer(Home(settings_for(home).home)).certificate
    pem = certificate.public_bytes(Encoding.PEM).decode()
    if as_json:
        print_json({"empreinte": fingerprint(certificate), "certificat": pem})
    else:
        # As a file, it is what --cle takes: the certificate is found below the fingerprint.
        typer.echo(f"Empreinte (SHA-256) : {grouped(fingerprint(certificate))}\n{pem}", nl=False)
    return 0


def show_check(file: Path, key: str | None, home: Path | None, as_json: bool) -> int:
    """Say what a file is: authentic, intact, modified, signed by another key or unknown here."""
    from pipelines.portage.dossier import check
    from pipelines.portage.dossier.key import given_fingerprint

    settings = settings_for(home)
    asked = given_fingerprint(key) if key else None
    checked = check.check(Home(settings.home), file, asked)
    changed, liste = _since(Home(settings.home), checked.emission)
    if as_json:
        print_json({**asdict(checked), "liste_actuelle": liste, "changements": changed})
        return _CODES[checked.statut]
    told = Text(fitted(OUT, f"{checked.statut} — {printable(checked.message)}"))
    told.stylize(f"bold {_COLOURS[_CODES[checked.statut]]}", 0, len(checked.statut))
    OUT.print(told, soft_wrap=True)
    if checked.emission is not None:
        _line("dossier", check.told_emission(checked.emission))
        _line("depuis", _changes_since(checked.emission, changed, liste))
    if checked.empreinte:
        _line("papier", f"empreinte {checked.empreinte}, au bas de chaque page")
    return _CODES[checked.statut]


def _since(home: Home, emission: Mapping[str, Any] | None) -> tuple[list[str] | None, str | None]:
    """Compare with the current release: the changes and the day of its list, None without."""
    from pipelines.portage.dossier.check import changes, named, withdrawn

    release = current(home) if emission is not None and named(emission) else None
    if release is None or emission is None:
        return None, None
    with open_readonly(release.path) as con:
        told = [*withdrawn(con, emission), *changes(con, emission)]
        return told, str(release.meta["date_contenu"])


def _changes_since(
    emission: Mapping[str, Any], changed: list[str] | None, liste: str | None
) -> str:
    from pipelines.portage.dossier.check import named

    if not named(emission):
        return "aucun organisme n'y était identifié : il n'y a rien à comparer"
    if changed is None or liste is None:
        return "aucune version n'est publiée, rien n'est comparé : lancez « opac refresh »"
    told = " ; ".join(changed) or "rien n'a changé pour les organismes du dossier"
    return f"{told} (liste du {date_longue(liste)})"


def _line(label: str, text: str) -> None:
    OUT.print(Text(fitted(OUT, f"  {label:<8}: {printable(text)}", indent=12)), soft_wrap=True)

"""``opac dossier``: the proof a porteur files for its auditor, and its check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from pipelines.cli.common import (
    OUT,
    HomeOption,
    JsonOption,
    current_release,
    fitted,
    print_json,
    settings_for,
)
from pipelines.cli.facts import IdentifierArgument, with_facts
from pipelines.cli.verify import asked
from pipelines.errors import UsageError
from pipelines.french import date_longue
from pipelines.home import Home
from pipelines.portage.verdict import Verdict
from pipelines.printable import printable
from pipelines.warehouse.release import current, open_readonly

_CHECK_CODES = {"authentique": 0, "inconnu ici": 11, "modifié": 13}
_COLOURS = {"authentique": "green", "inconnu ici": "yellow", "modifié": "red"}


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("dossier")(with_facts(dossier, arguments=("identifiant",)))


def dossier(
    identifiant: IdentifierArgument = None,
    verifier: Annotated[
        Path | None,
        typer.Option(
            "--verifier",
            metavar="FICHIER",
            readable=False,  # said by us, in French
            help="Vérifier un dossier (PDF ou JSON) : authentique, modifié ou inconnu ici, et ce "
            "qui a changé dans la liste depuis.",
        ),
    ] = None,
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="FICHIER.pdf",
            readable=False,
            help="PDF à écrire, le JSON à côté ; sinon NUMERO.pdf ici même.",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            metavar="",
            help="Dire le résultat par le code de sortie : 10 éligible, 11 pièces manquantes, 12 à "
            "vérifier, 13 non éligible ; avec --verifier, 0 authentique, 11 inconnu ici, 13 "
            "modifié.",
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    *,
    facts: dict[str, str],
) -> int:
    """Écrire le dossier de preuve d'une sous-traitance (PDF et JSON), ou en vérifier un."""
    if verifier is None:
        code = _make(asked(identifiant, facts), sortie, home, as_json)
    elif identifiant or facts or sortie is not None:
        raise UsageError(
            "Un dossier se vérifie seul : donnez --verifier FICHIER sans identifiant, fait ni "
            "--sortie."
        )
    else:
        code = _check(verifier, home, as_json)
    return code if strict else 0


def _make(facts: dict[str, str], sortie: Path | None, home: Path | None, as_json: bool) -> int:
    from pipelines.portage.answer import answer, refuse_unreadable
    from pipelines.portage.dossier.issue import issue
    from pipelines.portage.dossier.source import read
    from pipelines.portage.session import Telling, portage_session

    for name in ("financement", "action"):
        if name not in facts:
            raise UsageError(
                f"Un dossier porte sur une mission précise : donnez --{name} (« opac verifier » "
                "montre la grille entière)."
            )
    settings = settings_for(home)
    with portage_session(current_release(settings)) as session:
        session.ask_rows([facts], Telling.ALL)
        refuse_unreadable(session)
        found = answer(session, 1)
        source = read(session, 1, found)
    made = issue(Home(settings.home), found, source, sortie, dt.datetime.now(dt.UTC))
    if as_json:
        print_json({"verdict": found["verdict"], **asdict(made)})
    else:
        title = Verdict(found["verdict"]).words.title
        OUT.print(Text(f"✓ {made.numero} : {title}", style="bold"), soft_wrap=True)
        for path in (made.pdf, made.json):
            OUT.print(Text(f"  {printable(str(path))}"), soft_wrap=True)
    return Verdict(found["verdict"]).words.code


def _check(file: Path, home: Path | None, as_json: bool) -> int:
    from pipelines.portage.dossier import check

    settings = settings_for(home)
    checked = check.check(Home(settings.home), file)
    changed, liste = _since(Home(settings.home), checked.emission)
    if as_json:
        print_json({**asdict(checked), "liste_actuelle": liste, "changements": changed})
        return _CHECK_CODES[checked.statut]
    told = Text(fitted(OUT, f"{checked.statut} — {printable(checked.message)}"))
    told.stylize(f"bold {_COLOURS[checked.statut]}", 0, len(checked.statut))
    OUT.print(told, soft_wrap=True)
    if checked.emission is not None:
        _line("dossier", check.told_emission(checked.emission))
        _line("depuis", _changes_since(checked.emission, changed, liste))
    return _CHECK_CODES[checked.statut]


def _since(home: Home, emission: Mapping[str, Any] | None) -> tuple[list[str] | None, str | None]:
    """Compare with the current release: the changes and the day of its list, None without."""
    from pipelines.portage.dossier.check import changes, named

    release = current(home) if emission is not None and named(emission) else None
    if release is None or emission is None:
        return None, None
    with open_readonly(release.path) as con:
        return changes(con, emission), str(release.meta["date_contenu"])


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

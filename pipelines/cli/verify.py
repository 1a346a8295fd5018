"""The command that asks whether one sub-contractor may deliver one mission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
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
from pipelines.cli.facts import STRICT, StrictOption, with_facts
from pipelines.errors import UsageError

VERDICTS = {
    "ELIGIBLE": ("ÉLIGIBLE", "green"),
    "PIECES_MANQUANTES": ("PIÈCES MANQUANTES", "yellow"),
    "A_VERIFIER": ("À VÉRIFIER", "magenta"),
    "NON_ELIGIBLE": ("NON ÉLIGIBLE", "red"),
}
_STATUTS = {
    "SATISFAIT": ("✓", "green"),
    "NON_SATISFAIT": ("✗", "red"),
    "INCONNU": ("?", "yellow"),
    "SANS_OBJET": ("–", "dim"),
    "AVERTISSEMENT": ("!", "magenta"),
}
_ROLES = {"sous_traitant": "Le sous-traitant", "contrat": "La mission", "porteur": "Le porteur"}
_SHORT = {
    "ELIGIBLE": "éligible",
    "PIECES_MANQUANTES": "pièces",
    "A_VERIFIER": "à vérifier",
    "NON_ELIGIBLE": "non",
}
NO_ADVICE = "Ce verdict aide à décider ; il n'est pas un conseil juridique."


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("verifier")(with_facts(verify, exclude=("identifiant",)))


def verify(
    identifiant: Annotated[
        str | None,
        typer.Argument(metavar="IDENTIFIANT", help="NDA, SIRET ou SIREN ; sinon --nom et --ville."),
    ] = None,
    strict: StrictOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    *,
    facts: dict[str, str],
) -> int:
    """Dire si un sous-traitant peut assurer une mission, et ce qu'il faut garder comme preuve.

    Sans --financement et --action, donner le verdict pour chacun.
    """
    from pipelines.portage.answer import answer, decisive, grid, grid_questions, unreadable
    from pipelines.portage.session import Telling, portage_session

    facts = asked(identifiant, facts)
    whole = "financement" in facts and "action" in facts
    if strict and not whole:
        raise UsageError(
            "--strict juge une seule mission : donnez aussi --financement et --action."
        )
    with portage_session(current_release(settings_for(home))) as session:
        questions = [facts] if whole else grid_questions(session.con, facts)
        session.ask_rows(questions, Telling.ALL if whole else Telling.EFFECTS)
        if faults := unreadable(session):
            raise UsageError(" ".join(dict.fromkeys(faults)))
        found = answer(session, 1)
        if not whole:
            cells = grid(session)
            found |= {"verdict": None, "controles": [], "pieces_manquantes": []}
            found |= {"avertissements": [], "grille": cells}
        reasons = decisive(session, 1)
    if as_json:
        print_json(found)
    elif whole:
        _show(found, reasons)
    else:
        _show_grid(found)
    return STRICT[found["verdict"]] if strict else 0


def asked(identifiant: str | None, facts: Mapping[str, str]) -> dict[str, str]:
    """Put the argument among the facts that name the sub-contractor.

    Raises:
        UsageError: nothing names them.
    """
    named = {**facts, **({"identifiant": identifiant} if identifiant else {})}
    if not named.keys() & {"identifiant", "nda", "siret", "siren", "nom"}:
        raise UsageError(
            "Le sous-traitant n'est pas nommé : donnez un NDA, un SIRET ou un SIREN, ou --nom "
            "avec --ville."
        )
    return named


def _show(found: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]]) -> None:
    """Show one verdict and all that is behind it."""
    _header(found)
    mission = f"{' + '.join(found['regles']['financement'])} · {found['regles']['action']}"
    _line("Mission", f"{mission} · contrat du {found['date_evaluation']:%d/%m/%Y}")
    label, colour = VERDICTS[found["verdict"]]
    title = Text(f"\n{label}", style=f"bold {colour}")
    if found["porteur"] is None:
        title.append("  (sous-traitant seulement : --porteur juge aussi le porteur)", style="dim")
    OUT.print(title)
    _show_reasons(found, reasons)
    _show_list(
        "Avertissements", "!", [(w["message"], w["base_legale"]) for w in found["avertissements"]]
    )
    dates = [
        (f"{event['date']:%d/%m/%Y} : {event['libelle']}", "")
        for event in found["organisme"]["echeances"]
    ]
    _show_list("Dates à surveiller", "•", dates)
    for role, heading in _ROLES.items():
        controls = [control for control in found["controles"] if control["role"] == role]
        if controls:
            OUT.print(f"\n[bold]{heading}[/]")
        for control in controls:
            sign, colour = _STATUTS[control["statut"]]
            _bullet(sign, control["constat"], control["base_legale"], colour)
    _footer(found)


def _show_reasons(found: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]]) -> None:
    """Show what decides: the documents, when they do; else the controls, then the documents."""
    pieces = found["pieces_manquantes"]
    if found["verdict"] == "PIECES_MANQUANTES":
        for piece in pieces:
            _bullet("☐", piece["libelle"], f"{piece['pourquoi']} ({piece['base_legale']})")
        return
    for reason in reasons:
        _bullet("•", reason["constat"], reason["base_legale"])
    _show_list(
        "Pièces à demander par ailleurs", "☐", [(p["libelle"], p["base_legale"]) for p in pieces]
    )


def _show_list(title: str, sign: str, entries: Sequence[tuple[str, str]]) -> None:
    if entries:
        OUT.print(f"\n[bold]{title}[/]")
    for text, basis in entries:
        _bullet(sign, text, basis)


def _show_grid(found: Mapping[str, Any]) -> None:
    """Show the verdict for each funding and category."""
    _header(found)
    _line("Contrat", f"du {found['date_evaluation']:%d/%m/%Y}, sans autre fait que ceux déclarés")
    cells = {(cell["financement"], cell["action"]): cell["verdict"] for cell in found["grille"]}
    actions = list(dict.fromkeys(action for _, action in cells))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Financement", no_wrap=True)
    for action in actions:
        table.add_column(action.replace("_", " ").capitalize(), no_wrap=False)
    for funding in dict.fromkeys(funding for funding, _ in cells):
        row = [
            Text(_SHORT[cells[funding, action]], style=VERDICTS[cells[funding, action]][1])
            for action in actions
        ]
        table.add_row(funding, *row)
    OUT.print()
    OUT.print(table)
    OUT.print(
        fitted(OUT, "\nLe détail d'une case : ajoutez --financement et --action."),
        style="dim",
        highlight=False,
    )
    _footer(found)


def _header(found: Mapping[str, Any]) -> None:
    _line("Sous-traitant", _named(found["organisme"]))
    if message := found["organisme"]["rapprochement"]["message"]:
        _line("", message)
    for near in found["organisme"]["rapprochement"]["proches"] or []:
        place = f", {near['ville']}" if near["ville"] else ""
        _line("", f"proche : {near['denomination']} ({near['nda']}{place})")
    if found["porteur"]:
        _line("Porteur", _named(found["porteur"]))


def _named(party: Mapping[str, Any]) -> str:
    if not party["dans_la_liste"]:
        return f"{party['rapprochement']['identifiant'] or '—'} (pas trouvé dans la liste)"
    flags = [name for name, value in party["certifications"].items() if value]
    certified = f"certifié {', '.join(flags)}" if flags else "non certifié selon la liste"
    place = f", {party['ville']}" if party["ville"] else ""
    return f"{party['denomination']} ({party['nda']}{place}) — {certified}"


def _footer(found: Mapping[str, Any]) -> None:
    snapshot = found["instantane"]
    age = (found["date_evaluation"] - snapshot["date_contenu"]).days
    OUT.print()
    _line(
        "Liste",
        f"du {snapshot['date_contenu']:%d/%m/%Y}"
        + (f" ({age} jour{'s' if age > 1 else ''} avant le contrat)" if age > 0 else "")
        + f", SHA-256 {snapshot['sha256'][:12]}…, version {snapshot['version']}",
    )
    _line("Règles", f"{found['regles']['nombre']}, empreinte {found['regles']['empreinte'][:12]}…")
    if snapshot["attribution"]:
        _line("Source", snapshot["attribution"])
    OUT.print(fitted(OUT, NO_ADVICE), style="dim", highlight=False)


def _line(title: str, text: str) -> None:
    told = Text(fitted(OUT, f"{title:<14}{text}", indent=14))
    told.stylize("bold", 0, len(title))
    OUT.print(told, soft_wrap=True)


def _bullet(sign: str, text: str, basis: str, colour: str = "") -> None:
    OUT.print(
        f"  [{colour or 'default'}]{sign}[/] " + escape(fitted(OUT, text, indent=4)),
        soft_wrap=True,
        highlight=False,
    )
    if basis:
        OUT.print(
            f"    [dim]{escape(fitted(OUT, basis, indent=4))}[/]", soft_wrap=True, highlight=False
        )

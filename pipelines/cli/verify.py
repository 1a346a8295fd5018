"""The command that asks whether one sub-contractor may deliver one mission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
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
from pipelines.cli.facts import IdentifierArgument, StrictOption, with_facts
from pipelines.cli.profile import refuse_named, show_profile, supposed
from pipelines.errors import UsageError
from pipelines.french import date_courte, verb
from pipelines.portage.verdict import NO_ADVICE, Verdict
from pipelines.printable import printable

if TYPE_CHECKING:
    from pipelines.portage.session import Session

_STATUTS = {
    "SATISFAIT": ("✓", "green"),
    "NON_SATISFAIT": ("✗", "red"),
    "INCONNU": ("?", "yellow"),
    "SANS_OBJET": ("–", "dim"),
    "AVERTISSEMENT": ("!", "magenta"),
}
_ROLES = {"sous_traitant": "Le sous-traitant", "contrat": "La mission", "porteur": "Le porteur"}
# The facts that say who, the plainest first.
NAMING = ("identifiant", "nda", "siret", "siren", "nom")
_ALONE = "Sous-traitant seulement : le porteur n'est pas jugé, nommez-le avec --porteur."


ProfileOption = Annotated[
    bool,
    typer.Option(
        "--profil",
        metavar="",
        help="Répondre pour une situation, sans numéro ni nom : puis-je être porté, et à quelles "
        "conditions ?",
    ),
]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("verifier")(with_facts(verify, arguments=("identifiant",)))


def verify(
    identifiant: IdentifierArgument = None,
    profil: ProfileOption = False,
    strict: StrictOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    *,
    facts: dict[str, str],
) -> int:
    """Dire si un sous-traitant peut assurer une mission, et ce qu'il faut garder comme preuve.

    Sans --financement et --action, donner le verdict pour chacun. Avec --profil, répondre pour une
    situation (« un indépendant non certifié, micro, 42 000 € ») : oui, si… ; non, parce que…
    """
    from pipelines.portage.answer import (
        answer,
        decisive,
        grid_questions,
        labels,
        refuse_unnamed,
        refuse_unreadable,
    )
    from pipelines.portage.session import PROFILE, Telling, portage_session

    if profil:
        refuse_named({**facts, **({"identifiant": identifiant} if identifiant else {})}, NAMING)
    else:
        facts = asked(identifiant, facts)
    whole = "financement" in facts and "action" in facts
    if strict and not whole:
        raise UsageError(
            "--strict juge une seule mission : donnez aussi --financement et --action."
        )
    with portage_session(current_release(settings_for(home))) as session:
        questions = [facts] if whole else grid_questions(session.con, facts)
        if profil:
            questions = [{**question, PROFILE: "oui"} for question in questions]
        session.ask_rows(questions, Telling.ALL if whole else Telling.EFFECTS)
        refuse_unreadable(session)
        refuse_unnamed(session)
        found = answer(session, 1)
        if not whole:
            found = _open(found, session)
        reasons = decisive(session, 1) if whole else []
        names = labels(session.con)
    if as_json:
        print_json(found)
    elif whole:
        _show(found, reasons, names)
    elif profil:
        _line("Profil", supposed(facts))
        _line("Contrat", f"du {date_courte(found['date_evaluation'])}")
        _show_scope(found)
        OUT.print()
        show_profile(found, names)
        _footer(found)
    else:
        _show_grid(found, names)
    return Verdict(found["verdict"]).words.code if strict else 0


def asked(identifiant: str | None, facts: Mapping[str, str]) -> dict[str, str]:
    """Put the argument among the facts that name the sub-contractor.

    Raises:
        UsageError: nothing names them.
    """
    given = (identifiant or "").strip()
    named = {**facts, **({"identifiant": given} if given else {})}
    if named.keys().isdisjoint(NAMING):
        raise UsageError(
            "Le sous-traitant n'est pas nommé : donnez un NDA, un SIRET ou un SIREN, ou --nom "
            "avec --ville."
        )
    return named


def _open(first: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """Make the answer of the grid from that of its first cell: what differs by cell is left out."""
    from pipelines.portage.answer import grid, numbers

    cells = grid(session)
    fundings, actions = ({cell[name] for cell in cells} for name in ("financement", "action"))
    rules = dict(first["regles"])
    rules["financement"] = rules["financement"] if len(fundings) == 1 else None
    rules["action"] = rules["action"] if len(actions) == 1 else None
    parties = {
        key: {**first[key], "numeros": numbers(session, 1, role)}
        for key, role in (("organisme", "sous_traitant"), ("porteur", "porteur"))
        if first[key]
    }
    return {
        **first,
        **parties,
        **{"verdict": None, "controles": [], "pieces_manquantes": [], "avertissements": []},
        "regles": rules,
        "grille": cells,
    }


def _show(
    found: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> None:
    """Show one verdict and all that is behind it."""
    _header(found, names)
    mission = f"{' + '.join(found['regles']['financement'])} · {names[found['regles']['action']]}"
    _line("Mission", f"{mission} · contrat du {date_courte(found['date_evaluation'])}")
    _show_scope(found)
    verdict = Verdict(found["verdict"])
    OUT.print(Text(verdict.words.title, style=f"bold {verdict.words.colours.terminal}"))
    _show_reasons(found, reasons)
    _show_list(
        "Avertissements", "!", [(w["message"], w["base_legale"]) for w in found["avertissements"]]
    )
    parties = (found[key] for key in ("organisme", "porteur") if found[key])
    events = [
        (event["date"], event["libelle"]) for party in parties for event in party["echeances"]
    ]
    dates = [(f"{date_courte(date)} : {label}", "") for date, label in sorted(events)]
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
    if found["verdict"] == Verdict.PIECES_MANQUANTES:
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


def _show_scope(found: Mapping[str, Any]) -> None:
    """Say before the verdict, when it is so, that it does not speak of the porteur."""
    OUT.print()
    if found["porteur"] is None:
        OUT.print(Text(fitted(OUT, _ALONE), style="bold"), soft_wrap=True)


def _show_grid(found: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Show the verdict for each funding and category."""
    _header(found, names)
    _line("Contrat", f"du {date_courte(found['date_evaluation'])}")
    _show_scope(found)
    cells = {
        (cell["financement"], cell["action"]): Verdict(cell["verdict"]) for cell in found["grille"]
    }
    actions = list(dict.fromkeys(action for _, action in cells))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Financement", no_wrap=True)
    for action in actions:
        table.add_column(names[action][0].upper() + names[action][1:])
    for funding in dict.fromkeys(funding for funding, _ in cells):
        row = [
            Text(cell.words.short, style=cell.words.colours.terminal)
            for cell in (cells[funding, action] for action in actions)
        ]
        table.add_row(funding, *row)
    OUT.print(table)
    OUT.print(
        fitted(OUT, "\nLe détail d'une case : ajoutez --financement et --action."),
        style="dim",
        highlight=False,
    )
    _footer(found)


def _header(found: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for title, key in (("Sous-traitant", "organisme"), ("Porteur", "porteur")):
        if (party := found[key]) is None:
            continue
        _line(title, _named(party, names))
        if len(numbers := party.get("numeros", [])) > 1:
            _show_numbers(numbers, names)
        if message := party["rapprochement"]["message"]:
            _line("", message)
        for near in party["rapprochement"]["proches"] or []:
            place = f", {near['ville']}" if near["ville"] else ""
            _line("", f"proche : {near['denomination']} ({near['nda']}{place})")


def _named(party: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Say who it is and, for one number, what it is certified for."""
    from pipelines.portage.answer import UNIDENTIFIED

    match = party["rapprochement"]
    if match["qualite"] in UNIDENTIFIED:
        facts = party["faits"]
        given = (facts[name] for name in ("porteur", *NAMING) if name in facts)
        if match["qualite"] == "PROFIL":
            return f"une situation, sans nom ni numéro — {supposed(facts)}"
        return f"{next(given, '—')} (non identifié)"
    if not party["dans_la_liste"]:
        return f"{match['identifiant'] or '—'} (pas trouvé dans la liste)"
    if len(numbers := party.get("numeros", [])) > 1:
        return f"{party['denomination']} (SIREN {party['siren']}) — {len(numbers)} NDA"
    place = f", {party['ville']}" if party["ville"] else ""
    certified = _certified(party["certifications"], names)
    if party["certifie"] is None:
        certified = "certification non indiquée par la liste"
    return f"{party['denomination']} ({party['nda']}{place}) — {certified}"


def _certified(flags: Mapping[str, bool | None], names: Mapping[str, str]) -> str:
    if certified := [names[action] for action, flag in flags.items() if flag]:
        return f"certifié pour : {', '.join(certified)}"
    return "non certifié selon la liste"


def _show_numbers(numbers: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """Show under which numbers the cells are judged: those that are certified, and the rest."""
    certified = [number for number in numbers if any(number["certifications"].values())]
    for number in certified:
        place = f" ({number['ville']})" if number["ville"] else ""
        _line("", f"{number['nda']}{place} : {_certified(number['certifications'], names)}")
    if not certified:
        _line("", "aucun n'est certifié selon la liste")
    elif rest := len(numbers) - len(certified):
        others = "les autres ne sont pas certifiés" if rest > 1 else "l'autre n'est pas certifié"
        _line("", f"{others} selon la liste")


def _footer(found: Mapping[str, Any]) -> None:
    snapshot = found["instantane"]
    seen = max(filter(None, (snapshot["date_contenu"], snapshot["revue_le"])))
    age = (found["date_evaluation"] - seen).days
    OUT.print()
    _line(
        "Liste",
        f"du {date_courte(snapshot['date_contenu'])}"
        + (f", revue inchangée le {date_courte(seen)}" if seen > snapshot["date_contenu"] else "")
        + (f" ({age} {verb(age, 'jour', 'jours')} avant le contrat)" if age > 0 else "")
        + f", SHA-256 {snapshot['sha256'][:12]}…, version {snapshot['version']}",
    )
    if published := snapshot["publiee"]:
        _line(
            "",
            "celle du jour du contrat ; la version publie celle du "
            f"{date_courte(published['date_contenu'])}, SHA-256 {published['sha256'][:12]}…",
        )
    if convention := (found["porteur"] or {}).get("liste_convention"):
        _line(
            "Convention",
            f"du {date_courte(convention['date'])} : le certificat du porteur est jugé sur la "
            f"liste du {date_courte(convention['date_liste'])}, "
            f"SHA-256 {convention['sha256'][:12]}…",
        )
    _line("Règles", f"{found['regles']['nombre']}, empreinte {found['regles']['empreinte'][:12]}…")
    if snapshot["attribution"]:
        _line("Source", snapshot["attribution"])
    OUT.print(fitted(OUT, NO_ADVICE), style="dim", highlight=False)


def _line(title: str, text: str) -> None:
    told = Text(fitted(OUT, f"{title:<14}{printable(text)}", indent=14))
    told.stylize("bold", 0, len(title))
    OUT.print(told, soft_wrap=True)


def _bullet(sign: str, text: str, basis: str, colour: str = "") -> None:
    told = Text(fitted(OUT, f"  {sign} {printable(text)}", indent=4))
    told.stylize(colour, 2, 3)
    OUT.print(told, soft_wrap=True)
    if basis:
        dim = Text(fitted(OUT, f"    {printable(basis)}", indent=4), style="dim")
        OUT.print(dim, soft_wrap=True)

"""The answer to a situation rather than an organisation: may I be ported, and on what terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from pipelines.cli.common import OUT, fitted
from pipelines.errors import UsageError
from pipelines.french import liste
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.verdict import Verdict
from pipelines.printable import printable

_OPEN = (Verdict.ELIGIBLE, Verdict.PIECES_MANQUANTES)
_HEADINGS = {
    Verdict.ELIGIBLE: "Oui",
    Verdict.PIECES_MANQUANTES: "Oui, si vous avez aussi",
    Verdict.A_VERIFIER: "À voir d'abord",
    Verdict.NON_ELIGIBLE: "Non, parce que",
}
# What the mission is, said elsewhere than among what is supposed of the situation.
_MISSION = ("financement", "action", "date", "date_convention", "porteur")


@dataclass(frozen=True)
class Group:
    """Missions that have one answer: its verdict, and its conditions or reasons."""

    missions: list[str]
    said: tuple[str, ...]
    verdict: Verdict


def refuse_named(facts: Mapping[str, str], naming: Sequence[str]) -> None:
    """See that a question about a situation names nobody.

    Raises:
        UsageError: it does.
    """
    if named := [name for name in naming if name in facts]:
        raise UsageError(
            "--profil répond pour une situation, sans numéro ni nom : choisissez entre --profil et "
            f"ce qui nomme quelqu'un ({liste([PAR_NOM[name].libelle for name in named])})."
        )


def shared_conditions(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the documents that every mission that is not refused asks for, in their order."""
    asked = [cell["pieces_manquantes"] for cell in cells if cell["verdict"] != Verdict.NON_ELIGIBLE]
    return [piece for piece in (asked[0] if asked else []) if all(piece in one for one in asked)]


def in_words(cells: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Group]:
    """Gather the missions by what is answered: « oui, si … », « à voir », « non, parce que … »."""
    shared = shared_conditions(cells)
    groups: dict[tuple[Verdict, tuple[str, ...]], list[tuple[str, str]]] = {}
    for cell in cells:
        verdict, action = Verdict(cell["verdict"]), names[cell["action"]]
        told = cell["pieces_manquantes"] if verdict in _OPEN else cell["raisons"]
        said = tuple(dict.fromkeys(_plain(t, action) for t in told if t not in shared))
        groups.setdefault((verdict, said), []).append((cell["financement"], action))
    order = list(_HEADINGS)
    return sorted(
        (Group(_missions(pairs), said, verdict) for (verdict, said), pairs in groups.items()),
        key=lambda group: order.index(group.verdict),
    )


def warnings(
    cells: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> list[tuple[str, list[str]]]:
    """Give each warning of the missions that may be ported, once, with the missions it is of."""
    told: dict[str, list[tuple[str, str]]] = {}
    for cell in cells:
        if Verdict(cell["verdict"]) in _OPEN:
            action = names[cell["action"]]
            for text in dict.fromkeys(cell["avertissements"]):
                told.setdefault(_plain(text, action), []).append((cell["financement"], action))
    return [(text, _missions(pairs)) for text, pairs in told.items()]


def _plain(text: str, action: str) -> str:
    """Leave out the category, which the heading names: said again, it would part what is alike."""
    return text.replace(f" ({action})", "")


def _missions(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Name missions by funding; fundings of the same categories go together."""
    by_funding: dict[str, list[str]] = {}
    for funding, action in pairs:
        by_funding.setdefault(funding, []).append(action)
    together: dict[tuple[str, ...], list[str]] = {}
    for funding, actions in by_funding.items():
        together.setdefault(tuple(actions), []).append(funding)
    return [f"{liste(fundings)} : {liste(list(actions))}" for actions, fundings in together.items()]


def show_profile(found: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Show the answers in words: what all ask, what each asks, what they warn of."""
    cells = found["grille"]
    if shared := shared_conditions(cells):
        OUT.print("[bold]Dans tous les cas, il vous faut[/]")
        for piece in shared:
            _item("☐", piece)
    for group in in_words(cells, names):
        verdict, heading = group.verdict, _HEADINGS[group.verdict]
        if verdict is Verdict.PIECES_MANQUANTES and not group.said:
            heading = "Oui, avec ces pièces"
        OUT.print()
        OUT.print(Text(heading, style=f"bold {verdict.words.colours.terminal}"))
        for mission in group.missions:
            _item("▸", mission)
        for text in group.said:
            _item("☐" if verdict in _OPEN else "•", text, indent=4)
    if told := warnings(cells, names):
        OUT.print("\n[bold]À savoir[/]")
        for text, missions in told:
            _item("!", f"{text} ({' ; '.join(missions)})")
    OUT.print(
        fitted(
            OUT, "\nLes articles et le détail d'une réponse : ajoutez --financement et --action."
        ),
        style="dim",
        highlight=False,
    )


def supposed(facts: Mapping[str, str]) -> str:
    """Say the situation in words: each fact, and that without one there is no certificate."""
    told = [
        f"{PAR_NOM[name].libelle} : {text}" for name, text in facts.items() if name not in _MISSION
    ]
    if not any(name.startswith("certificat") for name in facts):
        told.append("sans certificat Qualiopi (dites-le avec --certificat et ses dates)")
    return " ; ".join(told)


def _item(sign: str, text: str, indent: int = 2) -> None:
    margin = " " * indent
    OUT.print(
        Text(fitted(OUT, f"{margin}{sign} {printable(text)}", indent=indent + 2)), soft_wrap=True
    )

"""The French of the watch list, shared by notices and commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.history.queries import SAID, Kind
from pipelines.watch.lookup import Event, Found
from pipelines.watch.store import Watched


def mission(line: Watched, actions: Mapping[str, str]) -> str:
    """Say what a line asks: « CPF, bilan de compétences »."""
    if not line.judged:
        return "ce que la liste en dit"
    funding, action, carrier = line.mission
    said = f"{funding.replace('+', ' + ')}, {actions.get(action, action)}"
    return f"{said}, porteur {carrier}" if carrier else said


def who(line: Watched, found: Found) -> str:
    """Say who is watched: name, number, town."""
    number = found.nda or found.dernier_nda
    if number is None:
        return f"{line.identifiant} (pas dans la liste)"
    place = f", {found.ville}" if found.ville else ""
    return f"{found.denomination or '(sans dénomination)'} — NDA {number}{place}"


def events_said(events: Iterable[Event], actions: Mapping[str, str]) -> list[str]:
    """Say what happened between two lists: one sentence a kind, categories together."""
    told: dict[str, list[str]] = {}
    for one in events:
        told.setdefault(SAID[one["type"]], []).append(_change(one, actions))
    return [
        said + (f" : {', '.join(changes)}" if any(changes) else "")
        for said, changes in told.items()
    ]


def _change(one: Event, actions: Mapping[str, str]) -> str:
    if one["categorie"]:
        return actions.get(one["categorie"], str(one["categorie"]))
    if one["campagne_bpf"]:
        return "départ en masse de la campagne des bilans pédagogiques, un retour est attendu"
    if one["avant"] is None and one["apres"] is None:
        return ""
    if one["type"] == Kind.CHANGEMENT_DECLARATION:
        return f"{_declared(one['apres'])} (avant : {_declared(one['avant'])})"
    return f"{one['avant'] or '(vide)'} → {one['apres'] or '(vide)'}"


def _declared(text: str | None) -> str:
    """Say a declaration, given as ``start;end;trainees;trainers``."""
    start, end, trainees, trainers = ((text or "") + ";;;").split(";")[:4]
    parts = (
        f"exercice du {start} au {end}" if start and end else "",
        f"{trainees} stagiaires" if trainees else "",
        f"{trainers} formateurs" if trainers else "",
    )
    return ", ".join(filter(None, parts)) or "rien"

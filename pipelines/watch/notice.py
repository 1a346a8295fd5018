"""The notice of one watcher and round: subject, text and data, the worst first."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.french import combien, date_courte
from pipelines.history.queries import Kind
from pipelines.notices.outbox import Genre, Notice
from pipelines.portage.verdict import NO_ADVICE_OF_SEVERAL, Verdict
from pipelines.watch.differences import Cause, Change, Weight
from pipelines.watch.lookup import Event
from pipelines.watch.sentences import events_said, mission, who

# Organisations told of in a section of the text; the data have them all.
_SHOWN = 50
_SECTIONS = {
    Weight.WORSE: "VERDICTS QUI SE DÉGRADENT",
    Weight.LOST: "CERTIFICATIONS PERDUES ET SORTIES DE LA LISTE, SANS VERDICT DÉGRADÉ",
    Weight.DATES: "DATES À SURVEILLER",
    Weight.BETTER: "VERDICTS QUI S'AMÉLIORENT",
    Weight.OTHER: "AUTRES CHANGEMENTS",
}
_BECAUSE = {
    Cause.LISTE: "nouvelle liste",
    Cause.REVUE: "la source donne de nouveau la liste",
    Cause.DATE: "le temps a passé",
    Cause.REGLES: "nouvelles règles",
}
_PROVE = {
    Kind.DISPARITION: "demandez-lui la preuve que sa déclaration d'activité est en vigueur "
    "(dernier bilan pédagogique et financier).",
    Kind.CERTIFICATION_PERDUE: "demandez-lui son certificat Qualiopi en cours.",
}


def compose(recipient: str, changes: Sequence[Change], actions: Mapping[str, str]) -> Notice:
    """Write all that changed for one recipient; ``actions`` names the categories."""
    return Notice(
        # What changed back and again is told again: that it is told once, the lines themselves say.
        cle=f"veille-{uuid.uuid4().hex}",
        destinataire=recipient,
        genre=Genre.VEILLE,
        objet=_subject(changes),
        texte=_text(changes, actions),
        donnees=_data(changes),
    )


def _subject(changes: Sequence[Change]) -> str:
    """Say the worst in one line, and how much more there is."""
    number = {
        weight: len({c.line.identifiant for c in changes if c.weight is weight})
        for weight in Weight
    }
    dates = sum(len(c.a_venir) + len(c.passees) for c in changes)
    said = {
        Weight.WORSE: f"le verdict {_of(number[Weight.WORSE])} se dégrade",
        Weight.LOST: _they(number[Weight.LOST], "quitte la liste ou perd une certification"),
        Weight.DATES: combien(dates, "date") + " à surveiller",
        Weight.BETTER: f"le verdict {_of(number[Weight.BETTER])} s'améliore",
        Weight.OTHER: _they(number[Weight.OTHER], "change dans la liste"),
    }
    return "Veille : " + ", ".join([said[weight] for weight in Weight if number[weight]][:2])


def _of(number: int) -> str:
    return f"de {number} sous-traitants" if number > 1 else "d'un sous-traitant"


def _they(number: int, does: str) -> str:
    if number > 1:
        does = does.replace("quitte ", "quittent ").replace("perd ", "perdent ")
        does = does.replace("change ", "changent ")
    return f"{combien(number, 'sous-traitant')} {does}"


def _text(changes: Sequence[Change], actions: Mapping[str, str]) -> str:
    now = changes[0].found.maintenant
    parts = [
        f"Ce qui a changé pour les sous-traitants que vous suivez, au {date_courte(now.jour)}."
    ]
    for weight, title in _SECTIONS.items():
        blocks = _blocks([c for c in changes if c.weight is weight], actions)
        if not blocks:
            continue
        parts.append(f"{title} ({len(blocks)})")
        parts += blocks[:_SHOWN]
        if len(blocks) > _SHOWN:
            parts.append(
                f"… et {len(blocks) - _SHOWN} de plus : « opac veille liste » dit où en est chacun."
            )
    parts += [
        "Quand une pièce ou un certificat arrive, notez-le dans votre fichier et relancez « opac "
        "veille ajouter » avec ce fichier. Pour ne plus suivre un sous-traitant : « opac veille "
        "retirer ».",
        f"Liste publique du {date_courte(now.liste)} (SHA-256 {now.sha256}), version "
        f"{now.version}.\n{NO_ADVICE_OF_SEVERAL}",
    ]
    return "\n\n".join(parts) + "\n"


def _blocks(changes: Sequence[Change], actions: Mapping[str, str]) -> list[str]:
    """Write one block an organisation: what happened to it once, then each of its missions."""
    worst = dict.fromkeys(c.line.identifiant for c in sorted(changes, key=Change.badness))
    rank = {number: place for place, number in enumerate(worst)}
    ordered = sorted(changes, key=lambda c: rank[c.line.identifiant])
    return [
        _block(list(several), actions)
        for _, several in itertools.groupby(ordered, key=lambda c: c.line.identifiant)
    ]


def _block(changes: Sequence[Change], actions: Mapping[str, str]) -> str:
    first = changes[0]
    lines = [f"• {who(first.line, first.found)}"]
    # What happened, is to be done or to be watched is said once for missions that share it.
    happened = {tuple(one.values()): one for change in changes for one in change.evenements}
    lines += _events(list(happened.values()), actions)
    for change in changes:
        if change.line.judged:
            lines += _verdict(change, actions)
    dates = [
        f"  {date_courte(one.date)} : {one.libelle}" for change in changes for one in change.a_venir
    ]
    dates += [
        f"  {date_courte(one.date)}, date passée : {one.libelle}"
        for change in changes
        for one in change.passees
    ]
    lines += dict.fromkeys(dates)
    lines += dict.fromkeys(f"  À faire : {one}" for change in changes for one in _to_do(change))
    return "\n".join(lines)


def _events(events: Sequence[Event], actions: Mapping[str, str]) -> list[str]:
    told = []
    pairs = itertools.groupby(
        sorted(events, key=lambda one: one["date_constat"]),
        key=lambda one: (one["instantane_avant"], one["date_constat"]),
    )
    for (before, after), several in pairs:
        said = " ; ".join(events_said(several, actions))
        told.append(
            f"  Entre les listes du {date_courte(before)} et du {date_courte(after)} : {said}."
        )
    return told


def _verdict(change: Change, actions: Mapping[str, str]) -> list[str]:
    asked = mission(change.line, actions)
    after = Verdict(change.after or "").words.label
    if not change.causes:
        return [f"  {asked} : le verdict ne change pas ({after})."]
    because = " et ".join(_BECAUSE[cause] for cause in change.causes)
    told = [
        f"  {asked} : {Verdict(change.before or '').words.label} → {after} le "
        f"{date_courte(change.found.maintenant.jour)} ({because})."
    ]
    if change.after != Verdict.ELIGIBLE:
        told += [f"    {reason}" for reason in change.found.maintenant.raisons]
    return told


def _to_do(change: Change) -> list[str]:
    if change.causes and change.after == Verdict.PIECES_MANQUANTES:
        return [f"demandez-lui ce qui manque ({', '.join(change.found.pieces)})."]
    if change.causes:
        return list(filter(None, [Verdict(change.after or "").words.to_do]))
    return [_PROVE[kind] for kind in _PROVE if any(e["type"] == kind for e in change.evenements)]


def _data(changes: Sequence[Change]) -> dict[str, Any]:
    now = changes[0].found.maintenant
    return {
        "liste": {"date": now.liste.isoformat(), "sha256": now.sha256, "version": now.version},
        "regles": now.regles,
        "jour": now.jour.isoformat(),
        "nombre": dict(Counter(change.weight.name for change in changes)),
        "changements": [_entry(c) for c in sorted(changes, key=lambda c: c.weight)],
    }


def _entry(change: Change) -> dict[str, Any]:
    line, found = change.line, change.found
    funding, action, carrier = line.mission
    verdict = None
    if line.judged:
        verdict = {
            "avant": change.before,
            "apres": change.after,
            "causes": list(change.causes),
            "raisons_avant": list(line.told.raisons) if change.causes else [],
            "raisons": list(found.maintenant.raisons) if change.causes else [],
            "pieces": list(found.pieces) if change.causes else [],
        }
    return {
        "identifiant": line.identifiant,
        "nda": found.nda,
        "dernier_nda": found.dernier_nda,
        "denomination": found.denomination,
        "ville": found.ville,
        "financement": funding or None,
        "action": action or None,
        "porteur": carrier or None,
        "verdict": verdict,
        "derniere_liste_dite": line.told.liste.isoformat(),
        "evenements": [
            {
                **one,
                "instantane_avant": one["instantane_avant"].isoformat(),
                "date_constat": one["date_constat"].isoformat(),
            }
            for one in change.evenements
        ],
        **{
            name: [{"date": one.date.isoformat(), "libelle": one.libelle} for one in dates]
            for name, dates in (("a_venir", change.a_venir), ("passees", change.passees))
        },
    }

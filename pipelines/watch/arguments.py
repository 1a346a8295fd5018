"""What is asked to be watched, read: numbers and candidate files, down to what is kept of them.

Only a number and the facts that a verdict rests on are kept, each written anew from what was
understood: no name, no free column, no text that did not read.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError
from pipelines.french import combien
from pipelines.portage.answer import refuse_unreadable
from pipelines.portage.candidates.mapping import Said
from pipelines.portage.candidates.reading import read_candidates
from pipelines.portage.candidates.table import Candidates
from pipelines.portage.screening.judging import BLOCK
from pipelines.portage.session import Session, Telling
from pipelines.warehouse.literals import file_literal, literal

# A line is judged each day as a contract of that day: its own date is not kept.
_NOT_KEPT = ("date",)
_FILES = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet"}
_HALF = (
    "ligne n'a pas à la fois un financement et une action : suivie sans verdict",
    "lignes n'ont pas à la fois un financement et une action : suivies sans verdict",
)
_IDENTIFIED = {"EXACT", "ANCIEN_NDA", "REPARE", "NOM", "ABSENT"}


@dataclass(frozen=True)
class Asked:
    """One organisation to watch: a number, and the facts kept (financement, action…)."""

    identifiant: str
    faits: dict[str, str]


@dataclass
class Reading:
    """What was understood, what was not (where, why), and what to tell of the rest."""

    asked: list[Asked] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read(
    session: Session,
    arguments: Sequence[str],
    defaults: Mapping[str, str],
    said: Said | None = None,
) -> Reading:
    """Read the arguments of the command; ``defaults`` are facts of those that do not say otherwise.

    ``said`` is what the user says of the sheet and of the columns of files.

    Raises:
        UsageError: a default or a number cannot be read, a file cannot, or nobody is identified.
    """
    _check(session, defaults)
    found = Reading()
    arguments = list(dict.fromkeys(arguments))
    numbers = [text for text in arguments if not _is_file(text)]
    if numbers:
        if _half(defaults):
            raise UsageError(
                "Une mission a un financement et une action : donnez les deux, ou aucun."
            )
        session.ask_rows([{"identifiant": text, **defaults} for text in numbers], _nothing())
        _collect(session, found, dict(enumerate(numbers, start=1)))
        if found.refused:
            raise UsageError(
                " ".join(
                    why if where in why else f"« {where} » : {why}" for where, why in found.refused
                )
            )
    for text in arguments:
        if _is_file(text):
            _read_file(session, found, Path(text), defaults, said)
    if half := sum(_half(one.faits) for one in found.asked):
        found.remarks.append(f"{combien(half, *_HALF)} (--financement et --action les complètent).")
    if not found.asked:
        raise UsageError(
            "Aucune ligne ne désigne un organisme, rien n'est ajouté : "
            + " ".join(f"{where} : {why}" for where, why in found.refused[:3])
        )
    return found


def _half(facts: Mapping[str, str]) -> bool:
    return ("financement" in facts) is not ("action" in facts)


def _is_file(text: str) -> bool:
    # A folder may bear the number of whom it is about; pathlib raises on too long a name.
    return Path(text).suffix.lower() in _FILES or os.path.isfile(text) or "/" in text  # noqa: PTH113


def _nothing() -> Any:
    return Telling.NOTHING


def _check(session: Session, defaults: Mapping[str, str]) -> None:
    """See that what is given for all lines can be read, the porteur among it."""

    if not defaults:
        return
    session.ask_rows([defaults], _nothing())
    refuse_unreadable(session)
    for row in _matches(session, "porteur"):
        if row["qualite"] not in _IDENTIFIED:
            raise UsageError(f"Le porteur n'est pas compris. {row['message']}")


def _read_file(
    session: Session,
    found: Reading,
    path: Path,
    defaults: Mapping[str, str],
    said: Said | None,
) -> None:
    with tempfile.TemporaryDirectory(prefix="opac-veille-") as folder:
        candidates = read_candidates(path, Path(folder), said=said)
        found.remarks += _columns(candidates)
        numbers = candidates.numbers()
        for first in range(1, candidates.rows + 1, BLOCK):
            last = min(first + BLOCK - 1, candidates.rows)
            session.ask(candidates.question(defaults, first, last), _nothing())
            where = {line: f"{path.name}, ligne {numbers[line]}" for line in range(first, last + 1)}
            _collect(session, found, where, _doubted(session, candidates))


def _columns(candidates: Candidates) -> list[str]:
    """Say how the columns were read, and which were not."""
    names = [" ".join(name.split()) for name in candidates.names]
    read_as = ", ".join(f"« {names[rank - 1]} »" for rank in sorted(candidates.facts.values()))
    told = [f"{candidates.path.name} — colonnes lues : {read_as}."]
    if candidates.ignored:
        left = ", ".join(f"« {names[rank - 1]} »" for rank in candidates.ignored)
        told.append(f"Colonnes non comprises, dont rien n'est gardé : {left}.")
    told += [
        f"« {' '.join(column.name.split())} » : {column.read_as}. {column.why}"
        for column in candidates.columns
        if column.refused or column.notable
    ]
    if "date" in candidates.facts:
        told.append(
            "La date du contrat n'est pas gardée : chaque jour est jugé comme un contrat de ce "
            "jour-là."
        )
    return told + candidates.remarks


def _doubted(session: Session, candidates: Candidates) -> dict[int, str]:
    """Give why nothing is read of some lines."""
    rows = session.con.execute(
        f"select ligne, {candidates.doubt} as doute "
        f"from read_parquet({file_literal(candidates.data)}) where doute is not null"
    ).fetchall()
    return dict(rows)


def _collect(
    session: Session,
    found: Reading,
    where: Mapping[int, str],
    doubted: Mapping[int, str] | None = None,
) -> None:
    """Add the lines just asked about to what was understood."""

    facts, faults = _facts(session)
    carriers = {row["ligne"]: row for row in _matches(session, "porteur")}
    for row in _matches(session, "sous_traitant"):
        number = row["ligne"]
        doubt = (doubted or {}).get(number)
        if doubt or row["qualite"] not in _IDENTIFIED:
            found.refused.append((where[number], doubt or str(row["message"])))
            continue
        kept = facts[number]
        if carrier := carriers.get(number):
            if carrier["qualite"] in _IDENTIFIED:
                kept["porteur"] = _number(carrier)
            else:
                faults[number].append(f"Porteur laissé de côté : {carrier['message']}")
        if row["qualite"] != "ABSENT" and row["message"]:
            faults[number].append(row["message"])
        found.remarks += [f"{where[number]} : {fault}" for fault in faults[number]]
        found.asked.append(Asked(_number(row), kept))


def _number(row: Mapping[str, Any]) -> str:
    """Give the number to keep: as understood; of a name, that of the organisation found."""
    return str(row["identifiant"] or row["ndas"][0])


def _matches(session: Session, role: str) -> list[dict[str, Any]]:
    names = ("ligne", "qualite", "identifiant", "ndas", "message")
    rows = session.con.execute(
        f"select {', '.join(names)} from evaluation.rapprochement where role = {literal(role)} "
        "order by ligne"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _facts(session: Session) -> tuple[dict[int, dict[str, str]], dict[int, list[str]]]:
    """Give the facts that read, written anew, and why others did not; by line."""
    facts: dict[int, dict[str, str]] = defaultdict(dict)
    faults: dict[int, list[str]] = defaultdict(list)
    rows = session.con.execute(
        "select ligne, fait, coalesce(if(booleen, 'oui', if(not booleen, 'non', null)), "
        "jour::varchar, array_to_string(list_sort(valeurs), '+'), regexp_replace(nombre::varchar, "
        r"'\.0+$', '')), defaut from evaluation.fait order by ligne, fait"
    ).fetchall()
    for line, name, text, fault in rows:
        if fault is not None:
            faults[line].append(f"{fault} Cette valeur n'est pas gardée.")
        elif text is not None and name not in _NOT_KEPT:
            facts[line][name] = text
    return facts, faults

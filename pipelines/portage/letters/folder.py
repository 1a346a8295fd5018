"""The folder of the letters: a draft each, all of them in one text, and an index of the lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.french import combien, date_courte, some, verb
from pipelines.portage.letters.letter import Letter, draft, file_name, one_line, write
from pipelines.portage.letters.missing import Demand, Line, demands
from pipelines.portage.screening.index import write_index

ALL, INDEX = "demandes.txt", "index.csv"
TITLES = (
    *("ligne", "candidat", "organisme", "nda", "verdict", "lettre", "destinataire"),
    *("demandé au sous-traitant", "à votre charge", "à trancher", "pourquoi pas de lettre"),
)
_RULE = "=" * 78
# Lines of the file named for a document that is the porteur's.
_SHOWN = 30


@dataclass(frozen=True)
class Written:
    """What was written: how many letters, how many have an address, how many lines have none."""

    letters: int
    addressed: int
    lines: int
    without: int
    own: int


def write_folder(folder: Path, lines: Sequence[Line], source: str, moment: dt.datetime) -> Written:
    """Write the letters of the lines of a file named ``source``, in a folder that is empty.

    ``moment`` has a time zone.
    """
    asked = demands(lines)
    width = len(str(len(asked)))
    letters = [write(demand, moment.date()) for demand in asked]
    names = [file_name(rank, width, demand.candidate) for rank, demand in enumerate(asked, start=1)]
    for name, letter in zip(names, letters, strict=True):
        (folder / name).write_bytes(draft(letter, moment))
    own = _own(lines)
    text = _all(list(zip(names, asked, letters, strict=True)), own, source, moment.date())
    (folder / ALL).write_text(text, encoding="utf-8", newline="\n")
    by_line = {
        id(line): (name, _recipient(demand, letter))
        for name, demand, letter in zip(names, asked, letters, strict=True)
        for line in demand.lines
    }
    write_index(
        folder / INDEX, TITLES, [_row(line, *by_line.get(id(line), ("", ""))) for line in lines]
    )
    return Written(
        len(letters),
        sum(bool(letter.to) for letter in letters),
        len(lines),
        sum(bool(line.without) for line in lines),
        len(own),
    )


def _row(line: Line, letter: str, recipient: str) -> tuple[str, ...]:
    """Give the row of a line; addresses are in the letters alone."""
    return (
        str(line.number),
        line.named,
        line.organisation,
        line.nda,
        line.verdict.words.label,
        letter,
        recipient,
        " ; ".join(dict.fromkeys(piece.label for piece in line.asked)),
        " ; ".join(dict.fromkeys(piece.label for piece in line.own)),
        line.question,
        line.without,
    )


def _recipient(demand: Demand, letter: Letter) -> str:
    if letter.to:
        return "du fichier"
    return "à choisir : plusieurs adresses" if demand.addresses else "à compléter"


def _own(lines: Sequence[Line]) -> dict[tuple[str, str, str], list[int]]:
    """Give the documents that are the porteur's to do, with the lines that need them."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for line in lines:
        for piece in line.own:
            numbers = found.setdefault((piece.label, piece.why, piece.basis), [])
            if line.number not in numbers[-1:]:
                numbers.append(line.number)
    return found


def _all(
    letters: Sequence[tuple[str, Demand, Letter]],
    own: dict[tuple[str, str, str], list[int]],
    source: str,
    day: dt.date,
) -> str:
    """Write all the letters, then what is the porteur's own to do."""
    parts = [
        f"Demandes de documents d'après « {one_line(source)} », le {date_courte(day)}.\n"
        f"{combien(len(letters), 'lettre')}. Rien n'a été envoyé : relisez chaque lettre, puis "
        "envoyez-la vous-même.\n"
    ]
    for name, demand, letter in letters:
        numbers = [str(line.number) for line in demand.lines]
        where = f"{verb(len(numbers), 'ligne', 'lignes')} {some(numbers, _SHOWN)}"
        parts.append(
            f"{_RULE}\n{name} ({where})\nÀ : {letter.to or _recipient(demand, letter)}\n"
            f"Objet : {letter.subject}\n\n{letter.body}"
        )
    if own:
        told = "\n".join(
            f"- {label}\n  Pourquoi : {why}\n  Fondement : {basis}\n"
            f"  {verb(len(numbers), 'Ligne', 'Lignes')} : "
            f"{some([str(number) for number in numbers], _SHOWN)}"
            for (label, why, basis), numbers in own.items()
        )
        parts.append(
            f"{_RULE}\nÀ votre charge : vos propres documents, et ceux de la "
            f"mission. Rien n'en est demandé aux sous-traitants.\n\n{told}\n"
        )
    return "\n".join(parts)

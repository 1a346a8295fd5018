"""The four verdicts, from the best to the strongest: said, drawn and returned from here alone.

What makes a verdict is in the rules (``portage_regle.csv``) and in ``sql/evaluation``; here is what
becomes of it in commands, workbooks, dossiers, notices and suites.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Under what tells of one verdict, of several, and at the foot of a dossier.
NO_ADVICE = "Ce verdict aide à décider ; il n'est pas un conseil juridique."
NO_ADVICE_OF_SEVERAL = "Ces verdicts aident à décider ; ils ne sont pas un conseil juridique."
NO_ADVICE_OF_A_DOSSIER = (
    "Ce dossier rend compte d'un contrôle fait à une date, sur une liste publique et sur des "
    "déclarations ; il n'est pas un conseil juridique et ne remplace ni les documents à joindre ni "
    "la décision d'un financeur ou d'un certificateur."
)


@dataclass(frozen=True)
class Colours:
    """How a verdict is coloured: a name for a terminal; ink and ground, in hexadecimal."""

    terminal: str
    cell: tuple[str, str]
    page: tuple[str, str]


@dataclass(frozen=True)
class Words:
    """What is said of a verdict.

    ``code``: exit code under ``--strict``. ``sign``: for those who see no colour. ``short``: in a
    cell of the grid. ``meaning``: the sentence of the dossier. ``to_do``: what a watcher is told
    to do, empty where the missing documents say it or nothing is to be done.
    """

    code: int
    sign: str
    label: str
    short: str
    colours: Colours
    meaning: str
    to_do: str = ""

    @property
    def title(self) -> str:
        """The label as a title: « ÉLIGIBLE »."""
        return self.label.upper()


class Verdict(StrEnum):
    """A verdict, as ``evaluation.verdict`` gives it, from the best to the strongest."""

    ELIGIBLE = "ELIGIBLE"
    PIECES_MANQUANTES = "PIECES_MANQUANTES"
    A_VERIFIER = "A_VERIFIER"
    NON_ELIGIBLE = "NON_ELIGIBLE"

    @property
    def words(self) -> Words:
        """What is said of it."""
        return _WORDS[self]


VERDICTS = tuple(Verdict)
_WORDS = {
    Verdict.ELIGIBLE: Words(
        10,
        "✓",
        "Éligible",
        "éligible",
        Colours("green", ("#005000", "#C6EFCE"), ("#14602f", "#e8f5ec")),
        "À cette date, les exigences qui décident sont établies, par la liste publique ou par ce "
        "qui a été déclaré ; les documents déclarés et non vus restent à voir et à joindre.",
    ),
    Verdict.PIECES_MANQUANTES: Words(
        11,
        "…",
        "Pièces manquantes",
        "pièces",
        Colours("yellow", ("#7A5200", "#FFEB9C"), ("#8a4b00", "#fdf3e3")),
        "Rien de ce qui a été contrôlé ne s'oppose à la mission, mais les documents à réunir, plus "
        "bas, manquent pour le prouver : réunissez-les avant de confier l'action.",
    ),
    Verdict.A_VERIFIER: Words(
        12,
        "?",
        "À vérifier",
        "à vérifier",
        Colours("magenta", ("#4B2E83", "#E4DAF0"), ("#1c4b8f", "#e9f0fb")),
        "Une question au moins reste à trancher avant de confier l'action ; ni la liste publique "
        "ni ce qui a été déclaré n'y répondent.",
        "tranchez cette question avant de lui confier la mission.",
    ),
    Verdict.NON_ELIGIBLE: Words(
        13,
        "✗",
        "Non éligible",
        "non",
        Colours("red", ("#8B0010", "#FFC7CE"), ("#9a1b1b", "#fcebeb")),
        "Une exigence au moins n'est pas remplie : l'action ne peut pas être confiée dans ces "
        "conditions.",
        "ne lui confiez pas de nouvelle mission de cette sorte tant que ce point n'est pas levé ; "
        "pour celle qui est en cours, voyez avec le financeur.",
    ),
}

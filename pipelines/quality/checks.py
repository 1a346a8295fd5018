"""What a check is: one expectation, the French words of its report, and when it has no object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pipelines.french import nombre
from pipelines.quality.controls import Gravity
from pipelines.registers.archive import OFFICIAL, Sighting

# Below this, a proportion proves nothing: small local files are legitimate.
MINIMUM_ROWS = 500

_SOURCE_ADVICE = (
    "La liste est sans doute abîmée à la source : attendez la suivante, ou signalez-le à son "
    "producteur."
)
_FILE_ADVICE = (
    "Le fichier donné est sans doute abîmé : redemandez-le à qui l'a fait, ou recevez la liste "
    "officielle (« opac refresh » sans --source, dans un autre dossier)."
)


class Unit(StrEnum):
    """How the figure of a check is told."""

    FILL = "remplissage"
    DEFECTS = "défauts"
    SHARE = "part"
    NUMBER = "nombre"


@dataclass(frozen=True)
class Context:
    """What the suites depend on besides the contract.

    ``plancher`` is the least number of rows (official source only); ``absentes`` are the columns
    that the layout of the list does not have; ``conseil`` is what to do of a list found damaged.
    """

    nb_lignes: int
    plancher: int | None
    absentes: frozenset[str]
    date_liste: date
    conseil: str = _SOURCE_ADVICE


@dataclass(frozen=True)
class Check:
    """One expectation to evaluate on a table, or on a query whose one row holds figures.

    ``sans_objet``, when set, says why the check is not to be evaluated on this list.
    """

    regle: str
    table: str
    colonne: str | None
    expectation: str
    kwargs: dict[str, Any]
    unite: Unit
    attendu: str
    verifie: str
    defaut: str
    gravite: Gravity = Gravity.CRITIQUE
    requete: str | None = None
    sans_objet: str | None = None


def advice(liste: Sighting) -> str:
    """Say what to do of a list found damaged: whoever brought a file waits for no next one."""
    if liste.tableur is not None:
        return (
            f"Le fichier a été enregistré par un tableur ({liste.tableur}), qui change des "
            "valeurs : redemandez la liste telle que la source la donne, et ne l'ouvrez pas "
            "dans un tableur."
        )
    return _SOURCE_ADVICE if liste.origine == OFFICIAL else _FILE_ADVICE


def not_applicable(
    contexte: Context, besoin: tuple[str, ...], *, statistique: bool = True
) -> str | None:
    """Say why a check that needs these columns has no object here, or None."""
    absentes = [name for name in besoin if name in contexte.absentes]
    if absentes:
        return f"la mise en page de cette liste n'a pas : {', '.join(absentes)}"
    if statistique and contexte.nb_lignes < MINIMUM_ROWS:
        return (
            f"{nombre(contexte.nb_lignes)} lignes ne suffisent pas pour juger d'une proportion "
            f"({nombre(MINIMUM_ROWS)} au moins)"
        )
    return None

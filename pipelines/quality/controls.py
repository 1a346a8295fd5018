"""A control: one thing checked about a build, its figure, and whether it stops the release.

Whatever made it (Great Expectations, a query of ``sql/tests``, the comparison with the last
release), a finding is told in this one shape, so that one report and one verdict hold them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypedDict


class Status(StrEnum):
    """What came of a control."""

    CONFORME = "conforme"
    NON_CONFORME = "non conforme"
    NON_EVALUE = "non évalué"
    SANS_OBJET = "sans objet"


class Gravity(StrEnum):
    """Whether a control that fails stops the release or only warns."""

    CRITIQUE = "critique"
    AVERTISSEMENT = "avertissement"


class Acceptation(TypedDict):
    """A person's decision to let one finding of the comparison pass, for one list only."""

    regle: str
    motif: str
    sha256: str


@dataclass(frozen=True)
class Control:
    """One control and its result.

    ``famille`` is ``contrat``, ``modele``, ``comparaison`` or ``execution``; ``mesure`` is the
    figure found and ``attendu`` what was expected, both as shown to the reader; ``message`` says
    what is verified or, when it fails, what is wrong and what to do.
    """

    regle: str
    famille: str
    table: str
    colonne: str | None
    gravite: Gravity
    statut: Status
    mesure: str
    attendu: str
    message: str
    nb_en_defaut: int | None = None

    @property
    def bloquant(self) -> bool:
        """Whether it stops the release; what could not be evaluated always does."""
        if self.statut is Status.NON_EVALUE:
            return True
        return self.statut is Status.NON_CONFORME and self.gravite is Gravity.CRITIQUE

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "gravite": str(self.gravite), "statut": str(self.statut)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Control:
        """Rebuild a control from :meth:`as_dict`."""
        gravity, status = Gravity(values["gravite"]), Status(values["statut"])
        return cls(**{**values, "gravite": gravity, "statut": status})


def accepted(control: Control, acceptations: Iterable[Acceptation], sha256: str) -> bool:
    """Tell whether a person let this finding pass, for the list of this ``sha256``.

    Only a failed comparison can be: the contract is not negotiable, and what was not evaluated is
    not known.
    """
    return (
        control.famille == "comparaison"
        and control.statut is Status.NON_CONFORME
        and any(a["regle"] == control.regle and a["sha256"] == sha256 for a in acceptations)
    )


def verdict(controls: Iterable[Control], acceptations: Iterable[Acceptation], sha256: str) -> bool:
    """Tell whether a build made from the list of this ``sha256`` may be released.

    No control at all is no proof of anything: refused.
    """
    controls, acceptations = list(controls), list(acceptations)
    return bool(controls) and all(
        accepted(control, acceptations, sha256) for control in controls if control.bloquant
    )

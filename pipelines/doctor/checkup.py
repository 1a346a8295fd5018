"""The check-up: every check in its order; one that fails to work is a finding too."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.doctor import contents, nights, place, releases
from pipelines.doctor.finding import Checked, Finding, Patient, broken

Check = Callable[[Patient], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "droits": place.rights,
    "place": place.space,
    "verrou": place.lock,
    "restes": place.leftovers,
    "contenus": contents.contents,
    "observations": contents.sightings,
    "version courante": releases.link,
    "versions": releases.bases,
    "historique": releases.history,
    "exécutions": nights.runs,
    "source": nights.source,
    "nuits": nights.schedule,
    "avis": nights.notices,
}


def examine(patient: Patient) -> Iterator[Checked]:
    """Yield what each check finds, as it goes."""
    if not patient.home.root.is_dir():
        missing = f"Le dossier de travail « {patient.home.root} » n'existe pas"
        yield Checked("droits", broken(missing, "« opac refresh » le fait, ou vérifiez --home."))
        return
    for name, check in CHECKS.items():
        try:
            for finding in check(patient):
                yield Checked(name, finding)
        except Exception as error:  # noqa: BLE001  # what a check stumbles on is what it was for
            yield Checked(name, _stumbled(error))


def _stumbled(error: Exception) -> Finding:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return broken(
        f"Ce contrôle n'a pas pu se faire ({type(error).__name__}, {Path(last.filename).name} "
        f"ligne {last.lineno})",
        "réparez d'abord ce que les autres contrôles disent ; s'il échoue encore, signalez-le.",
    )

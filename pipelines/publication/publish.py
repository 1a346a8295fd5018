"""Publishing: from a checked build to the current release."""

from __future__ import annotations

from pipelines.history.catch_up import is_up_to_date
from pipelines.history.state import rules
from pipelines.home import Home
from pipelines.publication.database import add_controls
from pipelines.quality.controls import Control, accepted
from pipelines.quality.gate import report_folder, require_publishable
from pipelines.registers.archive import Archive
from pipelines.settings import Settings
from pipelines.version import code_version
from pipelines.warehouse.build import Build, database_path
from pipelines.warehouse.release import Release, current, release


def publish(settings: Settings, build: Build) -> Release:
    """Release the build if the report of this very build allows it.

    Raises:
        GatesRefused: it was not checked, or a check refuses.
    """
    home = Home(settings.home)
    report = require_publishable(home, build)
    controls = []
    for entry in report["controles"]:
        control = Control.from_dict(entry)
        row = control.as_dict()
        row["table_controlee"] = row.pop("table")
        row["accepte"] = accepted(control, report["acceptations"], build.liste.sha256)
        controls.append(row)
    add_controls(home, build, controls)
    meta = {
        "sha256": build.liste.sha256,
        "date_contenu": build.liste.date_contenu,
        "derniere_declaration": build.liste.derniere_declaration,
        "origine": build.liste.origine,
        "route": build.liste.route,
        "adresse": build.liste.adresse_finale,
        "lignes": build.liste.lignes,
        "mises_a_part": report["liste"]["mises_a_part"],
        "code": build.code,
        "historique": rules(),
        "acceptations": report["acceptations"],
        "rapport": str(report_folder(home, build).relative_to(home.root)),
        "avertissements": [
            c["regle"] for c in controls if c["statut"] not in ("conforme", "sans objet")
        ],
    }
    # Before the switch: a release never holds a list that history may not rely on.
    Archive(home).admit(build.liste.sha256)
    return release(home, database_path(home), meta, settings.releases_kept, build.version)


def is_current(home: Home, sha256: str) -> bool:
    """Tell whether the current release was made from this list by this code and these rules.

    And whether it tells of every list that was archived for history since.
    """
    found = current(home)
    return (
        found is not None
        and found.meta.get("sha256") == sha256
        and found.meta.get("code") == code_version()
        and is_up_to_date(home, found)
    )

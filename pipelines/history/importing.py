"""Old lists found on a disk become history: archived, read through, admitted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipelines.errors import NotTheList, UsageError
from pipelines.home import Home, home_errors
from pipelines.lock import refresh_lock
from pipelines.registers.archive import Archive, Sighting
from pipelines.registers.sources import archive_lists
from pipelines.settings import Settings
from pipelines.warehouse.build import reset
from pipelines.warehouse.release import current


def import_lists(settings: Settings, source: Path, date: dt.date | None) -> list[Sighting]:
    """Archive old lists and let history rely on them; the next release tells of them.

    Raises:
        NotTheList: a file is not the list, or names an organisation twice.
        UsageError: a list is later than the one released, or nothing says its date.
    """
    home = Home(settings.home)
    home.prepare()
    with refresh_lock(home), home_errors(home.root):
        reset(home)
        archive = Archive(home)
        release = current(home)
        brought = archive_lists(settings, source, date)
        for sighting in brought:
            if release and sighting.date_contenu >= release.meta["date_contenu"]:
                raise UsageError(
                    f"La liste du {sighting.date_contenu} n'est pas plus ancienne que celle de la "
                    f"version publiée ({release.meta['date_contenu']}) : publiez-la avec "
                    "« opac refresh --source »."
                )
            if sighting.doublon is not None:
                raise NotTheList(
                    f"La liste du {sighting.date_contenu} porte deux lignes différentes pour le "
                    f"NDA {sighting.doublon} : l'historique ne peut pas en être fait."
                )
        for sighting in brought:
            archive.admit(sighting.sha256)
        return brought

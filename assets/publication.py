"""Last layer: the release, one switch, refused without the report of this very build."""

import dagster as dg

from pipelines.orchestration.keys import OWNERS, RELEASE, REPORT
from pipelines.orchestration.resources import HomeResource
from pipelines.publication.publish import publish
from pipelines.warehouse.build import current_build


@dg.asset(
    key=RELEASE,
    deps=[REPORT],
    # Last of its level, so that a refused build shows its checks before the run fails.
    op_tags={"dagster/priority": "-1"},
    group_name="publication",
    owners=OWNERS,
    kinds={"duckdb"},
    description="La base publiée : lien opac.duckdb du dossier de travail, basculé d'un coup. "
    "Refusée si le rapport de cette construction n'existe pas ou ne le permet pas.",
)
def publication(home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Release this build, if its report allows it."""
    build = current_build(home.paths)
    release = publish(home.settings, build)
    return dg.MaterializeResult(
        metadata={
            "version": release.version,
            "base": dg.MetadataValue.path(str(home.paths.database)),
            "fichier": dg.MetadataValue.path(str(release.path)),
            "rapport": dg.MetadataValue.path(str(home.paths.root / release.meta["rapport"])),
            "sha256": build.liste.sha256,
            "date_contenu": build.liste.date_contenu,
        }
    )

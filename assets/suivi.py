"""Third layer: history, brought to the list of this build."""

import dagster as dg

from pipelines.history.catch_up import catch_up
from pipelines.orchestration.keys import FOLLOWED, LIST, OWNERS, STAGED
from pipelines.orchestration.resources import HomeResource
from pipelines.warehouse.build import current_build


@dg.asset(
    key=FOLLOWED,
    deps=[LIST, STAGED],
    group_name="suivi",
    owners=OWNERS,
    kinds={"sql", "duckdb"},
    description="Ce qui a changé depuis la dernière liste suivie : les listes de l'archive que la "
    "version courante ne connaît pas sont suivies une à une, puis celle de cette construction.",
)
def suivi_historique(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Follow the lists that the current release has not followed."""
    done = catch_up(home.settings, current_build(home.paths))
    for warning in done.warnings:
        context.log.warning(warning)
    return dg.MaterializeResult(
        metadata={"listes_suivies": done.followed, "listes_abimees": len(done.warnings)}
    )

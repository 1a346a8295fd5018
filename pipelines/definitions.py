"""What Dagster loads: assets, checks, the job, its nights, and the home."""

from __future__ import annotations

import dagster as dg

from assets.archive import reception
from assets.controle import controles, rapport
from assets.modeles import modeles
from assets.preparation import organisme_prepare
from assets.publication import publication
from assets.suivi import suivi_historique
from pipelines.orchestration.jobs import refresh
from pipelines.orchestration.resources import HomeResource
from pipelines.orchestration.schedules import NIGHTLY, nightly, retry
from pipelines.orchestration.sensors import notices


def build_defs(cron: str = NIGHTLY) -> dg.Definitions:
    """Give the definitions; ``cron`` says when a night starts, in Paris."""
    return dg.Definitions(
        assets=[
            reception,
            organisme_prepare,
            suivi_historique,
            modeles,
            rapport,
            publication,
        ],
        asset_checks=[controles],
        jobs=[refresh],
        schedules=[nightly(cron), retry],
        sensors=[notices],
        resources={"home": HomeResource()},
        executor=dg.in_process_executor,
    )


defs = build_defs()

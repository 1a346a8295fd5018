"""What Dagster loads: assets, checks, the job and the home."""

from __future__ import annotations

import dagster as dg

from assets.archive import liste_publique_of
from assets.controles import controles, rapport
from assets.historique import suivi_historique
from assets.modeles import modeles
from assets.preparation import organisme_prepare
from assets.publication import publication
from pipelines.jobs import refresh
from pipelines.resources import HomeResource

defs = dg.Definitions(
    assets=[
        liste_publique_of,
        organisme_prepare,
        suivi_historique,
        modeles,
        rapport,
        publication,
    ],
    asset_checks=[controles],
    jobs=[refresh],
    resources={"home": HomeResource()},
    executor=dg.in_process_executor,
)

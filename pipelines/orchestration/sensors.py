"""The sensor ``avis``: every minute, what is to be told is told."""

from __future__ import annotations

import dagster as dg

from pipelines.home import Home
from pipelines.orchestration.instance import close_dead
from pipelines.settings import Settings
from pipelines.watch.round import run_round


@dg.sensor(
    name="avis",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Dire ce qui a changé à qui le suit, et à l'exploitant ce qui ne va pas ; "
    "réessayer ce qui n'a pas pu être envoyé.",
)
def notices(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Compare what is with what was told, and send."""
    settings = Settings.load()
    close_dead(context.instance, Home(settings.home))
    done = run_round(settings)
    counts = f"Avis nouveaux : {done.posted} ; envoyés : {done.sent} ; en attente : {done.waiting}."
    return dg.SkipReason(" ".join([counts, *done.failed]))

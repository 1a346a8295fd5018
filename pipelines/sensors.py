"""The sensor ``avis``: every minute, what is to be told is told."""

from __future__ import annotations

import dagster as dg

from pipelines.home import Home
from pipelines.instance import close_dead
from pipelines.settings import Settings


@dg.sensor(
    name="avis",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Dire ce qui a changé à qui le suit, et à l'exploitant ce qui ne va pas ; "
    "réessayer ce qui n'a pas pu être envoyé.",
)
def notices(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Compare what is with what was told, and send."""
    from pipelines.watch.round import go_round

    settings = Settings.load()
    close_dead(context.instance, Home(settings.home))
    done = go_round(settings)
    counts = f"Avis nouveaux : {done.posted} ; envoyés : {done.sent} ; en attente : {done.waiting}."
    return dg.SkipReason(" ".join([counts, *done.failed]))

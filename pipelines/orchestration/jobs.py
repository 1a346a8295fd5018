"""The job ``refresh``: from the list to the release, in one process."""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.keys import JOB
from pipelines.orchestration.resources import note_failure

# In one process: a process a step would cost seconds each, and fight for DuckDB's lock.
refresh = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    hooks={note_failure},
    description="Recevoir la liste, la lire, bâtir la base, la contrôler et la publier.",
)

"""Second layer: the list read and typed, its rejects and its doubts."""

import dagster as dg

from pipelines.orchestration.keys import LIST, OWNERS, STAGED
from pipelines.orchestration.resources import HomeResource
from pipelines.registers.contract import COLUMNS
from pipelines.warehouse.build import current_build, prepare


@dg.asset(
    key=STAGED,
    deps=[LIST],
    group_name="preparation",
    owners=OWNERS,
    kinds={"polars", "duckdb"},
    description="Les lignes de la liste, typées selon le contrat ; à côté, les lignes mises à part "
    "et les doutes.",
    metadata={
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(c.name, str(c.kind), description=c.description) for c in COLUMNS]
        )
    },
)
def organisme_prepare(home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Read the archived list into the staging database."""
    build = current_build(home.paths)
    reading = prepare(home.settings, build)
    home.checks.start_staging(build)  # evaluated while the models run
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": reading.lignes_lues,
            "lignes_mises_a_part": reading.lignes_mises_a_part,
            "anomalies": reading.anomalies,
        }
    )

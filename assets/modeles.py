"""Fourth layer: the tables of the release, one asset each, made in one step."""

from collections.abc import Iterator, Mapping

import dagster as dg

from pipelines.orchestration.keys import FOLLOWED, OWNERS, STAGED
from pipelines.orchestration.resources import HomeResource
from pipelines.publication.database import build_models, column_types
from pipelines.warehouse.build import current_build
from pipelines.warehouse.models import (
    EVALUATION,
    FOLLOWING,
    RUN,
    STAGING,
    Model,
    evaluation_reads,
    load_models,
    split_late,
)

_EARLY = split_late(load_models())[0]


def _key(name: str) -> dg.AssetKey:
    return dg.AssetKey(name.split("."))


def _schema(model: Model, types: Mapping[str, str]) -> dg.TableSchema:
    """Give the documented columns; their types are known once the table is made."""
    return dg.TableSchema(
        [
            dg.TableColumn(name, types.get(name, "string"), description=text)
            for name, text in model.columns.items()
        ]
    )


def _spec(model: Model) -> dg.AssetSpec:
    own = {other.full_name for other in _EARLY}
    reads = model.depends
    if any(name.startswith(f"{EVALUATION}.") for name in reads):
        reads |= evaluation_reads()
    deps = [_key(name) for name in sorted(reads & own)]
    if any(name.startswith((f"{STAGING}.", f"{RUN}.")) for name in model.depends):
        deps.append(STAGED)
    if any(name.startswith(f"{FOLLOWING}.") for name in model.depends):
        deps.append(FOLLOWED)
    return dg.AssetSpec(
        _key(model.full_name),
        deps=deps,
        description=f"{model.description}\n\nGrain : {model.grain}.",
        group_name=model.schema,
        owners=OWNERS,
        kinds={"sql", "duckdb"},
        metadata={
            "dagster/column_schema": _schema(model, {}),
            "dagster/table_name": model.full_name,
        },
    )


MODEL_SPECS = [_spec(model) for model in _EARLY]


@dg.multi_asset(specs=MODEL_SPECS, name="modeles")
def modeles(home: HomeResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Run the models, in the order that their SQL implies."""
    rows = build_models(home.settings, current_build(home.paths))
    types = column_types(home.paths)
    for model in _EARLY:
        name = model.full_name
        yield dg.MaterializeResult(
            asset_key=_key(name),
            metadata={
                "dagster/row_count": rows[name],
                "dagster/column_schema": _schema(model, types[name]),
            },
        )

"""The gate: one report on the build, and its checks shown on the assets they are about."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from assets.modeles import MODEL_SPECS
from pipelines.orchestration.keys import OWNERS, REPORT, STAGED
from pipelines.orchestration.resources import HomeResource
from pipelines.quality.controls import Control, Gravity, Status
from pipelines.quality.gate import (
    conclude,
    read_report,
    report_folder,
)
from pipelines.warehouse.build import Build, current_build

# One check an asset, holding all its controls: a hundred Dagster events would cost seconds.
_CHECKED = [STAGED, *(spec.key for spec in MODEL_SPECS)]
_NAME = "controles"


@dg.asset(
    key=REPORT,
    deps=_CHECKED,
    group_name="controle",
    owners=OWNERS,
    kinds={"great_expectations", "duckdb", "html"},
    description="Le rapport de cette construction : contrat (Great Expectations), requêtes de "
    "sql/tests, comparaison avec la version précédente. Il ne refuse pas lui-même : la publication "
    "le lit.",
)
def rapport(home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Evaluate every check and write the report."""
    build = current_build(home.paths)
    controls = home.checks.evaluate(build)
    report = conclude(home.settings, build, controls)
    return dg.MaterializeResult(
        metadata={
            "publiable": report["publiable"],
            "nb_controles": len(controls),
            "nb_bloquants": sum(control.bloquant for control in controls),
            "rapport": dg.MetadataValue.path(str(_page(home, build))),
        }
    )


@dg.multi_asset_check(
    name="controles",
    specs=[
        dg.AssetCheckSpec(
            _NAME,
            asset=key,
            additional_deps=[REPORT],
            description="Les contrôles du rapport qui portent sur cette table, avec leurs "
            "chiffres.",
        )
        for key in _CHECKED
    ],
    can_subset=True,  # so that one table can be made again without all the others
)
def controles(
    context: dg.AssetCheckExecutionContext, home: HomeResource
) -> Iterator[dg.AssetCheckResult]:
    """Show the checks of the report on the tables they are about."""
    build = current_build(home.paths)
    report = read_report(home.paths, build)
    controls = [Control.from_dict(entry) for entry in report["controles"]]
    page = dg.MetadataValue.path(str(_page(home, build)))
    asked = {check.asset_key for check in context.selected_asset_check_keys}
    for key in (key for key in _CHECKED if key in asked):
        name = "organisme" if key == STAGED else ".".join(key.path)
        yield _result(key, [c for c in controls if c.table in (name, ".".join(key.path))], page)


def _page(home: HomeResource, build: Build) -> Path:
    return report_folder(home.paths, build) / "rapport.html"


def _result(
    key: dg.AssetKey, controls: list[Control], page: dg.PathMetadataValue
) -> dg.AssetCheckResult:
    failed = [c for c in controls if c.statut in (Status.NON_CONFORME, Status.NON_EVALUE)]
    grave = any(c.bloquant or c.gravite is Gravity.CRITIQUE for c in failed)
    lines = [f"| {c.regle} | {c.statut} | {c.mesure} | {c.attendu} |" for c in controls]
    table = "\n".join(["| contrôle | statut | mesure | attendu |", "|---|---|---|---|", *lines])
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=_NAME,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
        metadata={
            "controles": dg.MetadataValue.md(table),
            "nb_controles": len(controls),
            "nb_en_defaut": len(failed),
            "rapport": page,
        },
    )

"""The process that runs Great Expectations: requests on stdin, answers on stdout, one a line.

Importing Great Expectations takes seconds: it is done here, at once, while the main process reads
and builds. A request is ``{"base": path, "checks": [{"table", "requete", "type", "kwargs"}]}``;
its answer is the list of outcomes, one a check in the same order: what was measured, or under
``cause`` why nothing could be. The process ends with its input.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

from pipelines.imports import collector_paused

Outcome = dict[str, Any]
CheckData = dict[str, Any]

log = logging.getLogger("pipelines.quality.gx_worker")

# No sample of the values at fault: counts are enough, and names stay out of the logs.
_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_CONFIG = {"memory_limit": "512MB", "threads": 2}
# What Great Expectations imports for expectations that no suite of ours has: a third of its import.
_UNUSED = frozenset({"altair", "scipy.stats"})


class _Unused(MetaPathFinder):
    """Have these modules executed when something is asked of them, which nothing of ours does."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname in _UNUSED else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def main() -> None:
    """Answer each request until the end of stdin."""
    # The answers keep the real stdout; whatever a library prints goes to stderr.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # asked of the network otherwise
    sys.meta_path.insert(0, _Unused())
    with collector_paused():
        import great_expectations  # noqa: F401

    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            outcomes = evaluate(request["base"], request["checks"])
        except Exception as error:
            log.exception("cannot read %s", request["base"])
            outcomes = [_not_evaluated(error)] * len(request["checks"])
        answers.write(json.dumps(outcomes, default=str) + "\n")
        answers.flush()


def evaluate(base: str, checks: list[CheckData]) -> list[Outcome]:
    """Evaluate the checks on a DuckDB file opened read-only, and let go of it."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from pipelines.quality import gx_dialect  # noqa: F401 (registers duckdb+gx)

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # It keeps nothing; written as YAML at each step, its settings cost a tenth of the whole.
    context.variables.save = lambda: None  # type: ignore[method-assign]
    # The path goes by the arguments: in an address, Great Expectations would expand its « $ ».
    source = context.data_sources.add_sql(  # type: ignore[call-arg] # their stub lacks kwargs
        "base",
        connection_string="duckdb+gx://",
        kwargs={"connect_args": {"database": base, "read_only": True, "config": _CONFIG}},
    )
    # As a query even for a whole table: asked for a table, it loses its schema in some measures.
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for number, check in enumerate(checks):
        groups[check["requete"] or f"select * from {check['table']}"].append(number)
    outcomes: dict[int, Outcome] = {}
    try:
        for query, numbers in groups.items():
            asset = source.add_query_asset(query, query=query)
            batch = asset.add_batch_definition_whole_table("tout").get_batch()
            outcomes |= _evaluate_batch(batch, {number: checks[number] for number in numbers})
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()
    return [outcomes[number] for number in range(len(checks))]


def _evaluate_batch(batch: Any, checks: dict[int, CheckData]) -> dict[int, Outcome]:
    """Evaluate in one run, so that Great Expectations gathers its measures in few queries."""
    from great_expectations import ExpectationSuite

    # What it gives no result for was not evaluated.
    outcomes = {number: _not_evaluated("aucun résultat") for number in checks}
    suite = ExpectationSuite("suite")
    for number, check in checks.items():
        try:
            suite.add_expectation(_expectation(number, check))
        except Exception as error:
            log.exception("cannot make %s", check["type"])
            outcomes[number] = _not_evaluated(error)
    for result in batch.validate(suite, result_format=_FORMAT).results:
        outcomes[result.expectation_config.meta["numero"]] = _outcome(result)
    return outcomes


def _expectation(number: int, check: CheckData) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(
        type=check["type"], kwargs=check["kwargs"], meta={"numero": number}
    ).to_domain_obj()


def _outcome(result: Any) -> Outcome:
    cause = _cause(result.exception_info)
    if cause is None and not (isinstance(result.success, bool) and result.result):
        cause = "aucune mesure"
    if cause is not None:
        return _not_evaluated(cause)
    return {
        "cause": None,
        "succes": result.success,
        "valeurs": result.result.get("element_count"),
        "vides": result.result.get("missing_count"),
        "defauts": result.result.get("unexpected_count"),
        "observe": result.result.get("observed_value"),
    }


def _cause(info: dict[str, Any]) -> str | None:
    """Find an exception, which Great Expectations also nests under the measure that raised it."""
    for found in (info, *info.values()):
        if isinstance(found, dict) and found.get("raised_exception"):
            log.error("%s", found.get("exception_traceback"))
            return found.get("exception_message") or "raison inconnue"
    return None


def _not_evaluated(cause: object) -> Outcome:
    """Keep of a message what a reader can use: its class and the SQL are in the log."""
    text = re.split(r"\s(?:LINE \d+:|\[SQL:)", str(cause))[0]
    text = re.sub(r"^(?:\(_duckdb\.\w+\)|Error:)\s*", "", text)
    return {"cause": " ".join(text.split())[:300].rstrip(".") or type(cause).__name__}


if __name__ == "__main__":
    main()

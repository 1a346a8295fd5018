"""The graph that Dagster shows and runs: complete, documented, and no way round the gate."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

import pipelines.orchestration.instance
from pipelines.definitions import defs
from pipelines.errors import GatesRefused, OpacError, RefreshRunning
from pipelines.home import Home
from pipelines.lock import running
from pipelines.orchestration.instance import configure, open_as_left
from pipelines.runs import journal
from pipelines.settings import ROOT
from pipelines.warehouse.models import evaluation_reads, load_models, split_late
from tests.pipeline import lists
from tests.pipeline.commands import Opac, ask, release_of, released
from tests.pipeline.conftest import isolate
from tests.processes import hear, process

_MODELS = {tuple(m.full_name.split(".")): m for m in split_late(load_models())[0]}
_OTHERS = {
    ("archive", "registre_vu"),
    ("archive", "liste_publique_of"),
    ("preparation", "organisme"),
    ("suivi", "historique"),
    ("controle", "rapport"),
    ("publication", "opac"),
}
_CHECKED = {("preparation", "organisme"), *_MODELS}
# What a build needs before its tables.
_FIRST = (
    *("archive/registre_vu", "archive/liste_publique_of"),
    *("preparation/organisme", "suivi/historique"),
)
_RELEASE = dg.AssetKey(["publication", "opac"])


def _run(
    home: Path, *selection: str, source: Path | None = None, raise_on_error: bool = True
) -> dg.ExecuteInProcessResult:
    """Run the job, or a part of it, as Dagster's page does: same definitions, same instance."""
    Home(home).prepare()
    configure(Home(home))
    config: dict[str, Any] = {"resources": {"home": {"config": {"home": str(home)}}}}
    if source is not None:
        asked = {"source": str(source), "date": lists.NEXT_DAY.isoformat()}
        config["ops"] = {"reception": {"config": asked}}
    with open_as_left(Home(home)) as instance:
        return defs.resolve_job_def("refresh").execute_in_process(
            run_config=config,
            instance=instance,
            asset_selection=[dg.AssetKey.from_user_string(name) for name in selection] or None,
            raise_on_error=raise_on_error,
        )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "liste.csv"
    path.write_bytes(lists.next_list())
    return path


@dataclass(frozen=True)
class Done:
    """A whole run of the job, its source and its home, which other tests copy."""

    result: dg.ExecuteInProcessResult
    source: Path
    home: Path

    def copied(self, folder: Path) -> Path:
        """Give a home of one test, as this run has left it."""
        return shutil.copytree(self.home, folder / "laissee", symlinks=True)


def _done(good: Path, folder: Path, content: bytes) -> Done:
    home = shutil.copytree(good, folder / "maison", symlinks=True)
    source = folder / "liste.csv"
    source.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch)
        return Done(_run(home, source=source, raise_on_error=False), source, home)


@pytest.fixture(scope="module")
def done(_good: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run that released the next list."""
    return _done(_good, tmp_path_factory.mktemp("publiee"), lists.next_list())


@pytest.fixture(scope="module")
def refused(_good: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run that the gate refused."""
    return _done(_good, tmp_path_factory.mktemp("refusee"), lists.every_nda_twice())


# --- What is shown ------------------------------------------------------------------------------


def test_the_definitions_load() -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_workspace_names_them() -> None:
    entries = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]

    modules = [entry["python_module"] for entry in entries]

    assert [module["location_name"] for module in modules] == ["opac"]
    assert importlib.import_module(modules[0]["module_name"]).defs is defs


def test_the_job_runs_every_asset_and_every_check() -> None:
    layer = defs.resolve_job_def("refresh").asset_layer
    graph = defs.resolve_asset_graph()

    assert {tuple(key.path) for key in layer.executable_asset_keys} == {*_MODELS, *_OTHERS}
    assert graph.get_all_asset_keys() == layer.executable_asset_keys
    assert {tuple(key.asset_key.path) for key in graph.asset_check_keys} == _CHECKED
    assert layer.asset_graph.asset_check_keys == graph.asset_check_keys


def test_a_register_not_seen_for_36_hours_is_shown() -> None:
    node = defs.resolve_asset_graph().get(dg.AssetKey(["archive", "registre_vu"]))

    assert node.freshness_policy == dg.FreshnessPolicy.time_window(
        fail_window=dt.timedelta(hours=36)
    )


def test_every_asset_is_documented() -> None:
    for node in defs.resolve_asset_graph().asset_nodes:
        name = node.key.to_user_string()
        assert node.description, name
        assert node.owners, name
        assert node.kinds, name
        assert node.group_name == node.key.path[0], name


def test_every_table_shows_its_columns_and_what_it_is_made_from() -> None:
    graph = defs.resolve_asset_graph()
    for key, model in _MODELS.items():
        node = graph.get(dg.AssetKey(list(key)))
        schema = node.metadata["dagster/column_schema"]
        assert {c.name: c.description for c in schema.columns} == model.columns, key
        reads = model.depends
        if any(name.startswith("evaluation.") for name in reads):
            reads |= evaluation_reads()
        own = {tuple(name.split(".")) for name in reads} & _MODELS.keys()
        steps = {("preparation", "organisme"), ("suivi", "historique")}
        assert {tuple(parent.path) for parent in node.parent_keys} - steps == own
    staged = graph.get(dg.AssetKey(["preparation", "organisme"]))
    assert all(c.description for c in staged.metadata["dagster/column_schema"].columns)


# --- A run --------------------------------------------------------------------------------------


def test_a_run_releases_and_shows_its_figures(done: Done) -> None:
    home, result = done.home, done.result

    assert result.success
    assert released(home).rows == lists.COUNT + 3
    shown = {
        tuple(event.asset_key.path): event.step_materialization_data.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }
    assert shown.keys() == {*_MODELS, *_OTHERS}
    for key in _MODELS:
        (count,) = ask(home, f"select count(*) from {'.'.join(key)}")
        assert shown[key]["dagster/row_count"].value == count[0], key
    assert shown[("preparation", "organisme")]["dagster/row_count"].value == lists.COUNT + 3
    publication = shown[("publication", "opac")]
    assert publication["version"].value == release_of(home).version
    assert publication["base"].value == str(home / "opac.duckdb")
    assert Path(str(publication["rapport"].value)).is_dir()


def test_the_checks_shown_are_those_of_the_report(done: Done) -> None:
    home, result = done.home, done.result

    shown = {tuple(e.asset_key.path): e for e in result.get_asset_check_evaluations()}
    assert shown.keys() == _CHECKED
    assert all(evaluation.check_name == "controles" for evaluation in shown.values())
    assert all(evaluation.passed for evaluation in shown.values())
    counted = sum(int(str(e.metadata["nb_controles"].value)) for e in shown.values())
    # The comparison with the date of the last list is about meta.publication, as any other.
    assert ask(home, "select count(*) from qualite.controle") == [(counted,)]
    table = str(shown[("preparation", "organisme")].metadata["controles"].value)
    assert "| contrat.organisme.nda.unique | conforme | aucun défaut sur 1" in table


def test_a_refused_run_shows_which_check_failed(refused: Done, _good: Path) -> None:
    result = refused.result

    assert not result.success
    failed = {
        tuple(e.asset_key.path): e for e in result.get_asset_check_evaluations() if not e.passed
    }
    assert ("preparation", "organisme") in failed
    assert {e.severity for e in failed.values()} == {dg.AssetCheckSeverity.ERROR}
    assert "| contrat.organisme.nda.unique | non conforme |" in str(
        failed[("preparation", "organisme")].metadata["controles"].value
    )
    assert released(refused.home).link == released(_good).link


def test_an_unchanged_list_skips_the_rest(home: Path, source: Path) -> None:
    before = released(home)
    source.write_bytes(lists.good_list())

    result = _run(home, source=source)

    assert result.success
    made = [event.asset_key for event in result.get_asset_materialization_events()]
    assert made == [dg.AssetKey(["archive", "registre_vu"])], "the register was seen, no more"
    assert released(home) == before


def test_the_lock_of_another_process_stops_a_run(home: Path, source: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pipelines.home import Home\n"
        "from pipelines.lock import refresh_lock\n"
        "with refresh_lock(Home(Path(sys.argv[1]))):\n"
        "    print('tenu', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    before = released(home)
    with process(script, home, env={"PYTHONPATH": str(ROOT)}) as other:
        assert hear(other) == "tenu"
        with pytest.raises(Exception) as raised:
            _run(home, source=source)
        holder = running(Home(home))

    assert holder is not None
    (told,) = [error for error in _causes(raised.value) if isinstance(error, RefreshRunning)]
    assert f"processus {holder['pid']}" in str(told)
    assert released(home) == before
    assert len(journal.runs(Home(home))) == 1, "it never was a run"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


# --- The release alone --------------------------------------------------------------------------


def test_the_release_alone_is_refused_after_a_failed_gate(refused: Done, tmp_path: Path) -> None:
    home = refused.copied(tmp_path)
    before = released(home)
    assert (home / "construction" / "opac.duckdb").exists(), "there is something to release"

    with pytest.raises(GatesRefused, match=r"nda\.unique"):
        _run(home, "publication/opac")

    assert released(home) == before


def test_the_release_alone_is_refused_without_checks(home: Path, source: Path) -> None:
    before = released(home)
    steps = [*_FIRST, *map("/".join, _MODELS)]
    # Their checks are shown from the report: without one, they are what fails.
    assert not _run(home, *steps, source=source, raise_on_error=False).success
    assert (home / "construction" / "opac.duckdb").exists()

    with pytest.raises(GatesRefused, match="n'a pas été contrôlée"):
        _run(home, "publication/opac")

    assert released(home) == before


def test_tables_made_after_the_report_are_not_released(home: Path, source: Path) -> None:
    before = released(home)
    tables = ["/".join(key) for key in _MODELS]
    steps = [*_FIRST, "controle/rapport"]
    assert _run(home, *steps, *tables, source=source).success
    with duckdb.connect(home / "construction" / "preparation.duckdb") as con:
        con.execute("insert into organisme from organisme")
    _run(home, *tables, raise_on_error=False)

    with pytest.raises(GatesRefused):
        _run(home, "publication/opac")

    assert released(home) == before


def test_a_build_is_released_once(done: Done, tmp_path: Path) -> None:
    home = done.copied(tmp_path)
    before = released(home)

    with pytest.raises(OpacError):
        _run(home, "publication/opac")

    assert released(home) == before


def test_the_release_alone_is_refused_without_a_build(tmp_path: Path) -> None:
    with pytest.raises(OpacError, match="Aucune construction n'est en cours"):
        _run(tmp_path / "maison", "publication/opac")

    assert not (tmp_path / "maison" / "opac.duckdb").exists()


# --- From Dagster's own command -----------------------------------------------------------------


def test_dagster_job_execute_releases(tmp_path: Path, source: Path) -> None:
    home = tmp_path / "maison"
    Home(home).prepare()
    configure(Home(home))
    config = tmp_path / "run.json"
    asked = {"source": str(source), "date": lists.NEXT_DAY.isoformat()}
    config.write_text(json.dumps({"ops": {"reception": {"config": asked}}}))

    done = subprocess.run(
        [
            *(sys.executable, "-m", "dagster", "job", "execute"),
            *("-m", "pipelines.definitions", "-j", "refresh", "-c", config),
        ],
        cwd=ROOT,
        env={**os.environ, "OPAC_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert released(home).rows == lists.COUNT + 3
    (told,) = journal.runs(Home(home))
    assert (told.code, told.details["source"]) == (0, str(source))


@pytest.mark.usefixtures("recorded")
def test_a_refresh_from_the_command_is_recorded_in_the_home(
    home: Path, source: Path, opac: Opac
) -> None:
    opac("refresh", "--source", source, "--home", home).succeeded()

    with open_as_left(Home(home)) as instance:
        runs = instance.get_runs()
        latest = instance.get_latest_materialization_event(_RELEASE)
    assert [run.job_name for run in runs] == ["refresh", "refresh"], "that of the good release too"
    assert latest is not None
    assert latest.run_id == runs[0].run_id


# --- The journal --------------------------------------------------------------------------------


def test_a_run_that_no_command_launched_is_told_in_the_journal(
    done: Done, _good: Path, tmp_path: Path
) -> None:
    before = len(journal.runs(Home(_good)))
    home, source = done.copied(tmp_path), done.source

    _run(home, source=source)

    unchanged, first, *others = journal.runs(Home(home))
    assert len(others) == before
    version = release_of(home).version
    assert first.details == {"source": str(source), "version": version}
    assert (first.code, first.message) == (0, f"Version {version} publiée (liste du 2024-10-16).")
    assert (unchanged.code, str(unchanged.message).split(" : ")[0]) == (0, "Inchangé")


@pytest.mark.parametrize("raise_on_error", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_why_a_run_failed_is_told_as_the_command_tells_it(
    refused: Done, home: Path, source: Path, raise_on_error: bool, named: bool
) -> None:
    source.write_bytes(lists.every_nda_twice())
    every = ["/".join(key) for key in (*_MODELS, *_OTHERS)] if named else []

    if raise_on_error or named:
        with contextlib.suppress(GatesRefused):
            _run(home, *every, source=source, raise_on_error=raise_on_error)
    else:
        home = refused.home

    told = journal.runs(Home(home))[0]
    assert told.code == GatesRefused.code
    assert "est refusée par contrat.organisme.nda.unique" in str(told.message)


def test_a_part_of_the_job_is_no_refresh(home: Path, source: Path) -> None:
    before = journal.runs(Home(home))

    _run(home, *_FIRST, source=source, raise_on_error=False)

    assert journal.runs(Home(home)) == before


def test_a_run_takes_old_ones_away(
    home: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines.orchestration.instance, "_KEPT_RUNS", 1)
    source.write_bytes(lists.good_list())

    last = [_run(home, source=source).run_id for _ in range(3)][1:]

    with open_as_left(Home(home)) as instance:
        assert [run.run_id for run in instance.get_runs()] == last[::-1]

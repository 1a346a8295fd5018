"""The schedule fires for real: a daemon, a night a minute, a source on loopback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import SCHEDULED_EXECUTION_TIME_TAG

from pipelines.home import Home
from pipelines.orchestration.instance import open_as_left
from pipelines.registers.archive import Archive
from pipelines.runs.journal import Run, State, runs
from pipelines.warehouse.release import current
from tests.orchestration.daemons import daemon, wait_for
from tests.pipeline.lists import good_list
from tests.registers.server import serve

SEEN = dg.AssetKey(["archive", "registre_vu"])
RELEASE = dg.AssetKey(["publication", "opac"])


@dataclass(frozen=True)
class Nights:
    """A home after its nights: what the journal tells of them, oldest first, and Dagster.

    ``launched`` are runs of the nights: at a quarter past an hour, a retry may have its own.
    """

    home: Home
    told: list[Run]
    launched: list[dg.DagsterRun]
    seen: int
    released: int


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where homes are made; opening their Dagster sets a variable, put back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")
        yield tmp_path_factory.mktemp("nuits")


@pytest.fixture(scope="module")
def two_nights(folder: Path) -> Nights:
    """A home after two nights of one daemon."""
    home = Home(folder / "un")
    with serve(good_list()) as server, daemon(home, server):
        wait_for(partial(_had_runs, home, 2), 600, partial(_log, home))
    return _looked_at(home)


@pytest.fixture(scope="module")
def one_night_twice(folder: Path) -> Nights:
    """A home after one night of two daemons."""
    home = Home(folder / "deux")
    with serve(good_list()) as server, daemon(home, server), daemon(home, server):
        wait_for(partial(_had_runs, home, 2), 600, partial(_log, home))
        wait_for(partial(_launched_at_once, home), 600, partial(_log, home))
    return _looked_at(home)


def _had_runs(home: Home, count: int) -> bool:
    """Tell whether so many runs have ended, and no other is under way."""
    told = runs(home)
    return len(told) >= count and all(run.ended for run in told)


def _launched_at_once(home: Home) -> bool:
    """Tell whether two nights of one minute were launched, and both have ended."""
    return _had_runs(home, 2) and bool(_at_once(_looked_at(home).launched))


def _at_once(launched: list[dg.DagsterRun]) -> set[str]:
    """The minutes at which more than one night was launched."""
    minutes = Counter(_scheduled(run) for run in launched)
    return {minute for minute, times in minutes.items() if times > 1}


def _log(home: Home) -> str:
    return (home.root / "daemon.log").read_text(errors="replace")


def _looked_at(home: Home) -> Nights:
    with open_as_left(home) as instance:
        return Nights(
            home,
            runs(home)[::-1],
            [run for run in _runs(instance) if run.tags["dagster/schedule_name"] == "nuit"],
            len(instance.fetch_materializations(SEEN, limit=20).records),
            len(instance.fetch_materializations(RELEASE, limit=20).records),
        )


def _runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    return [record.dagster_run for record in instance.get_run_records(ascending=True)]


def _scheduled(run: dg.DagsterRun) -> str:
    """The minute of the tick that launched a run."""
    return run.tags[SCHEDULED_EXECUTION_TIME_TAG][:16]


def test_the_first_night_releases_and_the_second_finds_nothing_new(two_nights: Nights) -> None:
    nights = two_nights

    first, second = nights.told[:2]
    release = current(nights.home)
    assert release is not None
    assert (first.state, second.state) == (State.DONE, State.DONE)
    assert first.details == {"source": "liste officielle", "version": release.version}
    assert first.message == f"Version {release.version} publiée (liste du 2024-10-16)."
    assert second.message is not None
    assert second.message.startswith(f"Inchangé : la version {release.version}")
    assert _scheduled(nights.launched[0]) < _scheduled(nights.launched[1])


def test_a_night_without_news_renews_the_day_the_register_was_seen(
    two_nights: Nights,
) -> None:
    nights = two_nights

    times = [sighting.vu for sighting in Archive(nights.home).sightings()]

    assert len(times) >= 2
    assert times[0] < times[1]
    assert (nights.seen, nights.released) == (len(times), 1)


@pytest.mark.lourd
def test_two_daemons_by_mistake_make_one_release_and_no_alarm(one_night_twice: Nights) -> None:
    nights = one_night_twice

    # Each launches its night of the same minute: the second waits for its turn.
    assert _at_once(nights.launched)
    assert {run.state for run in nights.told} == {State.DONE}
    assert [str(run.message).split()[0] for run in nights.told[:2]] == ["Version", "Inchangé"]
    assert nights.released == 1
    assert len([*nights.home.releases.glob("*.duckdb")]) == 1

"""When a night is asked for, and when another try is: at which hours, after which ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from pipelines.definitions import defs
from pipelines.errors import SourceUnavailable
from pipelines.home import Home
from pipelines.lock import refresh_lock
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.schedules import last_night, why_not_again
from pipelines.registers.archive import LOCAL
from pipelines.registers.sources import Request, acquire
from pipelines.runs import journal
from pipelines.runs.journal import Run, State
from pipelines.settings import PARIS, Settings
from pipelines.watch.round import Round
from tests.registers.acquiring import write

_SOURCE, _ARCHIVE = "liste officielle", "archive"


def _run(at: str, state: State, code: int | None = None, source: str = _SOURCE) -> Run:
    started = dt.datetime.fromisoformat(at).replace(tzinfo=PARIS)
    message = None if code is None else f"Fin {code}"
    return Run(at, started, state, code=code, message=message, details={"source": source})


def _at(text: str) -> dt.datetime:
    """A time of Paris, given as the daemon knows it."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(dt.UTC)


_NOON = _at("2026-11-22 12:15")


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        # Missed: nothing since 05:15, whatever happened the day before.
        ([], None),
        ([_run("2026-11-21 05:15", State.DONE, 0)], None),
        ([_run("2026-11-22 05:14", State.DONE, 0)], None),
        # Done, even after failures, even by hand.
        ([_run("2026-11-22 05:15", State.DONE, 0)], "La liste a été vue à 05:15."),
        (
            [
                _run("2026-11-22 08:15", State.FAILED, 3),
                _run("2026-11-22 07:03", State.DONE, 0),
                _run("2026-11-22 05:15", State.FAILED, 3),
            ],
            "La liste a été vue à 07:03.",
        ),
        # What another try may change.
        ([_run("2026-11-22 05:15", State.FAILED, 3)], None),
        ([_run("2026-11-22 05:15", State.FAILED, 143)], None),
        ([_run("2026-11-22 05:15", State.INTERRUPTED)], None),
        (
            [
                _run("2026-11-22 06:15", State.FAILED, 3),
                _run("2026-11-22 05:15", State.FAILED, 4),
            ],
            None,
        ),
        # What it would not.
        (
            [_run("2026-11-22 05:15", State.FAILED, 4)],
            "l'échec du dernier : Fin 4",
        ),
        (
            [_run("2026-11-22 05:15", State.FAILED, 6)],
            "l'échec du dernier : Fin 6",
        ),
        ([_run("2026-11-22 12:14", State.RUNNING)], "Une actualisation est en cours."),
        # A base built again from the archive has asked the source nothing.
        ([_run("2026-11-22 09:00", State.DONE, 0, _ARCHIVE)], None),
        (
            [
                _run("2026-11-22 09:00", State.FAILED, 4, _ARCHIVE),
                _run("2026-11-22 05:15", State.FAILED, 3),
            ],
            None,
        ),
    ],
)
def test_a_night_is_tried_again(runs: list[Run], told: str | None) -> None:
    reason = why_not_again(runs, _NOON)

    if told is None:
        assert reason is None
    else:
        assert reason is not None
        assert told in reason


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-11-22T04:14:59+00:00", "2026-11-21T04:15:00+00:00"),
        ("2026-11-22T04:15:00+00:00", "2026-11-22T04:15:00+00:00"),
        ("2026-07-14T03:15:00+00:00", "2026-07-14T03:15:00+00:00"),
        # Clocks go forward on 29 March 2026 and back on 25 October, at night.
        ("2026-03-29T03:14:00+00:00", "2026-03-28T04:15:00+00:00"),
        ("2026-03-29T03:15:00+00:00", "2026-03-29T03:15:00+00:00"),
        ("2026-10-25T04:14:00+00:00", "2026-10-24T03:15:00+00:00"),
        ("2026-10-25T04:15:00+00:00", "2026-10-25T04:15:00+00:00"),
    ],
)
def test_the_night_is_a_quarter_past_five_in_paris(now: str, night: str) -> None:
    assert last_night(dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(night)


@pytest.mark.parametrize(
    ("name", "start", "ticks"),
    [
        ("nuit", "2026-03-28T12:00+01:00", ["2026-03-29T05:15+02:00", "2026-03-30T05:15+02:00"]),
        ("nuit", "2026-10-24T12:00+02:00", ["2026-10-25T05:15+01:00", "2026-10-26T05:15+01:00"]),
        ("reprise", "2026-11-22T22:30+01:00", ["2026-11-22T23:15+01:00", "2026-11-23T06:15+01:00"]),
    ],
)
def test_schedules_tick_at_the_hours_of_paris(name: str, start: str, ticks: list[str]) -> None:
    schedule = defs.resolve_schedule_def(name)
    cron, zone = schedule.cron_schedule, schedule.execution_timezone

    found = schedule_execution_time_iterator(
        dt.datetime.fromisoformat(start).timestamp(), cron, zone
    )

    expected = [dt.datetime.fromisoformat(tick) for tick in ticks]
    assert [next(found) for _ in expected] == expected


def test_they_run_as_soon_as_the_daemon_does() -> None:
    for name in ("nuit", "reprise"):
        schedule = defs.resolve_schedule_def(name)
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert schedule.job_name == "refresh"
    assert defs.resolve_sensor_def("avis").default_status is dg.DefaultSensorStatus.RUNNING


# --- What the daemon is answered ----------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "maison")
    monkeypatch.setenv("OPAC_HOME", str(home.root))
    monkeypatch.setenv("DAGSTER_HOME", "")  # opening sets it: put back afterwards
    return home


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with open_instance(home) as opened:
        yield opened


def _asked(name: str, instance: dg.DagsterInstance) -> str | None:
    """Evaluate a schedule as the daemon does; give why nothing is launched, None if a run is."""
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=dt.datetime.now(PARIS)
    ) as context:
        data = defs.resolve_schedule_def(name).evaluate_tick(context)
    assert len(data.run_requests or []) == (data.skip_message is None)
    return data.skip_message


def test_a_new_home_is_refreshed(instance: dg.DagsterInstance) -> None:
    assert _asked("nuit", instance) is None
    assert _asked("reprise", instance) is None


def test_the_source_down_at_night_is_asked_again_until_it_answers(
    home: Home, instance: dg.DagsterInstance
) -> None:
    for _ in range(2):
        failed = journal.start(home, source=_SOURCE)
        journal.finish(home, failed, SourceUnavailable.code, "La source ne répond pas.")
        assert _asked("reprise", instance) is None
    with refresh_lock(home):
        again = journal.start(home, source=_SOURCE)
        assert _asked("reprise", instance) == "Une actualisation est en cours."
        journal.finish(home, again, 0, "Version publiée")
    told = _asked("reprise", instance)
    assert told is not None
    assert told.startswith("La liste a été vue à ")
    assert _asked("nuit", instance) is None, "the next night has its own turn"


def test_another_try_does_not_wait_behind_one_that_waits(instance: dg.DagsterInstance) -> None:
    job = defs.resolve_job_def("refresh")
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.NOT_STARTED)

    assert _asked("reprise", instance) == "Une actualisation attend déjà son tour."


def test_a_home_of_local_lists_has_no_nights(
    home: Home, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    home.prepare()
    local = acquire(Settings(home=home.root), Request(write(tmp_path / "liste.csv")))
    assert local.origine == LOCAL

    for name in ("nuit", "reprise"):
        assert "fichiers locaux" in str(_asked(name, instance))


def test_the_sensor_shows_what_was_sent_and_what_could_not_be(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def stand_in(settings: Settings) -> Round:
        asked.append(settings.home)
        return Round(posted=2, sent=1, waiting=1, failed=("Le serveur ne répond pas.",))

    monkeypatch.setattr("pipelines.orchestration.sensors.run_round", stand_in)
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance) as context,
    ):
        data = defs.resolve_sensor_def("avis").evaluate_tick(context)

    assert asked == [home.root]
    assert data.skip_message == (
        "Avis nouveaux : 2 ; envoyés : 1 ; en attente : 1. Le serveur ne répond pas."
    )

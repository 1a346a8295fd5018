"""The nights: a refresh at 05:15 in Paris and, when it failed, others over the day."""

from __future__ import annotations

import datetime as dt

import dagster as dg

from pipelines.errors import SourceUnavailable
from pipelines.home import Home
from pipelines.orchestration.jobs import refresh
from pipelines.orchestration.keys import JOB
from pipelines.registers.archive import LOCAL, Archive
from pipelines.runs import journal
from pipelines.runs.entry import FROM_SOURCE
from pipelines.runs.journal import Run, State
from pipelines.settings import PARIS, Settings

_NIGHT = dt.time(5, 15)
NIGHTLY = "15 5 * * *"
_HOURLY = "15 6-23 * * *"
# What is not running yet; a run under way is known by its lock, which no crash leaves behind.
_WAITING = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
]


def nightly(cron: str) -> dg.ScheduleDefinition:
    """Give the schedule of the nights."""

    @dg.schedule(
        name="nuit",
        job=refresh,
        cron_schedule=cron,
        execution_timezone=PARIS.key,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Chaque nuit, recevoir la liste et publier ce qui a changé.",
    )
    def nuit(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return _request(_elsewhere(Home(Settings.load().home)))

    return nuit


@dg.schedule(
    name="reprise",
    job=refresh,
    cron_schedule=_HOURLY,
    execution_timezone=PARIS.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Reprendre la nuit qui n'a pas eu lieu ou dont la source ne répondait pas.",
)
def retry(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a refresh if the last night calls for another try."""
    home = Home(Settings.load().home)
    reason = _elsewhere(home)
    if context.instance.get_runs_count(dg.RunsFilter(job_name=JOB, statuses=_WAITING)):
        reason = "Une actualisation attend déjà son tour."
    return _request(reason or why_not_again(journal.runs(home), dt.datetime.now(dt.UTC)))


def why_not_again(runs: list[Run], now: dt.datetime) -> str | None:
    """Say why the night need not be tried again, None if it must be.

    ``runs``: those of the journal, newest first. ``now``: any time zone.
    """
    night = last_night(now)
    since = [
        run for run in runs if run.started >= night and run.details.get("source") == FROM_SOURCE
    ]
    if done := next((run for run in since if run.state is State.DONE), None):
        return f"La liste a été vue à {done.started.astimezone(PARIS):%H:%M}."
    if not since:
        return None  # the night was missed
    last = since[0]
    if last.state is State.RUNNING:
        return "Une actualisation est en cours."
    if last.state is State.INTERRUPTED or last.code in _WORTH_RETRYING:
        return None
    return f"Un autre essai ne changerait rien à l'échec du dernier : {last.message}"


# The source did not answer; the run was interrupted at the keyboard, or by SIGTERM.
_WORTH_RETRYING = {SourceUnavailable.code, 130, 143}


def last_night(now: dt.datetime) -> dt.datetime:
    """Give the last time that it was 05:15 in Paris."""
    local = now.astimezone(PARIS)
    night = dt.datetime.combine(local.date(), _NIGHT, PARIS)
    if local < night:
        night = dt.datetime.combine(local.date() - dt.timedelta(days=1), _NIGHT, PARIS)
    return night


def _elsewhere(home: Home) -> str | None:
    """Say why a home of local lists has no nights; None for the others."""
    if Archive(home).origin() == LOCAL:
        return "Ce dossier de travail est fait de fichiers locaux : rien à demander à la source."
    return None


def _request(reason: str | None) -> dg.RunRequest | dg.SkipReason:
    return dg.SkipReason(reason) if reason else dg.RunRequest()

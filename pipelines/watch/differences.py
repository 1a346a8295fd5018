"""What changed for one watched line since it was last told of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from pipelines.history.queries import Kind
from pipelines.portage.verdict import VERDICTS
from pipelines.watch.lookup import Event, Found
from pipelines.watch.store import Deadline, Told, Watched

# A date is told as coming when it is no further than that.
SOON = dt.timedelta(days=30)
_LOST = {Kind.CERTIFICATION_PERDUE, Kind.DISPARITION}
# What the list may say of an organisation that bears on its verdict.
_WEIGHING = _LOST | {
    *(Kind.CERTIFICATION_OBTENUE, Kind.APPARITION, Kind.RETOUR),
    *(Kind.CHANGEMENT_NDA, Kind.CHANGEMENT_SIREN, Kind.CHANGEMENT_DENOMINATION),
}


class Cause(StrEnum):
    """Why a verdict is another."""

    LISTE = "liste"
    REVUE = "revue"
    DATE = "date"
    REGLES = "règles"


class Weight(IntEnum):
    """How much a change matters to whoever watches, the worst first."""

    WORSE = 0
    LOST = 1
    DATES = 2
    BETTER = 3
    OTHER = 4


@dataclass(frozen=True)
class Change:
    """What to tell of a line. Without change of verdict, ``causes`` is empty."""

    line: Watched
    found: Found
    causes: tuple[Cause, ...]
    evenements: tuple[Event, ...]
    a_venir: tuple[Deadline, ...]
    passees: tuple[Deadline, ...]

    @property
    def before(self) -> str | None:
        """The verdict last told."""
        return self.line.told.verdict

    @property
    def after(self) -> str | None:
        """The verdict now; that of before, when the release is older than what was told."""
        return self.found.maintenant.verdict if self.causes else self.before

    @property
    def weight(self) -> Weight:
        """The worst of what it tells."""
        if self.causes and self._rank(self.after) > self._rank(self.before):
            return Weight.WORSE
        if any(event["type"] in _LOST for event in self.evenements):
            return Weight.LOST
        if self.a_venir or self.passees:
            return Weight.DATES
        return Weight.BETTER if self.causes else Weight.OTHER

    def badness(self) -> tuple[int, str]:
        """Give an order: the strongest verdict first, then by name."""
        return -self._rank(self.after), self.found.denomination or self.line.identifiant

    @staticmethod
    def _rank(verdict: str | None) -> int:
        return VERDICTS.index(verdict or VERDICTS[0])


def compare(line: Watched, found: Found) -> tuple[Change | None, Watched]:
    """Give what changed, if anything, and the line with what it will have been told.

    A release older than the one last told (after a rollback) tells nothing of the list, and what
    was told stays: going forward again tells of nothing twice. Dates are told all the same: they
    depend on what was declared.
    """
    told, now = line.told, found.maintenant
    to_come, passed, kept = _deadlines(told, now)
    if now.liste < told.liste:
        causes: tuple[Cause, ...] = ()
        events: tuple[Event, ...] = ()
        after = replace(line, dit=replace(told, echeances=kept))
    else:
        causes = _causes(told, found, passed)
        events = found.evenements
        # A history made anew may have lost those of this date that were told.
        said = set(now.evenements).union(told.evenements if now.liste == told.liste else ())
        now = replace(now, evenements=tuple(sorted(said)), echeances=kept)
        after = replace(line, ndas=found.ndas, dit=now)
    if not (causes or events or to_come or passed):
        return None, after
    return Change(line, found, causes, events, to_come, passed), after


def _causes(told: Told, found: Found, passed: tuple[Deadline, ...]) -> tuple[Cause, ...]:
    """Say why the verdict is another; nothing when it is the same.

    The list, when it is another one and says something else of the organisation; the source, when
    it gave again a list that had grown old; the rules, when they are others; the time that passed,
    when a date told has gone by or nothing else explains it.
    """
    now = found.maintenant
    if now.verdict == told.verdict:
        return ()
    causes = []
    if now.sha256 != told.sha256 and (
        now.registre != told.registre
        or any(event["type"] in _WEIGHING for event in found.evenements)
    ):
        causes.append(Cause.LISTE)
    elif told.perimee and not now.perimee:
        causes.append(Cause.REVUE)
    if now.regles != told.regles:
        causes.append(Cause.REGLES)
    if passed or not causes:
        causes.append(Cause.DATE)
    return tuple(causes)


def _deadlines(
    told: Told, now: Told
) -> tuple[tuple[Deadline, ...], tuple[Deadline, ...], tuple[Deadline, ...]]:
    """Give the dates to tell as coming soon, those gone by, and those to come, as told."""
    announced = told.announced
    soon = {one.key for one in now.echeances if now.jour <= one.date <= now.jour + SOON}
    kept = tuple(replace(one, annoncee=one.key in announced | soon) for one in now.echeances)
    to_come = tuple(one for one in kept if one.key in soon - announced)
    return to_come, tuple(one for one in told.echeances if one.date < now.jour), kept

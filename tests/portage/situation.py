"""A mission to judge: what is declared, what the list says of both parties, and the day of it."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

# §3 bis, order of strength.
STRENGTH = ("ELIGIBLE", "PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE")
ELIGIBLE, PIECES, VERIFIER, NON = STRENGTH

Admitted = frozenset[str]
Finding = tuple[Admitted, str]

# L.6323-9-2: contracts concluded from that day.
SUBCONTRACTING = dt.date(2024, 4, 1)
# §3, « Micro-social »: 5499 (and EURL), asked.
MAY_BE_MICRO = {"EURL", "SARL_OU_EURL", "5499"}


@dataclass(frozen=True)
class Who:
    """What the list of the day says of an organisation.

    ``flags``: by action, true, false or (absent) blank; ``known``: whether that list has flags at
    all; ``sisters``: the actions that another number of the same SIREN is certified for.
    """

    entity: str
    listed: bool = True
    flags: Mapping[str, bool] = field(default_factory=dict)
    known: bool = True
    person: bool = False
    deemed: bool = False
    sisters: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Situation:
    """The facts declared (text, as files have them), both parties, and the day of the list held."""

    facts: Mapping[str, str]
    who: Who
    carrier: Who | None
    list_day: dt.date

    def day(self, fact: str) -> dt.date | None:
        """A fact that is a date."""
        return dt.date.fromisoformat(self.facts[fact]) if fact in self.facts else None

    def number(self, fact: str) -> float | None:
        """A fact that is a number."""
        return float(self.facts[fact]) if fact in self.facts else None

    def said(self, fact: str) -> str:
        """A fact as it is declared, or nothing."""
        return self.facts.get(fact, "")

    @property
    def date(self) -> dt.date:
        """The day of the contract."""
        return dt.date.fromisoformat(self.facts["date"])

    @property
    def convention(self) -> dt.date:
        """§3, OPCO: a date of its own, the subcontract's by default."""
        return self.day("date_convention") or self.date

    @property
    def fundings(self) -> set[str]:
        """All who pay."""
        return set(self.facts["financement"].split("+"))

    @property
    def cpf(self) -> bool:
        """§3 bis: several fundings, CPF among them, are CPF."""
        return "CPF" in self.fundings

    @property
    def decree(self) -> bool:
        """Whether the rules of subcontracting under CPF hold: contracts from 1 April 2024."""
        return self.cpf and self.date >= SUBCONTRACTING

    @property
    def action(self) -> str:
        """The action."""
        return self.facts["action"]

    def kind(self, name: str) -> bool:
        """Whether it is a training of this kind."""
        return self.action == "ACTION_FORMATION" and self.said("type_formation") == name

    def certificate(self, day: dt.date, prefix: str = "") -> str:
        """The certificate declared: none, other (category), undated, ended, future or current."""
        categories = self.said(f"{prefix}certificat")
        if not categories:
            return "none"
        if self.action not in categories.split("+"):
            return "other"
        start, end = self.day(f"{prefix}certificat_debut"), self.day(f"{prefix}certificat_fin")
        if end and end < day:
            return "ended"
        if start and start > day:
            return "future"
        return "current" if end else "undated"


def months(day: dt.date, count: int) -> dt.date:
    """The same day some months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def ceiling(year: int) -> int:
    """§3, « Ceiling »."""
    return 72_600 if year < 2023 else 77_700 if year < 2026 else 83_600


def one(verdict: str, why: str) -> Finding:
    """A finding that the text fixes."""
    return frozenset({verdict}), why

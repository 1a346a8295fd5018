"""Combinations of two and three facts, each judged by the product and by the oracle."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pytest

from pipelines.portage.session import Session
from tests.portage.demands import verdicts
from tests.portage.oracle import findings, verdict
from tests.portage.pairs import Row, cover, isolated
from tests.portage.situation import STRENGTH, Admitted, Situation
from tests.portage.values import (
    CARRIERS,
    DIMENSIONS,
    GROUPS,
    MOMENTS,
    ORGANISATIONS,
    SAID,
    WHO,
    On,
    listed,
)
from tests.warehouse.frames import ASKED, built


@dataclass(frozen=True)
class Asked:
    """A situation and the labels of its values that are not the first of their dimension."""

    labels: Mapping[str, str]
    situation: Situation

    @cached_property
    def admitted(self) -> Admitted:
        """What the text admits."""
        return verdict(self.situation)

    def told(self, found: str) -> str:
        """What a reader needs to settle a disagreement."""
        expected = " or ".join(sorted(self.admitted))
        why = "; ".join(f"{'/'.join(sorted(a))}: {why}" for a, why in findings(self.situation))
        return f"{dict(self.labels)}\n  found {found}, the text gives {expected} ({why})"


def _asked(labels: Mapping[str, str]) -> Asked:
    list_day, date, amended = MOMENTS[labels["moment"]]
    contract = dt.date.fromisoformat(date)
    patches = [SAID, *(DIMENSIONS[name][label] for name, label in labels.items())]
    values = {name: value for patch in patches for name, value in patch.items()}
    facts = {
        name: value.text(contract) if isinstance(value, On) else value
        for name, value in values.items()
    }
    subcontractor = WHO[labels["who"]]
    carrier = subcontractor if labels["carrier"] == "same" else CARRIERS[labels["carrier"]]
    facts |= {
        "siren" if len(subcontractor) == 9 else "nda": subcontractor,
        **{"porteur": carrier, "date": date, "date_avenant": amended},
    }
    if facts["action"] != "ACTION_FORMATION":
        facts["type_formation"] = ""
    return Asked(
        {name: label for name, label in labels.items() if label != next(iter(DIMENSIONS[name]))},
        Situation(
            {name: value for name, value in facts.items() if value},
            listed(subcontractor),
            listed(carrier) if carrier else None,
            dt.date.fromisoformat(list_day),
        ),
    )


def _named(rows: Iterable[Row], names: Iterable[str]) -> Iterator[dict[str, str]]:
    first = {name: next(iter(values)) for name, values in DIMENSIONS.items()}
    names = tuple(names)
    for row in rows:
        chosen = zip(names, row, strict=True)
        yield first | {name: tuple(DIMENSIONS[name])[rank] for name, rank in chosen}


def _sizes(names: Iterable[str]) -> list[int]:
    return [len(DIMENSIONS[name]) for name in names]


def situations() -> list[Asked]:
    """All pairs, together and each alone, and those of ``GROUPS``; each situation once."""
    every = (
        *(
            labels
            for names, strength in GROUPS.items()
            for labels in _named(cover(_sizes(names), strength), names)
        ),
        *_named(cover(_sizes(DIMENSIONS), 2), DIMENSIONS),
        *_named(isolated(_sizes(DIMENSIONS)), DIMENSIONS),
    )
    asked = [_asked(labels) for labels in every]
    return list({tuple(sorted(one.situation.facts.items())): one for one in asked}.values())


def judged(asked: Iterable[Asked]) -> Iterator[tuple[Asked, str]]:
    """Each situation and the product's verdict, list by list."""
    by_list = defaultdict(list)
    for one in asked:
        by_list[one.situation.list_day].append(one)
    for list_day, those in by_list.items():
        with built(
            ORGANISATIONS, of=ASKED, real_references=True, date_contenu=list_day.isoformat()
        ) as con:
            session = Session(con, list_day + dt.timedelta(days=1))
            found = verdicts(session, [one.situation.facts for one in those])
            yield from zip(those, found, strict=True)


def test_verdicts_are_those_of_the_text() -> None:
    """No combination of two facts, nor of three that decide, is judged otherwise than the text."""
    asked = situations()
    fixed = sum(len(one.admitted) == 1 for one in asked)
    assert fixed > 0.75 * len(asked), "the oracle says little"
    wrong = [(one, found) for one, found in judged(asked) if found not in one.admitted]
    # A wrong ELIGIBLE first, then those that need the fewest facts.
    wrong.sort(key=lambda pair: (STRENGTH.index(pair[1]), len(pair[0].labels)))
    assert not wrong, f"{len(wrong)} disagreements\n" + "\n".join(
        one.told(found) for one, found in wrong[:20]
    )


@pytest.mark.parametrize("strength", [2, 3])
def test_cover_meets_every_choice(strength: int) -> None:
    """Every choice of values is in a row, in far fewer rows than there are choices."""
    sizes = (4, 2, 3, 3, 5)
    rows = list(cover(sizes, strength))
    for of in itertools.combinations(range(len(sizes)), strength):
        met = {tuple(row[one] for one in of) for row in rows}
        assert met == set(itertools.product(*(range(sizes[one]) for one in of)))
    assert len(rows) < 2 * 5 * 4 * (3 if strength == 3 else 1)

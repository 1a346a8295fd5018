"""A list that its source still gives unchanged is no older than the last time it gave it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from pipelines.portage.answer import answer
from pipelines.portage.session import Session
from tests.portage.demands import CERTIFIED, DAY, DOCUMENTS, LIST_DAY, ORGANISATIONS
from tests.warehouse.frames import ASKED, PUBLICATION, built


def judged(day: dt.date, seen: dt.date | None) -> tuple[str, Mapping[str, str], list[str]]:
    """The verdict of a mission on a day, and what is told of the list: constats and sources."""
    question = {
        **DOCUMENTS,
        **{"nda": CERTIFIED, "financement": "CPF", "action": "BILAN_COMPETENCES"},
        **{"date": f"{day}", "attestation_vigilance": f"{day - dt.timedelta(days=30)}"},
    }
    with built(ORGANISATIONS, of=ASKED, real_references=True) as con:
        session = Session(con, DAY, [(str(PUBLICATION["sha256"]), seen)] if seen else [])
        session.ask_rows([question])
        found = answer(session, 1)
        controls = {c["regle"]: c["constat"] for c in found["controles"]}
        return found["verdict"], controls, [c["preuve"] for c in found["controles"]]


@pytest.mark.parametrize(
    ("age", "seen_after", "stale"),
    [(7, None, False), (8, None, True), (8, 1, False), (30, 23, False), (30, 22, True)],
)
def test_the_age_of_a_list_begins_when_it_was_last_given(
    age: int, seen_after: int | None, stale: bool
) -> None:
    seen = LIST_DAY + dt.timedelta(days=seen_after) if seen_after is not None else None

    _, controls, _ = judged(LIST_DAY + dt.timedelta(days=age), seen)

    told = controls["ST_QUALIOPI_CPF_BILAN"]
    assert ("consultez la liste du jour" in told) is stale, told
    if stale:
        assert f"pas été revue depuis {age - (seen_after or 0)} jours" in told


def test_both_dates_are_told_and_the_date_of_the_list_stays_first() -> None:
    _, controls, sources = judged(
        LIST_DAY + dt.timedelta(days=20), LIST_DAY + dt.timedelta(days=18)
    )

    told = (
        f"du {LIST_DAY:%d/%m/%Y} (revue inchangée le {LIST_DAY + dt.timedelta(days=18):%d/%m/%Y})"
    )
    assert told in controls["ST_QUALIOPI_CPF_BILAN"]
    assert f"Liste publique {told}" in sources


def test_a_contract_before_the_list_is_not_covered_by_later_confirmations() -> None:
    verdict, controls, _ = judged(LIST_DAY - dt.timedelta(days=1), LIST_DAY + dt.timedelta(days=18))

    assert verdict == "A_VERIFIER"
    assert "postérieure au contrat" in controls["ST_QUALIOPI_CPF_BILAN"]

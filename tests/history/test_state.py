"""What happened between two lists: each event, and no other."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.history.state import Following
from pipelines.registers.contract import FLAGS
from pipelines.warehouse.models import FOLLOWING
from tests.history.lists import Lists, events, follow, followed, state
from tests.warehouse.frames import OTHER, SIREN, A, B, C, D, Row, flags, organisme

ONE, TWO, THREE, FOUR = (f"2026-01-{day:02}" for day in (5, 6, 9, 10))
CERTIFIED = flags(True, False, False, False)


def told(*lists: list[Row], **absentes: list[str]) -> list[tuple[str, ...]]:
    """The events of lists that follow one another."""
    dates = (ONE, TWO, THREE, FOUR)
    with followed(dict(zip(dates, lists, strict=False)), absentes) as con:
        return [event[1:] for event in events(con)]


def test_the_first_list_tells_of_nothing() -> None:
    assert told([organisme(A, **CERTIFIED), organisme(B)]) == []


def test_the_same_list_tells_of_nothing() -> None:
    rows = [organisme(A, siren=SIREN, **CERTIFIED), organisme(B)]
    assert told(rows, rows, rows) == []


def test_a_newcomer_appears_alone_whatever_it_holds() -> None:
    new = organisme(B, **CERTIFIED, denomination="ESSAI", ville="LYON", nb_stagiaires=3)
    assert told([organisme(A)], [organisme(A), new]) == [(B, "APPARITION", "", "", "")]


def test_leaving_is_not_losing_a_certification() -> None:
    assert told([organisme(A, **CERTIFIED)], []) == [(A, "DISPARITION", "", "", "")]


def test_coming_back_is_compared_with_what_was_known() -> None:
    before = organisme(A, **flags(True, True, False, False), denomination="ESSAI")
    after = organisme(A, **flags(True, False, False, True), denomination="ESSAI")
    assert told([before], [], [], [after]) == [
        (A, "DISPARITION", "", "", ""),
        (A, "CERTIFICATION_OBTENUE", "APPRENTISSAGE", "false", "true"),
        (A, "CERTIFICATION_PERDUE", "BILAN_COMPETENCES", "true", "false"),
        (A, "RETOUR", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        (None, True, ("CERTIFICATION_OBTENUE", "BILAN_COMPETENCES", "", "true")),
        (False, True, ("CERTIFICATION_OBTENUE", "BILAN_COMPETENCES", "false", "true")),
        (True, False, ("CERTIFICATION_PERDUE", "BILAN_COMPETENCES", "true", "false")),
        (True, None, ("CERTIFICATION_PERDUE", "BILAN_COMPETENCES", "true", "")),
        (None, False, None),
        (False, None, None),
    ],
)
def test_a_certification_is_gained_or_lost(
    before: bool | None, after: bool | None, event: tuple[str, ...] | None
) -> None:
    one = organisme(A, **flags(True, before, False, False))
    other = organisme(A, **flags(True, after, False, False))
    assert told([one], [other]) == ([(A, *event)] if event else [])


def test_each_category_is_an_event_of_its_own() -> None:
    found = told([organisme(A, **flags(True, True, True, True))], [organisme(A)])
    assert [(kind, category) for _, kind, category, *_ in found] == [
        ("CERTIFICATION_PERDUE", category)
        for category in ("ACTION_FORMATION", "APPRENTISSAGE", "BILAN_COMPETENCES", "VAE")
    ]


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        (
            {"denomination": "ESSAI"},
            {"denomination": "AUTRE"},
            ("CHANGEMENT_DENOMINATION", "", "ESSAI", "AUTRE"),
        ),
        ({"siren": SIREN}, {"siren": OTHER}, ("CHANGEMENT_SIREN", "", SIREN, OTHER)),
        (
            {"adresse_voie": "1 RUE A", "code_postal": "13001", "ville": "MARSEILLE"},
            {"adresse_voie": "1 RUE A", "code_postal": "13002", "ville": "MARSEILLE"},
            ("CHANGEMENT_ADRESSE", "", "1 RUE A, 13001 MARSEILLE", "1 RUE A, 13002 MARSEILLE"),
        ),
        ({}, {"ville": "LYON"}, ("CHANGEMENT_ADRESSE", "", "", "LYON")),
        (
            {"fin_exercice": dt.date(2024, 12, 31), "nb_stagiaires": 3},
            {"fin_exercice": dt.date(2025, 12, 31), "nb_stagiaires": 3, "effectif_formateurs": 2},
            ("CHANGEMENT_DECLARATION", "", ";31/12/2024;3;", ";31/12/2025;3;2"),
        ),
        ({"siret_declarant": "1"}, {"siret_declarant": "2"}, None),
        ({"code_specialite_1": "413"}, {"code_specialite_1": "333"}, None),
        ({"nb_stagiaires_confies": 1}, {"nb_stagiaires_confies": 2}, None),
    ],
)
def test_a_fact_that_changed_is_told(
    before: dict[str, Any], after: dict[str, Any], event: tuple[str, ...] | None
) -> None:
    lists = {ONE: [organisme(A, **before)], TWO: [organisme(A, **after)]}
    with followed(lists) as con:
        assert [found[1:] for found in events(con)] == ([(A, *event)] if event else [])
        # Told or not, it is a period of its own.
        periods = con.execute(
            f"select valide_du::varchar, valide_au::varchar from {FOLLOWING}.version order by 1"
        ).fetchall()
    assert periods == [(ONE, TWO), (TWO, None)]


# --- A new number ---------------------------------------------------------------------------


def test_a_new_number_replaces_a_departure_and_an_arrival() -> None:
    old = organisme(A, denomination="ESSAI", **CERTIFIED)
    new = organisme(B, denomination="AUTRE", ndas_precedents=[A], **CERTIFIED)
    lists = {ONE: [old], TWO: [new], THREE: [organisme(C, ndas_precedents=[A, B])]}
    with followed(lists) as con:
        assert [found[1:] for found in events(con)] == [
            (B, "CHANGEMENT_DENOMINATION", "", "ESSAI", "AUTRE"),
            (B, "CHANGEMENT_NDA", "", A, B),
            (C, "CERTIFICATION_PERDUE", "ACTION_FORMATION", "true", ""),
            (C, "CHANGEMENT_DENOMINATION", "", "AUTRE", ""),
            (C, "CHANGEMENT_NDA", "", B, C),
        ]
        lines = con.execute(
            f"select lignee, nda, valide_du::varchar, valide_au::varchar from {FOLLOWING}.version "
            "order by 3"
        ).fetchall()
    assert lines == [(A, A, ONE, TWO), (A, B, TWO, THREE), (A, C, THREE, None)]


def test_a_number_still_listed_is_not_replaced() -> None:
    both = [organisme(A), organisme(B, ndas_precedents=[A])]
    assert told([organisme(A)], both) == [(B, "APPARITION", "", "", "")]


def test_one_number_has_one_heir_and_an_heir_one_number() -> None:
    assert told([organisme(A)], [organisme(n, ndas_precedents=[A]) for n in (B, C)]) == [
        (B, "CHANGEMENT_NDA", "", A, B),
        (C, "APPARITION", "", "", ""),
    ]
    assert told([organisme(A), organisme(B)], [organisme(C, ndas_precedents=[A, B])]) == [
        (B, "DISPARITION", "", "", ""),
        (C, "CHANGEMENT_NDA", "", A, C),
    ]


def test_coming_back_under_another_number_is_told_as_both() -> None:
    assert told([organisme(A)], [], [organisme(B, ndas_precedents=[A])]) == [
        (A, "DISPARITION", "", "", ""),
        (B, "CHANGEMENT_NDA", "", A, B),
        (B, "RETOUR", "", "", ""),
    ]


def test_a_number_taken_back_is_told_as_such() -> None:
    back = organisme(A, ndas_precedents=[B])
    assert told([organisme(A)], [organisme(B, ndas_precedents=[A])], [back]) == [
        (B, "CHANGEMENT_NDA", "", A, B),
        (A, "CHANGEMENT_NDA", "", B, A),
    ]


# --- Silence is no change -------------------------------------------------------------------


def test_a_layout_that_lacks_columns_changes_nothing() -> None:
    full = organisme(A, denomination="ESSAI", nb_stagiaires=3, ville="LYON", **CERTIFIED)
    bare = organisme(A, denomination="ESSAI", certification_connue=False)
    lists = {ONE: [full], TWO: [bare], THREE: [full]}
    absent = {TWO: ["nb_stagiaires", "ville", *FLAGS]}
    with followed(lists, absent) as con:
        assert events(con) == []
        assert len(state(con)["version"]) == 1


def test_what_is_said_for_the_first_time_is_no_change() -> None:
    bare = organisme(A, denomination="ESSAI", certification_connue=False)
    full = organisme(A, denomination="ESSAI", nb_stagiaires=3, ville="LYON", **CERTIFIED)
    lost = organisme(A, denomination="ESSAI", nb_stagiaires=3, ville="LYON")
    lists = {ONE: [bare], TWO: [full], THREE: [lost]}
    absent = {ONE: ["nb_stagiaires", "ville", *FLAGS]}
    with followed(lists, absent) as con:
        assert events(con) == [(THREE, A, "CERTIFICATION_PERDUE", "ACTION_FORMATION", "true", "")]


def test_a_flag_that_cannot_be_read_is_not_a_loss() -> None:
    unread = organisme(A, certification_connue=False, **flags(None, False, False, False))
    assert told([organisme(A, **CERTIFIED)], [unread], [organisme(A, **CERTIFIED)]) == []


# --- The same history whatever the order ----------------------------------------------------

NUMBERS = (A, B, C, D)


@st.composite
def organisations(draw: st.DrawFn, number: str) -> Row:
    known = draw(st.booleans())
    values = draw(st.tuples(*[st.sampled_from([None, False, True])] * 2))
    return organisme(
        number,
        denomination=draw(st.sampled_from(["ESSAI", "AUTRE"])),
        nb_stagiaires=draw(st.sampled_from([None, 0, 3])),
        ndas_precedents=draw(st.sampled_from([[], [A], [B], [A, C]])),
        certification_connue=known,
        **(flags(*values, False, None) if known else {}),
    )


@st.composite
def registers(draw: st.DrawFn) -> Lists:
    days = draw(st.lists(st.integers(1, 28), min_size=1, max_size=6, unique=True))
    return {
        f"2026-02-{day:02}": [
            draw(organisations(number))
            for number in draw(st.lists(st.sampled_from(NUMBERS), unique=True))
        ]
        for day in days
    }


@settings(max_examples=60, deadline=None)
@given(lists=registers(), data=st.data())
def test_any_order_of_arrival_gives_the_same_history(lists: Lists, data: st.DataObject) -> None:
    with followed(lists) as con:
        wanted = state(con)
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(f"attach ':memory:' as {FOLLOWING}")
        con.execute("attach ':memory:' as preparation")
        following, arrived = Following(con), {}
        for date in data.draw(st.permutations(sorted(lists))):
            arrived[date] = lists[date]
            follow(con, following, arrived, {})
        assert state(con) == wanted


@settings(max_examples=40, deadline=None)
@given(lists=registers())
def test_periods_tell_what_each_list_said(lists: Lists) -> None:
    """Every list comes back from the periods; one line has one period at a time."""
    with followed(lists) as con:
        for date, rows in lists.items():
            found = con.execute(
                f"select nda, denomination, listee from {FOLLOWING}.version "
                f"where valide_du <= date '{date}' and coalesce(valide_au > date '{date}', true)"
            ).fetchall()
            listed = sorted((nda, name) for nda, name, here in found if here)
            assert listed == sorted((row["nda"], row["denomination"]) for row in rows)
            assert len(found) == len({nda for nda, *_ in found})


@settings(max_examples=40, deadline=None)
@given(lists=registers())
def test_arrivals_and_departures_balance(lists: Lists) -> None:
    dates = sorted(lists)
    with followed(lists) as con:
        told = events(con)
    for before, after in itertools.pairwise(dates):
        kinds = [event[2] for event in told if event[0] == after]
        growth = kinds.count("APPARITION") + kinds.count("RETOUR") - kinds.count("DISPARITION")
        assert len(lists[after]) - len(lists[before]) == growth

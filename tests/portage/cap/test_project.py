"""One more subcontracted action: the share after it, and the largest that the cap allows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.portage.cap.lines import Line
from pipelines.portage.cap.project import Project, project, read_price
from pipelines.portage.cap.shares import shares
from pipelines.portage.cap.year import Cap

TODAY = dt.date(2026, 3, 2)
EIGHTY = Cap(Decimal(80), dt.date(2024, 4, 1), None, "L.6323-9-2")
DAY = "2026-02-01"
CENT = Decimal("0.01")


def thought(price: str, *lines: tuple[str, str, str], cap: Cap = EIGHTY) -> Project:
    found = shares([Line(2, *line) for line in lines], [cap], TODAY)
    return project(found, Decimal(price), [cap], TODAY)


@pytest.mark.parametrize(
    ("text", "euros"),
    [("12 000 €", "12000"), ("12k", "12000"), ("1,5 k€", "1500"), ("1600 HT", "1600.00")],
)
def test_prices_are_read_as_amounts_elsewhere(text: str, euros: str) -> None:
    assert read_price(text) == Decimal(euros)


@pytest.mark.parametrize(
    "text",
    ["", "beaucoup", "0", "-5", "1e15", "1" + "0" * 12, "1,234", "100 TTC", "0,0001", "12 h"],
)
def test_what_is_no_price_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--projet « .* » ne se lit pas \(.+écrivez par exemple"):
        read_price(text)


def test_the_price_adds_to_both_amounts() -> None:
    found = thought("1000", (DAY, "1000", "500"))
    assert (found.before.share, found.after.share) == (Decimal(50), Decimal(75))
    assert (found.after.exceeded, found.after.free) == (False, Decimal(100))
    assert found.before.largest == Decimal(1500)
    at, beyond = (thought(price, (DAY, "1000", "500")).after for price in ("1500", "1500.01"))
    assert (at.exceeded, at.free, beyond.exceeded) == (False, Decimal(0), True)
    assert at.largest == 0


def test_a_year_without_an_invoice_may_get_one() -> None:
    found = thought("1000", ("2025-06-15", "1000", "0"))
    assert (found.before.year, found.before.invoices, found.before.share) == (2026, 0, None)
    assert (found.after.share, found.after.exceeded) == (Decimal(100), True)
    assert (found.before.largest, found.after.missing) == (Decimal(0), Decimal(250))


def test_a_line_left_out_may_turn_the_year_of_the_project() -> None:
    found = thought("100", (DAY, "1000", "500"), ("bientôt", "900", "900"))
    assert (found.before.settled, found.after.settled) == (True, True)
    found = thought("1000", (DAY, "1000", "500"), ("bientôt", "900", "900"))
    assert (found.before.settled, found.after.settled) == (True, False)
    assert found.after.bounds == (Decimal(75), Decimal("82.76"))
    # A date that is not read may be of a year that has no invoice.
    assert not thought("1", ("2025-06-15", "9", "0"), ("bientôt", "900", "0")).after.settled


def test_a_cap_of_all_has_no_largest_project() -> None:
    assert (
        thought("1", (DAY, "1", "0"), cap=Cap(Decimal(100), None, None, "x")).before.largest is None
    )


cents = st.integers(0, 400).map(lambda n: Decimal(n) / 100)
couples = st.tuples(cents, cents).map(lambda one: (max(one), min(one)))


@given(st.lists(couples, min_size=1, max_size=4), couples, st.integers(1, 900))
def test_the_project_against_the_same_file_with_its_line(
    lines: list[tuple[Decimal, Decimal]], left_out: tuple[Decimal, Decimal], price: int
) -> None:
    told = [(DAY, str(amount), str(part)) for amount, part in lines]
    told.append(("bientôt", str(left_out[0]), str(left_out[1])))
    euros = str(Decimal(price) / 100)
    found = thought(euros, *told)
    added = shares([Line(2, *line) for line in (*told, (DAY, euros, euros))], [EIGHTY], TODAY)
    (year,) = added.years
    seen = (found.after.share, found.after.settled, found.after.exceeded, found.after.free)
    assert seen == (year.share, year.settled, year.exceeded, year.free)
    assert found.after.bounds == year.bounds
    largest = found.before.largest
    assert largest is not None
    if found.before.settled and not found.before.exceeded:
        for with_left_out in (False, True):
            turnover = found.before.turnover + (left_out[0] if with_left_out else 0) + largest
            part = found.before.subcontracted + (left_out[1] if with_left_out else 0) + largest
            assert 100 * part <= 80 * turnover
        assert not found.before.plus(largest).exceeded
        if left_out[1] * 100 <= left_out[0] * 80:
            assert found.before.plus(largest + CENT).exceeded

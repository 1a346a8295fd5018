"""Who a porteur subcontracts to: known by number, and sums that make the year's."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipelines.portage.cap.lines import Line
from pipelines.portage.cap.shares import shares
from pipelines.portage.cap.subcontractors import Entrusted, by_subcontractor, sirens_of, who_of
from pipelines.portage.cap.year import Cap
from tests.warehouse.frames import built, organisme

TODAY = dt.date(2026, 3, 2)
EIGHTY = Cap(Decimal(80), dt.date(2024, 4, 1), None, "L.6323-9-2")
DAY = "2025-06-15"
A, B = "732829320", "552100554"
NDA = "11755394375"


def entrusted(*told: tuple[str, str, str], day: str = DAY) -> list[Entrusted]:
    """Add up lines of 1,000 euros: a name, a number and the price of the part."""
    lines = [
        Line(rank, day, "1000", part, who=name, whose=number, entrusted=True)
        for rank, (name, number, part) in enumerate(told, start=2)
    ]
    found = shares(lines, [EIGHTY], TODAY)
    return by_subcontractor(found.counted, found.years, {NDA: A})


def test_a_number_is_one_organisation_whatever_its_name() -> None:
    (one,) = entrusted(
        ("ACME", A, "100"),
        ("Acme SAS", "732 829 320 00074", "200"),
        ("ACME", "", "0"),
        ("ACME (NDA 11 75 53943 75)", "", "300"),
        ("", "FR44 732829320", "50"),
    )
    assert (one.number, one.invoices, one.amount) == (A, 4, Decimal(650))
    assert one.share == Decimal("13.00")
    assert one.names == ("ACME", "Acme SAS", "ACME (NDA 11 75 53943 75)")
    assert one.doubt == ""


def test_names_alone_are_one_but_for_accents_and_case() -> None:
    found = entrusted(("Béta", "", "100"), ("BETA", "", "200"), ("Bêta conseil", "", "50"))
    assert [(one.names, one.amount) for one in found] == [
        (("Béta", "BETA"), Decimal(300)),
        (("Bêta conseil",), Decimal(50)),
    ]


def test_who_is_named_without_an_amount_is_shown() -> None:
    (one,) = entrusted(("ACME", "", ""))
    assert (one.names, one.amount, one.invoices) == (("ACME",), Decimal(0), 1)


def test_what_nobody_is_named_for_is_told() -> None:
    found = entrusted(("", "", "100"), ("-", "NC", "200"), ("ACME", "", "400"))
    assert [(one.names, one.number, one.amount) for one in found] == [
        (("ACME",), "", Decimal(400)),
        ((), "", Decimal(300)),
    ]


def test_a_name_of_several_numbers_is_a_doubt() -> None:
    found = entrusted(("ACME", A, "300"), ("acme", B, "200"), ("Acmé", "", "100"), ("Z", B, "1"))
    assert [(one.number, one.doubt) for one in found] == [
        (A, f"ce nom a plusieurs numéros ({B} et {A})"),
        (B, f"ce nom a plusieurs numéros ({B} et {A})"),
        ("", f"ce nom a ailleurs un numéro ({B} et {A})"),
    ]
    found = entrusted(("ACME", f"{A} {B}", "300"), ("acme", "", "200"))
    assert found[0].doubt == "une ligne donne plusieurs numéros ; ce nom figure aussi sans numéro"
    found = entrusted(("ACME", A, "300"), ("acme", "", "200"))
    assert [one.doubt for one in found] == [
        "ce nom figure aussi sans numéro",
        f"ce nom a ailleurs un numéro ({A})",
    ]


def test_numbers_that_do_not_read_or_disagree_are_doubts() -> None:
    found = entrusted(("ACME", "732829321", "300"), ("Z", f"{A} / {B}", "200"))
    assert [(one.number, one.doubt) for one in found] == [
        ("732829321", "« 732829321 » n'est ni un SIREN, ni un SIRET, ni un NDA"),
        (f"{B} + {A}", "une ligne donne plusieurs numéros"),
    ]


def test_the_list_tells_whose_number_a_declaration_is() -> None:
    with built([organisme(NDA, siren=A)], of=["socle.organisme"]) as con:
        lines = [Line(2, DAY, "10", "1", who="x", whose=text) for text in (NDA, "11 75 00000 75")]
        assert sirens_of(con, shares(lines, [EIGHTY], TODAY).counted) == {NDA: A}
        assert sirens_of(con, ()) == {}
    assert who_of("", NDA, {NDA: A}) == who_of("x", A, {})


names = st.sampled_from(["", "-", "ACME", "acmé", "Béta", "Gamma SARL"])
numbers = st.sampled_from(["", A, f"{A}00074", B, NDA, "12345", f"{A} {B}"])
parts = st.one_of(st.just(""), st.integers(-300, 300).map(lambda n: str(Decimal(n) / 100)))
days = st.sampled_from(["2025-06-15", "2025-12-31", "2026-01-05"])


@given(st.lists(st.tuples(names, numbers, parts, days), max_size=12))
def test_organisations_add_up_to_the_year(drawn: list[tuple[str, str, str, str]]) -> None:
    lines = [
        Line(2, day, "-4" if part.startswith("-") else "4", part, who=name, whose=number)
        for name, number, part, day in drawn
    ]
    found = shares(lines, [EIGHTY], TODAY)
    rows = by_subcontractor(found.counted, found.years, {NDA: A})
    sums: dict[int, Decimal] = defaultdict(Decimal)
    counts: dict[int, int] = defaultdict(int)
    for row in rows:
        sums[row.year] += row.amount
        counts[row.year] += row.invoices
    for year in found.years:
        assert sums[year.year] == year.subcontracted
        entrusting = [one for one in found.counted if one.year == year.year and one.amounts.part]
        assert counts[year.year] == len(entrusting)
    assert len({(row.year, row.number, row.names) for row in rows}) == len(rows)

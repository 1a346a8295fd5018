"""The share subcontracted, to the cent: both sides of the cap, of each date, of each bad line."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.portage.cap.doubts import Weight, bounds
from pipelines.portage.cap.lines import Line
from pipelines.portage.cap.shares import Shares, caps, shares
from pipelines.portage.cap.year import Cap
from tests.warehouse.frames import ASKED, built

TODAY = dt.date(2026, 3, 2)
EIGHTY = Cap(Decimal(80), dt.date(2024, 4, 1), None, "R.6333-6-2 ; arrêté du 3 janvier 2024")
DAY = "2025-06-15"


def shared(*lines: tuple[str, str, str], known: tuple[Cap, ...] = (EIGHTY,)) -> Shares:
    numbered = [Line(number, *line) for number, line in enumerate(lines, start=2)]
    return shares(numbered, known, TODAY)


def test_the_cap_is_the_one_of_the_release() -> None:
    with built(of=ASKED, real_references=True) as con:
        assert caps(con) == [EIGHTY]


@pytest.mark.parametrize(
    ("subcontracted", "share", "exceeded", "free", "missing"),
    [
        ("0", "0.00", False, "800.00", "0.00"),
        ("799,99", "79.99", False, "0.01", "0.00"),
        ("800", "80.00", False, "0.00", "0.00"),
        ("800,01", "80.01", True, "0.00", "0.02"),
        ("1000", "100.00", True, "0.00", "250.00"),
    ],
)
def test_both_sides_of_the_cap(
    subcontracted: str, share: str, exceeded: bool, free: str, missing: str
) -> None:
    (year,) = shared((DAY, "1000", subcontracted)).years
    assert (year.share, year.exceeded) == (Decimal(share), exceeded)
    assert (year.free, year.missing) == (Decimal(free), Decimal(missing))


def test_no_share_is_rounded_across_the_cap() -> None:
    above, at = (shared((DAY, "1000000", part)).years[0] for part in ("800000,01", "800000"))
    assert (above.exceeded, above.share) == (True, Decimal("80.01"))
    assert (at.exceeded, at.share) == (False, Decimal("80.00"))


money = st.decimals(0, 10**7, places=2)


@given(st.lists(st.tuples(money, money), min_size=1, max_size=8))
def test_what_is_said_to_be_free_or_missing_is_so(pairs: list[tuple[Decimal, Decimal]]) -> None:
    lines = [(DAY, str(max(pair)), str(min(pair))) for pair in pairs]
    (year,) = shared(*lines).years
    assert year.turnover == sum(max(pair) for pair in pairs)
    assert year.subcontracted == sum(min(pair) for pair in pairs)
    cent = Decimal("0.01")
    if year.exceeded:
        assert year.free == 0
        back = year.turnover + year.missing
        assert 100 * year.subcontracted <= 80 * back
        assert 100 * year.subcontracted > 80 * (back - cent)
    else:
        assert year.missing == 0
        assert 100 * (year.subcontracted + year.free) <= 80 * year.turnover
        assert 100 * (year.subcontracted + year.free + cent) > 80 * year.turnover


def test_years_are_apart_and_2024_starts_in_april() -> None:
    found = shared(
        ("2024-04-01", "100", "100"),
        ("2024-12-31", "100", "50"),
        ("2025-01-01", "200", "0"),
        ("2026-03-02", "50", ""),
    )
    assert [(year.year, year.start, year.end, year.invoices) for year in found.years] == [
        (2024, dt.date(2024, 4, 1), dt.date(2024, 12, 31), 2),
        (2025, dt.date(2025, 1, 1), dt.date(2025, 12, 31), 1),
        (2026, dt.date(2026, 1, 1), dt.date(2026, 12, 31), 1),
    ]
    assert [year.share for year in found.years] == [Decimal(75), Decimal(0), Decimal(0)]
    assert (found.refused, [one.amounts.unsaid for one in found.counted]) == (
        (),
        [False, False, False, True],
    )


def test_a_year_without_turnover_has_no_share() -> None:
    (year,) = shared((DAY, "0", "0")).years
    assert (year.share, year.exceeded, year.free) == (None, False, Decimal(0))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("2024-03-31", "100", "0"), "aucune limite ne vaut le 31/03/2024"),
        (("2026-03-03", "100", "0"), "est à venir"),
        (("bientôt", "100", "0"), "la date « bientôt » ne se lit pas"),
        (("31/02/2025", "100", "0"), "n'existe pas"),
        # A number that lost its format of date.
        (("45823", "100", "0"), "c'est un nombre"),
        (("juin 2025", "100", "0"), "manque le jour"),
        (("", "100", "0"), "la date manque"),
        ((DAY, "", "0"), "le montant manque"),
        ((DAY, "cent", "0"), "le montant « cent » ne se lit pas"),
        ((DAY, "100", "50 %"), "le montant sous-traité « 50 % » ne se lit pas"),
        ((DAY, "-100", "1"), "n'a pas le signe de celui de la facture"),
        ((DAY, "100", "-1"), "n'a pas le signe de celui de la facture"),
        ((DAY, "100", "100,01"), "dépasse celui de la facture"),
        ((DAY, "-100", "-100,01"), "dépasse celui de l'avoir"),
        ((DAY, "0", "1"), "dépasse celui de la facture"),
        ((DAY, "1,234", "0"), "a deux lectures"),
        ((DAY, "1.234", "0"), "a deux lectures"),
        ((DAY, "1" + "0" * 12, "0"), "est invraisemblable"),
        ((DAY, "inf", "0"), "ne se lit pas"),
        ((DAY, "1e3", "0"), "ne se lit pas"),
    ],
)
def test_bad_lines_are_given_back_and_not_counted(line: tuple[str, str, str], told: str) -> None:
    found = shared((DAY, "1000", "100"), line)
    (year,) = found.years
    assert (year.invoices, year.turnover, year.subcontracted) == (1, Decimal(1000), Decimal(100))
    (refused,) = found.refused
    assert refused.number == 3
    assert told in refused.reason


@pytest.mark.parametrize(
    ("written", "euros"),
    [
        ("1234.5", "1234.50"),
        ("1 234,56 €", "1234.56"),
        ("1\u202f234\u00a0567,8", "1234567.80"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234.567", "1234567.00"),
        ("1234,56 EUR HT", "1234.56"),
        ("+12", "12.00"),
        ("0,005", None),
        ("1234,565", "1234.57"),
        ("'42", "42.00"),
    ],
)
def test_amounts_as_people_write_them(written: str, euros: str | None) -> None:
    found = shared((DAY, written, "0"))
    counted = [year.turnover for year in found.years if year.invoices]
    assert counted == ([Decimal(euros)] if euros else [])


@pytest.mark.parametrize(
    "written",
    [
        "2025-06-15",
        "2025-06-15 00:00:00",
        "2025-06-15T08:30:00",
        "15/06/2025",
        "15-06-2025",
        "15.06.25",
        "15/06/2025 09:00",
        "15-juin-25",
        "15 juin 2025",
    ],
)
def test_dates_as_people_write_them(written: str) -> None:
    (year,) = shared((written, "1", "0")).years
    assert year.year == 2025


def test_sums_are_exact() -> None:
    (year,) = shared(*[(DAY, "0,10", "0,10")] * 3, (DAY, "0,075", "0"), (DAY, "0,07", "0")).years
    assert (year.turnover, year.subcontracted) == (Decimal("0.37"), Decimal("0.30"))


def test_another_cap_is_a_change_of_data() -> None:
    lower = Cap(Decimal(60), dt.date(2026, 1, 1), None, "texte à venir")
    upper = Cap(Decimal(80), dt.date(2024, 4, 1), dt.date(2025, 12, 31), "L.6323-9-2")
    found = shared((DAY, "100", "70"), ("2026-01-05", "100", "70"), known=(upper, lower))
    assert [year.exceeded for year in found.years] == [False, True]
    assert [year.told()["plafond_pct"] for year in found.years] == [80, 60]


def test_a_cap_changed_within_a_year_counts_for_the_year() -> None:
    upper = Cap(Decimal(80), dt.date(2024, 4, 1), dt.date(2025, 6, 30), "L.6323-9-2")
    lower = Cap(Decimal(60), dt.date(2025, 7, 1), None, "texte à venir")
    (year,) = shared((DAY, "100", "70"), known=(upper, lower)).years
    assert (year.cap, year.start, year.exceeded) == (lower, dt.date(2025, 1, 1), True)


# --- Credit notes, funders ----------------------------------------------------------------------


def test_credit_notes_are_netted() -> None:
    invoices = [(DAY, "1000", "750")] * 3
    (year,) = shared(*invoices, (DAY, "-1000", "0")).years
    assert (year.turnover, year.subcontracted) == (Decimal(2000), Decimal(2250))
    assert (year.share, year.exceeded, year.settled) == (Decimal("112.50"), True, True)
    # One of the sub-contractor's alone, and one of both.
    (year,) = shared(*invoices, (DAY, "0", "-750"), (DAY, "-1000", "-750")).years
    assert (year.turnover, year.subcontracted) == (Decimal(2000), Decimal(750))


def test_more_credit_notes_than_invoices_leave_no_share() -> None:
    (year,) = shared((DAY, "1000", "750"), (DAY, "-1000", "0")).years
    assert (year.share, year.exceeded, year.free) == (None, True, Decimal(0))


def test_a_positive_amount_called_a_credit_note_is_not_counted() -> None:
    called = Line(3, DAY, "1000", "0", credit=True)
    found = shares([Line(2, DAY, "1000", "750"), called], [EIGHTY], TODAY)
    assert found.years[0].invoices == 1
    assert not found.years[0].settled
    assert "elle dit « avoir »" in found.refused[0].reason
    netted = Line(3, DAY, "-1000", "-750", credit=True)
    assert shares([Line(2, DAY, "2000", "750"), netted], [EIGHTY], TODAY).refused == ()


def test_a_total_is_no_invoice() -> None:
    total = Line(3, "", "1000", "750", total=True, funder="")
    found = shares([Line(2, DAY, "1000", "750", funder="CPF"), total], [EIGHTY], TODAY)
    assert [one.reason for one in found.refused] == ["c'est un total, non une facture"]
    assert found.years[0].settled
    # With a date it is what it says: an invoice whose label begins so.
    dated = shares([Line(2, DAY, "1000", "750", total=True)], [EIGHTY], TODAY)
    assert dated.years[0].invoices == 1
    other = shares([Line(2, DAY, "1000", "750", total=True, funder="OPCO")], [EIGHTY], TODAY)
    assert (other.years, other.elsewhere) == ((), 1)


@pytest.mark.parametrize(
    ("funder", "counted", "settled"),
    [
        (None, 2, True),
        ("CPF", 2, True),
        ("Mon compte formation", 2, True),
        ("OPCO", 1, True),
        ("", 1, False),
        ("CPF + OPCO", 1, False),
        ("un client", 1, False),
    ],
)
def test_only_what_the_cpf_pays_counts(funder: str | None, counted: int, settled: bool) -> None:
    lines = [
        Line(2, DAY, "1000", "750", funder=None if funder is None else "CPF"),
        Line(3, DAY, "1000", "1000", funder=funder),
    ]
    found = shares(lines, [EIGHTY], TODAY)
    (year,) = found.years
    assert (year.invoices, year.settled) == (counted, settled)
    assert found.elsewhere == (funder == "OPCO")


# --- What was left out --------------------------------------------------------------------------

UNREAD = "bientôt"


@pytest.mark.parametrize(
    ("counted", "left_out", "settled", "limits"),
    [
        # A line of an unread date may be of the year, and turn what is said of it.
        (("1000", "750"), (UNREAD, "1000", "1000"), False, ("75.00", "87.50")),
        (("1000", "750"), (UNREAD, "1000", "0"), True, ("37.50", "75.00")),
        (("1000", "900"), (UNREAD, "1000", "0"), False, ("45.00", "90.00")),
        (("1000", "900"), (UNREAD, "10", "10"), True, ("90.00", "90.10")),
        (("1000", "800"), (UNREAD, "0,01", "0,01"), False, ("80.00", "80.01")),
        # What is to come, by its date, may be a slip.
        (("1000", "750"), ("2027-01-01", "1000", "1000"), False, ("75.00", "87.50")),
        # No cap holds: it counts nowhere.
        (("1000", "750"), ("2023-01-01", "1000", "1000"), True, None),
        # An amount that is not read may be any.
        (("1000", "750"), (DAY, "cent", "0"), False, None),
        (("1000", "750"), (DAY, "100", "cent"), False, None),
        (("1000", "750"), (DAY, "", ""), False, None),
        # Of another year.
        (("1000", "750"), ("2026-01-01", "cent", "0"), True, None),
        # A credit note may leave nothing.
        (("1000", "100"), (UNREAD, "-1000", "0"), False, None),
    ],
)
def test_a_line_left_out_that_could_turn_the_conclusion(
    counted: tuple[str, str],
    left_out: tuple[str, str, str],
    settled: bool,
    limits: tuple[str, str] | None,
) -> None:
    year = shared((DAY, *counted), left_out).years[0]
    assert year.settled == settled
    told = year.told()
    assert told["a_verifier"] == (not settled)
    assert (told["depasse"] is None) == (not settled)
    assert (told["reste_a_sous_traiter"] is None) == (not settled)
    if limits is not None:
        assert year.bounds == tuple(map(Decimal, limits))
    elif not settled:
        assert year.bounds is None


def test_a_year_of_which_nothing_is_read_is_told() -> None:
    found = shared((DAY, "1000", "100"), ("2026-01-05", "cent", "0"))
    assert [(year.year, year.invoices, year.settled) for year in found.years] == [
        (2025, 1, True),
        (2026, 0, False),
    ]


cents = st.integers(0, 300).map(lambda n: Decimal(n) / 100)


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=4), st.tuples(cents, cents))
def test_bounds_are_those_of_all_sets_of_lines(
    pairs: list[tuple[Decimal, Decimal]], counted: tuple[Decimal, Decimal]
) -> None:
    turnover, part = max(counted) + Decimal("0.01"), min(counted)
    weights = [Weight(None, max(pair), min(pair)) for pair in pairs]
    found = bounds(turnover, part, part, weights)
    every = [
        Fraction(part + sum((min(pairs[n]) for n in chosen), Decimal(0)))
        / Fraction(turnover + sum((max(pairs[n]) for n in chosen), Decimal(0)))
        for size in range(len(pairs) + 1)
        for chosen in combinations(range(len(pairs)), size)
    ]
    assert found == (min(every), max(every))


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=4), st.tuples(cents, cents))
def test_what_is_free_or_missing_holds_whatever_was_left_out(
    pairs: list[tuple[Decimal, Decimal]], counted: tuple[Decimal, Decimal]
) -> None:
    lines = [(DAY, str(max(counted) + 1), str(min(counted)))]
    lines += [(UNREAD, str(max(pair)), str(min(pair))) for pair in pairs]
    (year,) = shared(*lines).years
    if not year.settled:
        return
    for size in range(len(pairs) + 1):
        for chosen in combinations(range(len(pairs)), size):
            turnover = year.turnover + sum((max(pairs[n]) for n in chosen), Decimal(0))
            part = year.subcontracted + sum((min(pairs[n]) for n in chosen), Decimal(0))
            if year.exceeded:
                assert 100 * part <= 80 * (turnover + year.missing)
            else:
                assert 100 * (part + year.free) <= 80 * turnover

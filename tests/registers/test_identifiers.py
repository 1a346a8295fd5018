"""SIREN, SIRET and NDA: validity against python-stdnum, repairs, department."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fr import siren as siren_rule
from stdnum.fr import siret as siret_rule

from pipelines.registers import identifiers
from pipelines.registers.places import places
from tests.registers.rows import with_luhn

Rule = Callable[[pl.Expr], pl.Expr]
POSTE_HEAD = "35600000000048"
SHARE = settings(max_examples=40, deadline=None)


def apply(rule: Rule, *texts: str | None) -> list[object]:
    frame = pl.DataFrame({"texte": pl.Series(texts, dtype=pl.String)})
    return frame.select(rule(pl.col("texte"))).to_series().to_list()


def one(rule: Rule, text: str | None) -> object:
    return apply(rule, text)[0]


def digits(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=size, max_size=size)


def luhn_valid(size: int) -> st.SearchStrategy[str]:
    return digits(size - 1).map(with_luhn)


def siren_oracle(text: str) -> bool:
    """python-stdnum, which strips spaces and dots and lets zeros pass."""
    return text.isdigit() and siren_rule.is_valid(text) and text != "0" * 9


def siret_oracle(text: str) -> bool:
    return text.isdigit() and siret_rule.is_valid(text) and not text.startswith("0" * 9)


# --- Validity -------------------------------------------------------------------------------


@SHARE
@given(
    st.lists(
        digits(9) | luhn_valid(9) | st.text("0123456789 .A", min_size=8, max_size=10),
        min_size=1,
        max_size=60,
    )
)
def test_a_siren_is_valid_when_stdnum_says_so(texts: list[str]) -> None:
    assert apply(identifiers.siren_valid, *texts) == [siren_oracle(text) for text in texts]


def sirets() -> st.SearchStrategy[str]:
    """Random ones, ones of valid SIREN with and without their key, and those of La Poste."""
    of_siren = st.tuples(luhn_valid(9), digits(5)).map("".join)
    keyed = st.tuples(luhn_valid(9), digits(4)).map("".join).map(with_luhn)
    poste = digits(5).map(lambda nic: f"{identifiers.LA_POSTE}{nic}")
    return digits(14) | of_siren | keyed | poste | st.text("0123456789 B", max_size=15)


@SHARE
@given(st.lists(sirets(), min_size=1, max_size=60))
def test_a_siret_is_valid_when_stdnum_says_so(texts: list[str]) -> None:
    assert apply(identifiers.siret_valid, *texts) == [siret_oracle(text) for text in texts]


@pytest.mark.parametrize(
    ("siret", "valid"),
    [
        (POSTE_HEAD, True),  # Luhn's rule, not the other
        ("35600000000049", False),
        ("35600000049837", True),  # digits make 45; Luhn's rule refuses it
        ("35600000049838", False),
        ("35600000000014", False),
        ("73282932000074", True),
        ("73282932000075", False),
        (with_luhn("7328293210001"), False),  # right key, but over a wrong SIREN
    ],
)
def test_the_sirets_of_la_poste_follow_their_own_rule(siret: str, valid: bool) -> None:
    assert one(identifiers.siret_valid, siret) is valid
    assert siret_oracle(siret) is valid


@pytest.mark.parametrize("text", ["000000000", None, "", "12345678", "1234567890", " 73282932 "])
def test_what_is_no_siren(text: str | None) -> None:
    assert one(identifiers.siren_valid, text) is False


@pytest.mark.parametrize("text", ["0" * 14, "00000000000018", None, "", "7328293200007"])
def test_what_is_no_siret(text: str | None) -> None:
    assert one(identifiers.siret_valid, text) is False


@pytest.mark.parametrize(
    ("nda", "well"),
    [
        ("11755998875", True),
        ("01973456797", True),
        ("1175P001275", True),
        ("1175p001275", False),
        ("1175599887", False),
        ("117559988755", False),
        ("1175X001275", False),
        ("P1755998875", False),
        ("117P5001275", False),
        (" 11755998875", False),
        ("11755998875\n", False),
    ],
)
def test_the_shape_of_an_nda(nda: str, well: bool) -> None:
    assert one(lambda text: text.str.contains(identifiers.NDA_SHAPE), nda) is well


# --- Repairs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "repaired"),
    [
        ("11755998875", "11755998875"),
        ("1.1755998875E10", "11755998875"),
        ("1,1755998875E+10", "11755998875"),
        ("1.1755998875e+10", "11755998875"),
        ("9.3131234567E10", "93131234567"),
        ("1.17559988E10", "11755998800"),
        # Digits were lost, no one knows which.
        ("1.17559E+10", "1.17559E+10"),
        ("1.1755998E+10", "1.1755998E+10"),
        ("1E+10", "1E+10"),
        ("1.1755998875E-10", "1.1755998875E-10"),
        ("11.755998875E9", "11.755998875E9"),
        # Overseas numbers that lost their zero; others of ten digits did not.
        ("1973456797", "01973456797"),
        ("4.973456797E9", "04973456797"),
        ("6970001297", "06970001297"),
        ("7970001297", "7970001297"),
        ("1175599887", "1175599887"),
        ("197345679", "197345679"),
        # Blanks, and the decimal part of a numeric column.
        (" 11 75 59988 75 ", "11755998875"),
        ("11\u00a075\u202f59988\u00a075", "11755998875"),
        ("11755998875.0", "11755998875"),
        ("11755998875,00", "11755998875"),
        ("1973456797.0", "01973456797"),
        # Not ours to mend.
        ("1175P001275", "1175P001275"),
        ("INCONNU", "INCONNU"),
        ("-11755998875", "-11755998875"),
        (None, None),
    ],
)
def test_what_a_spreadsheet_did_to_an_nda_is_undone_when_nothing_was_lost(
    read: str | None, repaired: str | None
) -> None:
    assert one(identifiers.nda_repaired, read) == repaired


ndas = st.builds(
    lambda prefix, rest: f"{prefix}{rest}",
    st.sampled_from(["11", "24", "76", "93", "84", "32"]),
    digits(8) | st.just("75000100"),
) | st.builds(lambda z, rest: f"0{z}97{rest}", st.sampled_from("12346"), digits(7))


@SHARE
@given(st.lists(ndas, min_size=1, max_size=50))
def test_any_nda_comes_back_from_a_float(texts: list[str]) -> None:
    floats = [str(float(text)) for text in texts]
    assert apply(identifiers.nda_repaired, *floats) == texts
    scientific = [f"{float(text):.10E}" for text in texts]
    assert apply(identifiers.nda_repaired, *scientific) == texts
    assert apply(identifiers.nda_repaired, *texts) == texts


@SHARE
@given(st.lists(luhn_valid(9), min_size=1, max_size=50))
def test_a_siren_gets_back_its_zeros_or_is_left(texts: list[str]) -> None:
    short = [text.lstrip("0") for text in texts]
    back = apply(identifiers.siren_repaired, *short)
    wanted = [text if len(s) >= 5 else s for text, s in zip(texts, short, strict=True)]
    assert back == wanted


@pytest.mark.parametrize(
    ("read", "repaired"),
    [
        ("1000017", "001000017"),
        ("1000018", "1000018"),  # the key does not hold
        (with_luhn("00001234").lstrip("0"), with_luhn("00001234")),
        (with_luhn("00000123").lstrip("0"), with_luhn("00000123").lstrip("0")),  # too few
        ("732 829 320", "732829320"),
        ("732829320.0", "732829320"),
        ("1234", "1234"),
        ("000000000", "000000000"),
        ("00000", "00000"),
        ("7328293200", "7328293200"),
        ("ABC", "ABC"),
        (None, None),
    ],
)
def test_siren_repairs(read: str | None, repaired: str | None) -> None:
    assert one(identifiers.siren_repaired, read) == repaired


@pytest.mark.parametrize(
    ("read", "repaired"),
    [
        ("100001700010", "00100001700010"),
        ("100001700011", "100001700011"),
        (with_luhn("0000123400001")[4:], with_luhn("0000123400001")[4:]),  # its SIREN is wrong
        ("732 829 320 00074", "73282932000074"),
        ("73282932000074.0", "73282932000074"),
        (None, None),
    ],
)
def test_siret_repairs(read: str | None, repaired: str | None) -> None:
    assert one(identifiers.siret_repaired, read) == repaired


@pytest.mark.parametrize(
    ("read", "left"),
    [
        (" 12 345 ", "12345"),
        ("12.0", "12"),
        ("12,00", "12"),
        ("12,000", "12,000"),  # twelve thousand, or twelve: not guessed
        ("12.5", "12.5"),
        ("0.0", "0"),
        ("A.0", "A.0"),
        (None, None),
    ],
)
def test_compact(read: str | None, left: str | None) -> None:
    assert one(identifiers.compact, read) == left


# --- Department -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nda", "department"),
    [
        ("11755998875", "75"),
        ("84010001201", "01"),
        ("1175P001275", "75"),
        ("76660001266", "66"),
        ("94200001220", None),  # Corsica: 2A or 2B
        ("9420P001220", None),
        # Overseas, present prefixes and those of before 2016.
        ("01970001297", "971"),
        ("02970001297", "972"),
        ("03970001297", "973"),
        ("04970001297", "974"),
        ("06970001297", "976"),
        ("95970001297", "971"),
        ("96970001297", "973"),
        ("97970001297", "972"),
        ("98970001297", "974"),
        ("05970001297", None),  # region 905: which department, the number does not say
        ("11970001297", None),
        ("99970001297", None),
        ("11990001299", None),
        ("11000001200", None),
        ("112A0001275", None),
        ("1175599887", None),
        ("INCONNU", None),
        (None, None),
    ],
)
def test_the_department_that_an_nda_tells(nda: str | None, department: str | None) -> None:
    table = places()

    def rule(text: pl.Expr) -> pl.Expr:
        departments = sorted(table.region_of)
        return identifiers.nda_department(text, table.overseas_prefix, departments)

    assert one(rule, nda) == department

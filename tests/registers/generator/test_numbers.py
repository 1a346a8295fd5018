"""Numbers and chance: valid, never given twice, shared out exactly."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.fr import siren as siren_rule
from stdnum.fr import siret as siret_rule

from pipelines.registers.generator.chance import Quota, Weighted, share_out, shuffle
from pipelines.registers.generator.identifiers import (
    Numbers,
    la_poste_siret,
    siren_from,
    siret_from,
)


@given(st.integers(0, 99_999_999), st.integers(1, 9_999))
def test_siren_and_siret_have_valid_keys(base: int, establishment: int) -> None:
    siren = siren_from(base)
    assert siren_rule.is_valid(siren)
    siret = siret_from(siren, establishment)
    assert siret[:13] == f"{siren}{establishment:04d}"
    assert luhn.is_valid(siret)
    if siren != "356000000":
        assert siret_rule.is_valid(siret)


def test_sirets_of_la_poste_follow_their_own_rule() -> None:
    sirets = [la_poste_siret(rank) for rank in range(20)]
    assert len(set(sirets)) == 20
    for siret in sirets:
        assert siret.startswith("356000000")
        assert siret_rule.is_valid(siret)
        assert not luhn.is_valid(siret)


def test_a_series_of_ndas_gives_each_number_once_then_none() -> None:
    numbers = Numbers(Random(1).random)
    given_out = [numbers.nda("11", "75") for _ in range(100_000)]
    assert len(set(given_out)) == 100_000
    assert numbers.nda("11", "75") is None
    assert numbers.nda("11", "92") is not None


def test_public_numbers_have_a_p_and_fall_back_when_used_up() -> None:
    numbers = Numbers(Random(1).random)
    public = [numbers.nda("24", "45", public=True) or "" for _ in range(10_001)]
    assert len(set(public)) == 10_001
    assert all(number[4] == "P" and len(number) == 11 for number in public[:-1])
    assert public[-1].isdigit()


def test_sirens_come_once() -> None:
    numbers = Numbers(Random(1).random)
    sirens = [numbers.siren() for _ in range(50_000)]
    assert len(set(sirens)) == 50_000
    assert all(siren[0] != "0" for siren in sirens)
    zeros = [numbers.siren_with_zero() for _ in range(1_000)]
    assert len(set(zeros)) == 1_000
    assert all(siren[0] == "0" and siren[1] != "0" for siren in zeros)
    assert all(siren_rule.is_valid(siren) for siren in zeros)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**6), min_size=1, max_size=50))
def test_shares_are_exact_and_proportional(total: int, weights: list[int]) -> None:
    shares = share_out(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < 1 + 1e-6


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 1_000))
def test_a_quota_is_met_exactly(wanted: int, others: int, seed: int) -> None:
    quota, uniform = Quota(wanted, wanted + others), Random(seed).random
    assert sum(quota.draw(uniform()) for _ in range(wanted + others)) == wanted


def test_shuffling_keeps_everything_and_favours_nothing() -> None:
    uniform = Random(3).random
    first = [0] * 4
    for _ in range(8_000):
        items = [0, 1, 2, 3]
        shuffle(items, uniform)
        assert sorted(items) == [0, 1, 2, 3]
        first[items[0]] += 1
    assert all(count == pytest.approx(2_000, rel=0.1) for count in first)


def test_weights_are_followed_to_both_ends() -> None:
    weighted = Weighted(["a", "b", "c"], [1, 2, 1])
    assert [weighted.draw(x) for x in (0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999999999999999)] == [
        *"aabbcc"
    ]

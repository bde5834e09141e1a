"""Sharing by weight meets totals exactly."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.demo.apportion import between, shares, shuffled

WEIGHTS = st.lists(st.integers(1, 1_000), min_size=1, max_size=50)


@settings(deadline=None)
@given(WEIGHTS, st.integers(0, 5), st.integers(0, 10_000))
def test_shares_sum_to_the_total_and_nobody_gets_less_than_the_least(weights, least, more):
    total = least * len(weights) + more
    parts = shares(total, weights, least)
    assert sum(parts) == total
    assert min(parts) >= least


@settings(deadline=None)
@given(WEIGHTS, st.integers(0, 10_000))
def test_a_share_is_within_one_of_the_exact_proportion(weights, total):
    whole = sum(weights)
    assert all(
        abs(part * whole - total * weight) < whole for part, weight in zip(shares(total, weights), weights, strict=True)
    )


def test_too_little_for_everybody_is_refused():
    with pytest.raises(ValueError, match="cannot give 2 to each of 3"):
        shares(5, [1, 1, 1], least=2)


@settings(deadline=None)
@given(st.integers(), st.integers(-50, 50), st.integers(0, 50))
def test_a_drawn_number_lies_within_its_bounds(seed, low, span):
    assert low <= between(Random(seed), low, low + span) <= low + span


@settings(deadline=None)
@given(st.integers(), st.lists(st.integers()))
def test_a_shuffle_keeps_every_item(seed, items):
    assert sorted(shuffled(Random(seed), items)) == sorted(items)

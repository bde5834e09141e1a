"""Laws of matching: scores that add up, grounds that count as they should, and an order that owes nothing to chance."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_model.matching import WEIGHTS, Candidate, rank

CATEGORY = "1001"
SKILLS = ("1001", "10", "1002", "01", "1", "0110")

candidates = st.builds(
    Candidate,
    person_id=st.integers(1, 10**6),
    skills=st.frozensets(st.sampled_from(SKILLS), max_size=3),
    capacity=st.integers(-1, 20),
    load=st.integers(0, 25),
    distance=st.integers(0, 40),
    is_carer=st.booleans(),
    own_branch=st.booleans(),
    tried=st.booleans(),
    fairness=st.integers(0, 9),
)
several = st.lists(candidates, max_size=12, unique_by=lambda candidate: candidate.person_id)
able = candidates.map(lambda one: replace(one, capacity=max(one.capacity, 1), load=0, tried=False))


def only(candidate):
    (ranked,) = rank(CATEGORY, [candidate])
    return ranked


@given(several, st.randoms(use_true_random=False))
def test_the_ranking_does_not_depend_on_the_order_of_the_rows(some, chance):
    shuffled = list(some)
    chance.shuffle(shuffled)
    assert rank(CATEGORY, some) == rank(CATEGORY, shuffled)


@given(several)
def test_everybody_is_in_the_answer_once_and_those_left_out_come_last(some):
    ranked = rank(CATEGORY, some)
    assert sorted(one.person_id for one in ranked) == sorted(one.person_id for one in some)
    out = [one.left_out is not None for one in ranked]
    assert out == sorted(out)
    for asked in (True, False):
        part = [one for one in ranked if (one.left_out is None) == asked]
        assert part == sorted(part, key=lambda one: (-one.total, one.fairness, one.person_id))


@given(candidates)
def test_the_points_of_the_grounds_add_up_and_none_exceeds_its_weight(candidate):
    ranked = only(candidate)
    points = dict(ranked.points)
    assert set(points) == set(WEIGHTS)
    assert sum(points.values()) == ranked.total
    assert all(isinstance(points[ground], int) and 0 <= points[ground] <= WEIGHTS[ground] for ground in WEIGHTS)


@given(candidates)
def test_whoever_was_asked_before_or_has_no_room_is_left_out_with_the_reason(candidate):
    reason = "tried" if candidate.tried else "no_room" if candidate.load >= max(candidate.capacity, 0) else None
    assert only(candidate).left_out == reason


@given(able, able)
def test_the_household_s_own_carer_comes_before_everybody_else_who_can_take_it(carer, other):
    carer = replace(carer, person_id=1, is_carer=True)
    other = replace(other, person_id=2, is_carer=False)
    assert [one.person_id for one in rank(CATEGORY, [other, carer])] == [1, 2]


@given(candidates)
def test_each_ground_counts_for_the_candidate_and_never_against(candidate):
    total = only(candidate).total
    better = (
        replace(candidate, is_carer=True),
        replace(candidate, own_branch=True),
        replace(candidate, skills=candidate.skills | {CATEGORY}),
        replace(candidate, distance=candidate.distance // 2),
        replace(candidate, load=candidate.load // 2),
    )
    assert all(only(one).total >= total for one in better)


@pytest.mark.parametrize(
    ("skills", "counts"), [({"1001"}, True), ({"10"}, True), ({"1002"}, False), ({"1"}, False), (set(), False)]
)
def test_a_skill_is_a_category_or_its_class(skills, counts):
    candidate = Candidate(1, frozenset(skills), 3, 0, 0, is_carer=False, own_branch=False, tried=False, fairness=0)
    assert dict(only(candidate).points)["skill"] == (WEIGHTS["skill"] if counts else 0)


def test_room_is_the_share_of_the_capacity_that_is_free():
    candidate = Candidate(1, frozenset(), 3, 0, 0, is_carer=False, own_branch=False, tried=False, fairness=0)
    shown = [dict(only(replace(candidate, load=load)).points)["room"] for load in range(5)]
    assert shown == [150, 100, 50, 0, 0]


def test_equals_are_told_apart_by_the_number_drawn_for_the_order():
    candidate = Candidate(1, frozenset(), 3, 0, 0, is_carer=False, own_branch=False, tried=False, fairness=5)
    drawn = [replace(candidate, person_id=person, fairness=number) for person, number in ((1, 5), (2, 3), (3, 5))]
    assert [one.person_id for one in rank(CATEGORY, drawn)] == [2, 1, 3]


def test_with_nobody_to_ask_the_answer_is_empty():
    assert rank(CATEGORY, []) == ()

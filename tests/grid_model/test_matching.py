"""Laws of matching: scores that add up, grounds that count as they should, and an order that owes nothing to chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_model.matching import MOST_DECLINES, WEIGHTS, Candidate, LeftOut, rank

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
    fairness=st.integers(0, 9),
    served_at=st.none() | st.integers(0, 3),
    declines=st.integers(0, 6),
    out=st.none() | st.sampled_from([reason for reason in LeftOut if reason is not LeftOut.NO_ROOM]),
)
several = st.lists(candidates, max_size=12, unique_by=lambda candidate: candidate.person_id)
able = candidates.map(lambda one: one._replace(capacity=max(one.capacity, one.load + 1), out=None))
PLAIN = Candidate(1, frozenset(), 3, 0, 0, is_carer=False, own_branch=False, fairness=5)


def only(candidate, weights=WEIGHTS, **how):
    (ranked,) = rank(CATEGORY, [candidate], weights, **how)
    return ranked


def place(one):
    """How the ranking is meant to be read: the carer, the best; never served before served, long ago before lately."""
    served = one.served_at is not None, one.served_at or 0
    return not one.points["carer"], -one.total, served, one.fairness, one.person_id


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
        assert part == sorted(part, key=place)


@given(candidates)
def test_the_points_of_the_grounds_add_up_and_none_exceeds_its_weight(candidate):
    ranked = only(candidate)
    assert set(ranked.points) == set(WEIGHTS)
    assert sum(ranked.points.values()) == ranked.total
    for ground, points in ranked.points.items():
        assert isinstance(points, int)
        most = WEIGHTS[ground] * (MOST_DECLINES if ground == "declines" else 1)
        assert min(most, 0) <= points <= max(most, 0)


@given(candidates)
def test_whoever_is_away_or_has_no_room_is_left_out_with_the_first_reason(candidate):
    full = candidate.load >= max(candidate.capacity, 0)
    assert only(candidate).left_out == (candidate.out or (LeftOut.NO_ROOM if full else None))


@given(candidates)
def test_where_more_may_be_taken_only_whoever_takes_none_has_no_room(candidate):
    none = candidate.capacity <= 0
    assert only(candidate, needs_room=False).left_out == (candidate.out or (LeftOut.NO_ROOM if none else None))


@given(several, st.booleans())
def test_room_decides_who_is_asked_and_never_the_points(some, needs_room):
    points = {one.person_id: one.points for one in rank(CATEGORY, some, needs_room=needs_room)}
    assert points == {one.person_id: one.points for one in rank(CATEGORY, some)}


@given(able, able, st.integers(0, 500))
def test_the_household_s_own_carer_comes_before_everybody_else_who_can_take_it(carer, other, points):
    carer = carer._replace(person_id=1, is_carer=True)
    other = other._replace(person_id=2, is_carer=False)
    weights = {**WEIGHTS, "carer": points}
    assert [one.person_id for one in rank(CATEGORY, [other, carer], weights)] == [1, 2]


def test_not_even_somebody_skilled_next_door_passes_a_far_and_laden_carer_who_declined_before():
    carer = PLAIN._replace(person_id=1, is_carer=True, capacity=20, load=19, distance=9, declines=MOST_DECLINES)
    skilled = PLAIN._replace(person_id=2, skills=frozenset({CATEGORY}), capacity=20, own_branch=True)
    ranked = rank(CATEGORY, [skilled, carer])
    assert [one.person_id for one in ranked] == [1, 2]
    assert ranked[0].total < ranked[1].total


@given(candidates)
def test_each_ground_counts_for_the_candidate_and_only_declines_against(candidate):
    total = only(candidate).total
    better = (
        candidate._replace(is_carer=True),
        candidate._replace(own_branch=True),
        candidate._replace(skills=candidate.skills | {CATEGORY}),
        candidate._replace(distance=candidate.distance // 2),
        candidate._replace(load=candidate.load // 2),
        candidate._replace(declines=candidate.declines // 2),
    )
    assert all(only(one).total >= total for one in better)


@given(candidates, st.integers(-200, 0))
def test_declines_weigh_what_the_county_says_and_no_more_than_so_many(candidate, each):
    weights = {**WEIGHTS, "declines": each}
    without = only(candidate._replace(declines=0), weights).total
    assert only(candidate, weights).total == without + each * min(candidate.declines, MOST_DECLINES)


@given(several)
def test_a_ground_that_weighs_nothing_decides_nothing(some):
    weights = {**WEIGHTS, "skill": 0}
    unskilled = [one._replace(skills=frozenset()) for one in some]
    assert rank(CATEGORY, some, weights) == rank(CATEGORY, unskilled, weights)


def test_a_ground_without_a_weight_is_an_error_and_not_a_nought():
    with pytest.raises(KeyError):
        rank(CATEGORY, [PLAIN], {"carer": 1})


@pytest.mark.parametrize(
    ("skills", "counts"), [({"1001"}, True), ({"10"}, True), ({"1002"}, False), ({"1"}, False), (set(), False)]
)
def test_a_skill_is_a_category_or_its_class(skills, counts):
    candidate = PLAIN._replace(skills=frozenset(skills))
    assert only(candidate).points["skill"] == (WEIGHTS["skill"] if counts else 0)


def test_room_is_the_share_of_the_capacity_that_is_free():
    shown = [only(PLAIN._replace(load=load)).points["room"] for load in range(5)]
    assert shown == [150, 100, 50, 0, 0]


def test_of_equals_the_least_recently_served_comes_first_and_then_the_number_drawn_decides():
    drawn = ((1, 7, 0), (2, None, 5), (3, 6, 9), (4, None, 3), (5, 7, 0))
    equals = [PLAIN._replace(person_id=p, served_at=served, fairness=lot) for p, served, lot in drawn]
    assert [one.person_id for one in rank(CATEGORY, equals)] == [4, 2, 3, 1, 5]


def test_with_nobody_to_ask_the_answer_is_empty():
    assert rank(CATEGORY, []) == ()

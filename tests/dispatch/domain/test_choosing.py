"""Whom each rung of the ladder asks, and that everybody is told apart fairly and with a reason."""

from collections import Counter
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.choosing import LEFT_OUT, MOST_ASKED, Chooser
from dispatch.domain.holding import who_may
from dispatch.domain.order import Grant
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import Action, Role, Rung
from grid_model.matching import LeftOut
from grid_model.routing import UnknownBranch

NARROW = (Rung.DIRECT, Rung.GROUP, None)
EVERY = (*Rung, None)


def person(ident: int, role: Role, grid: int, branch: int | None, **more) -> Serving:
    given = {"skills": frozenset(), "capacity": 3, "load": 0, **more}
    return Serving(ident, f"P{ident}", "张", grants=(Grant(role, grid, branch),), **given)


A1 = (person(1, Role.MEMBER, 8, 106), person(2, Role.MEMBER, 9, 110), person(3, Role.GRID_WORKER, 4, 106))
BELOW = (person(4, Role.GRID_WORKER, 9, None),)
A2 = (person(5, Role.MEMBER, 10, 107), person(6, Role.GRID_WORKER, 5, 107))
B1 = (person(7, Role.MEMBER, 12, 108),)
GUEST_A1, GUEST_A2, GUEST_B1 = (
    person(11, Role.IN_SERVICE, 4, 106),
    person(12, Role.IN_SERVICE, 5, 107),
    person(13, Role.IN_SERVICE, 6, 108),
)
DESK = (person(21, Role.DESK_OFFICER, 2, 104), person(22, Role.DESK_OFFICER, 2, 104))
EVERYBODY = (*A1, *BELOW, *A2, *B1, GUEST_A1, GUEST_A2, GUEST_B1, *DESK)

EVENING = 20
"""An hour at which in-service members serve."""


@pytest.fixture
def order(county):
    return county.order("0101", 14)


@pytest.fixture
def now(county):
    return county.start.replace(hour=EVENING)


def ids(people):
    return {one.person_id for one in people}


def asked(county, order, now, rung, people=EVERYBODY):
    choice = Chooser(people, {}, county.world).choice(order, now, rung)
    return {one.person_id for one in choice.first(None)}


def test_one_a_few_and_the_pool_are_the_branch_s_own(county, order, now):
    for rung in (Rung.DIRECT, Rung.GROUP, Rung.POOL):
        assert asked(county, order, now, rung) == ids(A1)


def test_where_a_branch_has_nobody_those_below_it_are_asked(county, now):
    order = county.does(county.order("0101", 14), Action.ESCALATE)
    assert order.branch_id == 103
    for rung in (Rung.DIRECT, Rung.GROUP, Rung.POOL):
        assert asked(county, order, now, rung) == ids((*A1, *BELOW, *A2))


def test_siblings_and_those_paired_with_them_or_with_the_branch_are_asked_last(county, order, now):
    assert asked(county, order, now, Rung.SIBLINGS) == ids((*A1, *A2, GUEST_A1, GUEST_A2))


def test_by_hand_those_paired_with_the_branch_may_be_chosen_too(county, order, now):
    assert asked(county, order, now, None) == ids((*A1, GUEST_A1))


def test_a_department_s_matter_stays_with_its_desk(county, now):
    order = county.order("0201", 14)
    for rung in (Rung.DIRECT, Rung.GROUP, Rung.POOL, None):
        assert asked(county, order, now, rung) == ids(DESK)
    assert asked(county, order, now, Rung.SIBLINGS) == set()


def test_whoever_is_asked_may_be_offered_the_order(county, now):
    """Against the rule by which an offer is taken; the last rung reaches what lies below the branch above."""
    for category, grid in (("0101", 14), ("0101", 10), ("0901", 14), ("1001", 12), ("0201", 14)):
        order = county.order(category, grid)
        for rung in EVERY:
            above = county.world.branches.above(order.branch_id, category, "G")
            reach = above.grid_id if rung is Rung.SIBLINGS and above is not None else None
            choice = Chooser(EVERYBODY, {}, county.world).choice(order, now, rung)
            assert all(who_may(order, county.world, reach)(one.grants) for one in choice.people.values())


@pytest.mark.parametrize("rung", EVERY)
def test_whoever_declined_this_order_is_not_asked_for_it_again(county, order, now, rung):
    assert 1 not in asked(county, replace(order, declined=(1,)), now, rung)


@pytest.mark.parametrize("rung", EVERY)
def test_who_was_asked_before_or_is_full_is_passed_over_until_the_order_is_open_to_all(county, order, now, rung):
    full = replace(A1[1], load=3)
    found = asked(county, replace(order, tried=(1,)), now, rung, (A1[0], full, A1[2]))
    assert found == ({3} if rung in NARROW else {1, 2, 3})


@pytest.mark.parametrize("rung", EVERY)
def test_whoever_takes_none_is_never_asked(county, order, now, rung):
    assert asked(county, order, now, rung, [replace(one, capacity=0) for one in EVERYBODY]) == set()


@pytest.mark.parametrize("rung", EVERY)
def test_whoever_is_away_is_never_asked(county, order, now, rung):
    today = now.date()
    away = [
        replace(A1[0], leaves=((today, today),)),
        replace(A1[1], quiet=(time(0), time(23, 59))),
        replace(A1[2], leaves=((today.replace(day=1), today.replace(day=2)),)),
    ]
    assert asked(county, order, now, rung, away) == {3}
    reasons = {one.person_id: one.left_out for one in Chooser(away, {}, county.world).choice(order, now, rung).ranked}
    assert reasons == {1: LeftOut.ON_LEAVE, 2: LeftOut.OFF_HOURS, 3: None}


def test_own_quiet_hours_give_way_to_what_is_critical_alone(county, now):
    quiet = [replace(A1[0], quiet=(time(0), time(23, 59)))]
    assert asked(county, county.order("0801", 14), now, Rung.DIRECT, quiet) == {1}
    assert asked(county, county.order("0101", 14), now, Rung.DIRECT, quiet) == set()


def test_in_service_members_are_asked_in_their_own_hours(county, order, now):
    morning = now.replace(hour=10)
    assert asked(county, order, morning, Rung.SIBLINGS) == ids((*A1, *A2))


def test_the_household_s_own_carer_comes_first_and_declines_of_the_kind_last(county, order, now):
    kept = replace(order, household_id=5)
    declined = [replace(A1[0], declines={"01": 2}), A1[1], replace(A1[2], declines={"10": 3})]
    ranked = Chooser(declined, {5: 2}, county.world).choice(kept, now, Rung.DIRECT).ranked
    points = {one.person_id: one.points for one in ranked}
    assert ranked[0].person_id == 2
    assert {person: one["declines"] for person, one in points.items()} == {1: -80, 2: 0, 3: 0}


FAR = (
    ("0101", 14, A2[0]),  # another village of the same township
    ("0101", 14, A2[1]),
    ("0101", 14, GUEST_A2),
    ("0901", 14, A1[1]),  # the village of a branch on one of its grids
)


@pytest.mark.parametrize(("category", "grid", "carer"), FAR)
def test_a_carer_of_another_branch_is_asked_first_where_one_is_chosen(county, now, category, grid, carer):
    order = replace(county.order(category, grid), household_id=5)
    choosing, without = (Chooser(EVERYBODY, carers, county.world) for carers in ({5: carer.person_id}, {}))
    above = county.world.branches.above(order.branch_id, category, "G")
    for rung in (Rung.DIRECT, None):
        choice, others = choosing.choice(order, now, rung), without.choice(order, now, rung)
        assert choice.best.person_id == carer.person_id
        assert choice.ranked[0].points["carer"] > 0
        assert [one for one in choice.ranked if one.person_id != carer.person_id] == [
            one for one in others.ranked if one.person_id != carer.person_id
        ]
        assert all(who_may(order, county.world, above.grid_id)(one.grants) for one in choice.people.values())
        assert choosing.choice(replace(order, declined=(carer.person_id,)), now, rung).best == others.best
    for rung in (Rung.GROUP, Rung.POOL, Rung.SIBLINGS):
        assert ids(choosing.choice(order, now, rung).candidates) == ids(without.choice(order, now, rung).candidates)


def test_a_carer_is_asked_as_far_as_the_branch_above_and_for_no_department(county, order, now):
    kept, beyond = replace(order, household_id=5), Chooser(EVERYBODY, {5: 7}, county.world)
    assert beyond.choice(kept, now, Rung.DIRECT) == Chooser(EVERYBODY, {}, county.world).choice(kept, now, Rung.DIRECT)
    risen = county.does(kept, Action.ESCALATE)
    assert beyond.choice(risen, now, Rung.DIRECT).best.person_id == B1[0].person_id
    top = county.does(risen, Action.ESCALATE)
    assert county.world.branches.above(top.branch_id, "0101", "G") is None
    assert beyond.choice(top, now, Rung.DIRECT).best.person_id == B1[0].person_id
    department = replace(county.order("0201", 14), household_id=5)
    for carer in (A1[0], B1[0]):
        asking = Chooser(EVERYBODY, {5: carer.person_id}, county.world)
        assert ids(asking.choice(department, now, Rung.DIRECT).candidates) == ids(DESK)


def test_a_carer_who_serves_no_more_or_nowhere_that_is_known_changes_nothing(county, order, now):
    kept = replace(order, household_id=5)
    plain = Chooser(EVERYBODY, {}, county.world).choice(kept, now, Rung.DIRECT)
    assert Chooser(EVERYBODY, {5: 99}, county.world).choice(kept, now, Rung.DIRECT) == plain
    lost = person(40, Role.MEMBER, 9999, 107)
    assert Chooser((*EVERYBODY, lost), {5: 40}, county.world).choice(kept, now, Rung.DIRECT) == plain


def test_of_equals_the_least_recently_served_is_asked(county, order, now):
    twins = [replace(A1[0], person_id=n, served_at=now.replace(hour=n)) for n in range(1, 9)]
    choice = Chooser(twins, {}, county.world).choice(order, now, Rung.DIRECT)
    assert [one.person_id for one in choice.first(None)] == list(range(1, 9))
    fresh = [*twins, replace(A1[0], person_id=9)]
    assert Chooser(fresh, {}, county.world).choice(order, now, Rung.DIRECT).best.person_id == 9


def test_equals_who_were_never_served_have_the_same_chance(county, order, now):
    twins = [replace(A1[0], person_id=n) for n in range(1, 5)]
    choosing = Chooser(twins, {}, county.world)
    first = Counter(choosing.choice(replace(order, id=n), now, Rung.DIRECT).best.person_id for n in range(800))
    assert all(150 < first[n] < 250 for n in range(1, 5)), first


people = st.lists(
    st.builds(
        person,
        st.integers(1, 40),
        st.sampled_from([Role.MEMBER, Role.GRID_WORKER, Role.IN_SERVICE]),
        st.sampled_from([4, 5, 8, 9, 10]),
        st.sampled_from([106, 107, 110, None]),
        capacity=st.integers(0, 4),
        load=st.integers(0, 4),
        skills=st.frozensets(st.sampled_from(["01", "0101", "09"])),
        leaves=st.sampled_from([(), ((date(2026, 3, 10), date(2026, 3, 10)),)]),
        declines=st.sampled_from([{}, {"01": 1}]),
    ),
    max_size=12,
    unique_by=lambda one: one.person_id,
)


@given(people, st.sampled_from(EVERY), st.randoms(use_true_random=False))
def test_the_choice_owes_nothing_to_the_order_of_the_rows(county, people, rung, chance):
    order, now = county.order("0101", 14), county.start
    before = Chooser(people, {}, county.world).choice(order, now, rung)
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert Chooser(shuffled, {}, county.world).choice(order, now, rung) == before


@given(people)
def test_each_wider_rung_asks_everybody_the_narrower_one_does(county, people):
    order, now = county.order("0101", 14), county.start
    direct, pool, around = (asked(county, order, now, rung, people) for rung in (Rung.DIRECT, Rung.POOL, Rung.SIBLINGS))
    assert direct <= pool <= around


@given(people, st.sampled_from(EVERY), st.dictionaries(st.integers(1, 40), st.integers(1, 3), max_size=5))
def test_orders_given_out_meanwhile_count_as_if_they_had_been_there(county, people, rung, taken):
    order, now = county.order("0101", 14), county.start
    loaded = [replace(one, load=one.load + taken.get(one.person_id, 0)) for one in people]
    after = Chooser(people, {}, county.world).choice(order, now, rung, taken)
    assert after.ranked == Chooser(loaded, {}, county.world).choice(order, now, rung).ranked


@given(people, st.sampled_from(EVERY), st.integers(0, 15))
def test_the_first_so_many_are_the_beginning_of_all_and_the_ledger_says_why(county, people, rung, most):
    choice = Chooser(people, {}, county.world).choice(county.order("0101", 14), county.start, rung)
    everybody = choice.first(None)
    assert choice.first(most) == everybody[:most]
    assert choice.best == (everybody[0] if everybody else None)
    why = choice.why()
    assert why["candidates"] == len(choice.ranked) == len(everybody) + sum(why["left_out"].values())
    assert [one["member"] for one in why["ranked"] if one["left_out"] is None] == [m.person_id for m in everybody]
    assert all(one["total"] == sum(one["points"].values()) for one in why["ranked"])


def test_whoever_changes_one_explanation_changes_no_other(county, order, now):
    choice = Chooser(EVERYBODY, {}, county.world).choice(order, now, Rung.POOL)
    before, spoiled = choice.why(), choice.why()
    assert any(one["points"] for one in before["ranked"])
    for one in spoiled["ranked"]:
        one["points"].clear()
    assert choice.why() == before


def test_no_more_are_asked_at_once_than_so_many(county, order, now):
    crowd = [person(n, Role.MEMBER, 8, 106) for n in range(1, MOST_ASKED + 100)]
    choice = Chooser(crowd, {}, county.world).choice(order, now, Rung.POOL)
    assert len(choice.first(None)) == len(choice.first(MOST_ASKED + 99)) == MOST_ASKED


def test_every_reason_has_its_words():
    assert set(LEFT_OUT) == set(LeftOut)
    assert all(zh and en for zh, en in LEFT_OUT.values())


def test_an_order_that_nobody_holds_has_no_candidates_and_an_unknown_branch_is_refused(county, order, now):
    choosing = Chooser(EVERYBODY, {}, county.world)
    assert choosing.choice(replace(order, branch_id=None), now).ranked == ()
    with pytest.raises(UnknownBranch):
        choosing.choice(replace(order, branch_id=999), now)

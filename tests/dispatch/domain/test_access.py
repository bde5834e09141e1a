"""Who stands to an order how, who sees it, and which parts: the list, the order and the actions always agree."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.access import (
    masked_name,
    masked_phone,
    may_reveal,
    parties,
    scopes,
    sees_contact,
    sees_internal,
    visible,
)
from dispatch.domain.acting import act
from dispatch.domain.order import SYSTEM, Actor, Grant
from dispatch.domain.vocabulary import Action, Party, Role, State

GRIDS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14)
grants = st.lists(
    st.builds(
        Grant,
        st.sampled_from(list(Role)),
        st.sampled_from(GRIDS),
        st.sampled_from([None, *range(101, 111)]),
    ),
    max_size=5,
).map(tuple)
some = st.tuples(
    st.sampled_from(GRIDS),
    st.sampled_from([None, *range(101, 111)]),
    st.lists(st.sampled_from(range(101, 111)), max_size=3, unique=True).map(tuple),
    st.sampled_from(list(State)),
    st.sampled_from([None, 1]),
    st.sampled_from([None, 1]),
    st.sampled_from([(), (1,), (2,), (1, 2)]),
)


def family(above, below):
    """The desks 102 and 104 stand above desks alone, the group 110 above nobody, all others above the grassroots."""
    if above is None:
        return True
    return above != 110 and (below is None or (above in (102, 104)) == (below in (102, 104)))


def orders(county, parts):
    grid, branch, passed, state, assignee, filer, asked = parts
    return replace(
        county.order(),
        grid_id=grid,
        branch_id=branch,
        supervisor_id=branch,
        co_branches=passed,
        state=state,
        assignee_id=assignee,
        filed_by=filer,
        offered=asked if state is State.OFFERED else (),
    )


@given(grants)
def test_the_scopes_of_roles_are_disjoint_intervals_in_order_that_cover_just_their_subtrees(county, held):
    tree = county.world.tree
    spans = scopes(Actor(1, held), tree)
    assert all(lo < hi for lo, hi in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    covered = {tree.at(place) for lo, hi in spans for place in range(lo, hi)}
    assert covered == {grid for grant in held for grid in tree.subtree(grant.grid_id)}


@given(grants, some, st.sampled_from([None, 1, 2]), st.booleans())
def test_an_order_is_seen_by_those_whose_list_shows_it_and_by_nobody_else(county, held, parts, person, code):
    order = orders(county, parts)
    reader = Actor(person, held, holds_code=code)
    tree = county.world.tree
    own = person is not None and person in (order.filed_by, order.assignee_id, *order.offered)
    below = person is not None and any(tree.within(order.grid_id, grant.grid_id) for grant in held)
    place = tree.position(order.grid_id)
    listed = person is not None and (own or any(lo <= place < hi for lo, hi in scopes(reader, tree)))
    assert visible(order, reader, county.world) == (code or own or below)
    assert visible(order, replace(reader, holds_code=False), county.world) == listed


@given(grants, some, st.sampled_from([1, 2]), st.booleans())
def test_nobody_acts_on_what_they_cannot_see_or_sees_parts_of_it(county, held, parts, person, code):
    order = orders(county, parts)
    reader = Actor(person, held, holds_code=code)
    if not visible(order, reader, county.world):
        assert parties(order, reader, county.world) == frozenset()
        assert not sees_contact(order, reader)
        assert not sees_internal(order, reader, county.world)
        for action in Action:
            with pytest.raises(errors.NotYours):
                act(order, county.command(county.order(), action), reader, county.start, county.world)


@given(grants, some, st.sampled_from([1, 2]))
def test_each_capacity_rests_on_its_own_ground(county, held, parts, person):
    order = orders(county, parts)
    found = parties(order, Actor(person, held), county.world)
    tree = county.world.tree
    seat = order.grid_id if order.branch_id is None else county.world.branches.get(order.branch_id).grid_id
    secretary = [grant for grant in held if grant.role is Role.SECRETARY and tree.within(order.grid_id, grant.grid_id)]
    above = [
        grant
        for grant in secretary
        if seat in tree.subtree(grant.grid_id)[1:] and family(grant.branch_id, order.branch_id)
    ]
    holding = [grant for grant in secretary if grant.branch_id is not None and grant.branch_id == order.branch_id]
    assert (Party.RESIDENT in found) == (person == order.filed_by)
    serving = (Role.MEMBER, Role.GRID_WORKER, Role.IN_SERVICE, Role.DESK_OFFICER)
    serves = any(grant.role in serving for grant in held)  # whose role has ended handles nothing any more
    asked = serves and order.state is State.OFFERED and person in order.offered
    assert (Party.OFFEREE in found) == (asked and order.offered == (person,))
    assert (Party.INVITEE in found) == (asked and len(order.offered) > 1)
    assert (Party.HANDLER in found) == (serves and person == order.assignee_id and order.state is not State.OFFERED)
    assert (Party.SECRETARY in found) == bool(above or holding)
    assert (Party.SUPERVISOR in found) == any(
        grant.role is Role.SUPERVISOR and tree.within(seat, grant.grid_id) and tree.within(order.grid_id, grant.grid_id)
        for grant in held
    )
    others = [grant for grant in secretary if grant not in above and grant not in holding]
    assert (Party.CO_HANDLER in found) == any(grant.branch_id in order.co_branches for grant in others)
    assert Party.SYSTEM not in found


def test_the_system_is_the_system_and_nothing_else(county):
    assert parties(county.order(), SYSTEM, county.world) == {Party.SYSTEM}
    assert visible(county.order(), SYSTEM, county.world)


def test_the_query_code_makes_its_holder_the_resident_even_without_a_login(county):
    assert parties(county.order(), county.resident, county.world) == {Party.RESIDENT}
    assert parties(county.order(), Actor(), county.world) == frozenset()
    assert not visible(county.order(), Actor(), county.world)


def test_a_secretary_without_a_branch_does_not_hold_what_nobody_holds(county_without_desks):
    order = replace(county_without_desks.order("0201", 4), branch_id=None)
    assert (
        parties(order, county_without_desks.people["secretary of nothing"], county_without_desks.world) == frozenset()
    )


def test_a_branch_that_sent_an_order_to_another_village_no_longer_takes_part(county):
    order = county.does(county.order(), Action.ESCALATE)
    secretary = county.people["secretary of A1"]
    assert parties(order, secretary, county.world) == {Party.CO_HANDLER}
    moved = county.does(order, Action.ROUTE, county.people["secretary of A"], grid_id=11)
    assert 106 in moved.co_branches
    assert parties(moved, secretary, county.world) == frozenset()
    assert not visible(moved, secretary, county.world)


@pytest.mark.parametrize("state", State)
def test_only_who_handles_it_sees_the_contact_and_only_while_they_do(county, state):
    order = county.at(state)
    for actor in county.actors().values():
        handles = order.assignee_id is not None and actor.person_id == order.assignee_id
        assert sees_contact(order, actor) == (handles and state in (State.ACCEPTED, State.PARKED))
        assert may_reveal(order, actor, county.world) == sees_contact(order, actor), "nobody is to be called yet"
    assert not sees_contact(order, Actor())


def test_the_handler_loses_the_contact_with_the_order(county):
    order = county.at(State.ACCEPTED)
    handler = county.assignee(order)
    assert sees_contact(order, handler)
    for action, actor in (
        (Action.HAND_BACK, handler),
        (Action.RECALL, county.people["secretary of A1"]),
        (Action.RESOLVE, handler),
        (Action.WITHDRAW, county.resident),
    ):
        assert not sees_contact(county.does(order, action, actor), handler)


def test_internal_notes_are_for_those_who_serve_there_and_not_for_the_resident(county):
    order = county.order(filed_by=31)
    assert sees_internal(order, county.people["secretary of A1"], county.world)
    assert visible(order, county.people["neighbours' head"], county.world)
    assert not sees_internal(order, county.people["neighbours' head"], county.world)  # a neighbour serves nobody here
    assert not sees_internal(order, county.people["secretary of B"], county.world)
    assert not sees_internal(order, county.resident, county.world)
    assert not sees_internal(replace(order, filed_by=99), county.nobody, county.world)
    handled = county.at(State.ACCEPTED)
    assert sees_internal(handled, county.assignee(handled), county.world)


def test_who_serves_elsewhere_is_a_resident_like_any_other(county):
    from_b = replace(county.people["member of B1"], holds_code=True)
    assert visible(county.order(), from_b, county.world)
    assert not sees_internal(county.order(), from_b, county.world)
    filed = county.order(filed_by=from_b.person_id)
    assert not sees_internal(filed, county.people["member of B1"], county.world)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        (None, None),
        ("13800005678", "138****5678"),
        ("0358-6322001", "035****2001"),
        ("6322001", "****"),
        ("110", "****"),
        ("", "****"),
    ],
)
def test_a_phone_number_shows_its_ends_or_nothing(phone, shown):
    assert masked_phone(phone) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [(None, None), ("张三", "张*"), ("欧阳修远", "欧*"), ("李", "李*"), ("𠮷田", "𠮷*"), ("", "*"), ("Ann", "A*")],
)
def test_a_name_shows_its_first_character_and_not_its_length(name, shown):
    assert masked_name(name) == shown


@given(st.text(alphabet="0123456789", min_size=11, max_size=20), st.randoms(use_true_random=False))
def test_a_masked_number_does_not_tell_what_it_hides(phone, chance: random.Random):
    hidden = "".join(chance.choice("0123456789") for _ in phone[3:-4])
    assert masked_phone(phone[:3] + hidden + phone[-4:]) == masked_phone(phone)


@pytest.mark.parametrize("who", ["secretary of A's desk", "secretary of the county's desk", "secretary of the group"])
def test_a_desk_s_secretary_stands_above_no_village_and_a_group_s_above_nobody(county, who):
    assert parties(county.at(State.ACCEPTED), county.people[who], county.world) == frozenset()


def test_nor_does_a_committee_s_secretary_dispatch_for_a_desk(county):
    order = county.order("0201")
    assert order.branch_id == 104
    assert parties(order, county.people["secretary of the county"], county.world) == frozenset()
    assert Party.SECRETARY in parties(order, county.people["secretary of the county's desk"], county.world)
    assert Party.SUPERVISOR in parties(order, county.people["supervisor of A"], county.world)


def test_after_its_answer_a_called_unit_s_secretary_and_who_answered_see_the_order_and_nobody_else(county):
    order = county.does(county.at(State.ACCEPTED), Action.WHISTLE, county.people["secretary of A1"], unit=108)
    member, secretary = county.people["member of B1"], Actor(66, (Grant(Role.SECRETARY, 6, 108),))
    assert visible(order, member, county.world)
    assert sees_internal(order, member, county.world)
    answered = county.does(order, Action.ANSWER, member)
    waived = county.does(order, Action.WAIVE, county.people["supervisor of the county"], assist=1)
    for over, sees in ((answered, True), (waived, False)):
        assert visible(over, member, county.world) == sees_internal(over, member, county.world) == sees
        assert visible(over, secretary, county.world)
        assert sees_internal(over, secretary, county.world)

"""Many orders over many members: what a pair costs, judged one by one, and that the spread keeps every rule."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.availability import why_not
from dispatch.domain.batching import WEIGHTS, Ground, costs_of, spread
from dispatch.domain.holding import who_may
from dispatch.domain.order import Grant, Order
from dispatch.domain.policy import DEFAULT
from dispatch.domain.serving import ServiceHours, Serving
from dispatch.domain.vocabulary import Owner, Role, State, Urgency
from dispatch.domain.world import Category, World
from grid_model.hours import WorkingCalendar
from grid_model.places import Places
from grid_model.routing import Branch, Branches
from grid_model.tree import Grid, Tree

NOW = datetime(2026, 7, 22, 2, tzinfo=UTC)  # ten in the morning of a Wednesday
CATEGORIES = {"0901": Owner.MEMBER, "0101": Owner.GRID, "0801": Owner.GRID, "0201": Owner.DEPARTMENT}
TREE = Tree(
    [
        Grid(1, "1", "县", 1, "县", "county", None),
        *(Grid(10 * n, f"1{n}", "镇", 2, "镇", "township", 1) for n in (1, 2)),
        *(Grid(10 * n + k, f"1{n}{k}", "村", 3, "村", "village", 10 * n) for n in (1, 2) for k in (1, 2, 3)),
    ]
)
WORLD = World(
    tree=TREE,
    branches=Branches(
        TREE,
        [
            Branch(1, "A", "县委", "committee", 1, frozenset()),
            Branch(2, "B", "镇党委", "committee", 10, frozenset()),
            Branch(3, "C", "县住建局", "desk", 1, frozenset()),
        ],
    ),
    places=Places(TREE, {}),
    categories={
        code: Category(code, code, code, code[:2], owner, Urgency.GENERAL) for code, owner in CATEGORIES.items()
    },
    policy=DEFAULT,
    calendar=WorkingCalendar(official_years=frozenset({2026})),
)
BELOW = st.sampled_from([grid for grid in TREE.subtree(10) if grid != 10])
NOTHING = {one.name: None for one in fields(Order)}


def order(number, category, urgency, grid_id, declined):
    branch = 3 if CATEGORIES[category] is Owner.DEPARTMENT else 2
    known = {
        "region": 1, "id": number, "kind": "request", "state": State.ROUTED, "version": 1, "category": category,
        "urgency": urgency, "grid_id": grid_id, "branch_id": branch, "supervisor_id": branch, "declined": declined,
        "clocks": {}, "promises": {}, "held": {}, "tried": (), "offered": (), "co_branches": (), "submitted_at": NOW,
    }  # fmt: skip
    return Order(**(NOTHING | known))


@st.composite
def members(draw, number):
    grants = st.one_of(
        st.builds(Grant, st.sampled_from([Role.MEMBER, Role.GRID_WORKER]), st.sampled_from(TREE.subtree(1)), st.none()),
        st.just(Grant(Role.DESK_OFFICER, 1, 3)),
        st.just(Grant(Role.SECRETARY, 10, 2)),
        st.just(Grant(Role.MEMBER, 999, None)),  # imported since this world was read
    )
    away = draw(st.sampled_from(["leave", "evenings", "quiet", None, None, None]))
    return Serving(
        person_id=number,
        code=f"P{number}",
        name="某",
        skills=frozenset(draw(st.lists(st.sampled_from(["09", "0101", "0201"]), max_size=2))),
        capacity=draw(st.integers(0, 4)),
        load=draw(st.integers(0, 3)),
        grants=tuple(draw(st.lists(grants, max_size=3))),
        leaves=((date(2026, 7, 20), date(2026, 7, 22)),) if away == "leave" else (),
        service_hours=ServiceHours((((evening := NOW.time().replace(hour=19)), evening.replace(hour=21)),), ())
        if away == "evenings"
        else None,
        quiet=(NOW.time().replace(hour=9), NOW.time().replace(hour=11)) if away == "quiet" else None,
        served_at=draw(st.none() | st.integers(0, 400).map(lambda hours: NOW - timedelta(hours=hours))),
    )


@st.composite
def days(draw):
    serving = [draw(members(number)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    declined = st.lists(st.sampled_from([1, 2, 77]), max_size=2, unique=True).map(tuple)
    orders = [
        order(
            number,
            draw(st.sampled_from(sorted(CATEGORIES))),
            draw(st.sampled_from(Urgency)),
            draw(BELOW),
            draw(declined),
        )
        for number in range(draw(st.integers(1, 6)))
    ]
    return orders, serving


def known(grants):
    return tuple(grant for grant in grants if grant.grid_id != 999)


@given(days())
def test_a_pair_costs_what_somebody_would_reckon_by_hand(day):
    orders, serving = day
    table = costs_of(orders, serving, 10, NOW, WORLD).table()
    for one, row in zip(orders, table, strict=True):
        for member, cost in zip(serving, row, strict=True):
            may = (
                who_may(one, WORLD, 10)(known(member.grants))
                and member.person_id not in one.declined
                and why_not(member, NOW, WORLD.calendar, one.urgency) is None
            )
            assert np.isfinite(cost) == may
            if not may:
                continue
            posts = [
                grant.grid_id
                for grant in known(member.grants)
                if grant.role is Role.DESK_OFFICER
                or (grant.role is not Role.SECRETARY and TREE.within(grant.grid_id, 10))
            ]
            travel = 20 * min(TREE.distance(one.grid_id, post) for post in posts)
            skill = 0 if {one.category, one.category[:2]} & member.skills else 60
            capacity = max(member.capacity, 1)
            load = 80 * min(member.load, capacity) // capacity
            since = 14 if member.served_at is None else min((NOW - member.served_at).days, 14)
            assert cost == travel + skill + load + 2 * (14 - since)


@given(days())
def test_a_spread_keeps_every_rule_and_explains_itself(day):
    orders, serving = day
    costs = costs_of(orders, serving, 10, NOW, WORLD)
    found = spread(orders, serving, 10, NOW, WORLD)
    assert sorted([*(one.order for one in found.placed), *found.nobody, *found.full]) == list(range(len(orders)))
    for at, member in enumerate(serving):
        mine = [one for one in found.placed if one.member == at]
        assert len(mine) + member.load <= max(member.capacity, member.load)
        for before, after in pairwise(sorted(mine, key=lambda one: one.points[Ground.LOAD])):
            assert after.points[Ground.LOAD] - before.points[Ground.LOAD] == costs.step[at]
    for one in found.placed:
        assert set(one.points) == set(Ground) == set(WEIGHTS)
        first = one.total - one.points[Ground.LOAD] + int(costs.load[one.member])
        assert costs.table()[one.order, one.member] == first
    for left in found.nobody:
        assert not (costs.may[left] & (costs.room > 0)).any()
    for left in found.full:  # whoever could take it is full by now
        given_to = [one.member for one in found.placed]
        assert all(given_to.count(at) == costs.room[at] for at in np.flatnonzero(costs.may[left]))


def test_where_there_is_no_order_or_no_member_nothing_is_spread():
    one = order(1, "0901", Urgency.GENERAL, 11, ())
    assert spread([one], [], 10, NOW, WORLD).nobody == (0,)
    assert spread([], [], 10, NOW, WORLD).placed == ()

"""待决事项: one thing is asked at a time, one level up, of somebody else; what nobody decides passes up (DOMAIN §5)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick
from dispatch.domain.order import Command
from dispatch.domain.vocabulary import Action, Clock, Matter, State
from grid_model.durations import Duration, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""

DAY = timedelta(days=1)
NEEDS = {"amount": Duration(3, Unit.DAY), "on": date(2026, 4, 1)}
MATTERS = (Matter.EXTEND, Matter.COMPLEX, Matter.PARK)


@pytest.fixture
def order(county):
    return county.at(State.ACCEPTED, now=START)


def ask(county, order, matter, now=START, by=None):
    command = Command(Action.ASK, matter=matter, **NEEDS)
    return act(order, command, by or county.assignee(order), now, county.world)


@pytest.mark.parametrize("matter", MATTERS)
def test_it_is_decided_one_level_up_and_both_sides_hear_of_it(county, order, matter):
    asked = ask(county, order, matter)
    assert asked.order.affairs.pending.decider == 103
    assert [notice.branch_id for notice in asked.notices] == [103]
    superior = county.people["secretary of A"]
    granted = act(asked.order, Command(Action(matter.value)), superior, START, county.world)
    assert granted.order.affairs.pending is None
    assert Clock.DECIDE not in granted.order.clocks
    assert {(notice.person_id, notice.branch_id) for notice in granted.notices} == {(None, 106), (1, None)}


def test_at_the_root_it_is_decided_there_but_by_somebody_else(county):
    order = county.at(State.ACCEPTED, "0101", 1)
    asker = county.people["secretary of the county"]
    order = ask(county, order, Matter.EXTEND, by=asker).order
    assert order.affairs.pending.decider == order.branch_id == 101
    with pytest.raises(errors.NotYours):
        county.does(order, Action.EXTEND, asker)
    county.does(order, Action.EXTEND, county.people["supervisor of the county"])


@pytest.mark.parametrize("matter", MATTERS)
def test_nobody_decides_what_they_asked_for_nor_below_nor_the_handler(county, order, matter):
    asker, superior = county.people["secretary of A1"], county.people["secretary of A"]
    both = replace(asker, grants=(*asker.grants, *superior.grants))
    handler = county.assignee(order)
    handler = replace(handler, grants=(*handler.grants, *county.people["supervisor of A"].grants))
    order = ask(county, order, matter, by=both).order
    granting = Action(matter.value)
    for actor in (both, handler, *(county.people[n] for n in ("secretary of A1", "secretary of A2", "secretary of B"))):
        assert granting not in actions(order, actor, START, county.world)
        with pytest.raises(errors.NotYours):
            county.does(order, granting, actor)
        with pytest.raises(errors.NotYours):
            county.does(order, Action.REFUSE, actor)
    may = {name for name, actor in county.people.items() if granting in actions(order, actor, START, county.world)}
    assert {"secretary of A", "supervisor of A", "secretary of the county", "supervisor of the county"} <= may
    assert all(county.world.tree.within(2, county.people[name].grants[0].grid_id) for name in may)


@pytest.mark.parametrize("asker", ["member of A2", "secretary of A2", "supervisor of A", "nobody"])
def test_only_the_handler_and_the_secretaries_ask(county, order, asker):
    with pytest.raises(errors.NotYours):
        ask(county, order, Matter.EXTEND, by=county.actors()[asker])


def test_one_thing_is_asked_at_a_time_and_what_is_granted_is_what_was_asked(county, order):
    order = ask(county, order, Matter.EXTEND).order
    with pytest.raises(errors.AlreadyAsked) as refused:
        ask(county, order, Matter.COMPLEX)
    assert Matter.EXTEND.zh in refused.value.text("zh")
    assert Action.ASK not in actions(order, county.assignee(order), START, county.world)
    for action in (Action.COMPLEX, Action.PARK, Action.HOLD):
        with pytest.raises(errors.NotNow):
            county.does(order, action, county.people["secretary of A"])


@pytest.mark.parametrize("matter", [None, Matter.RETURN, Matter.APPEAL])
def test_what_is_asked_for_is_one_of_the_things_that_can_be(county, order, matter):
    with pytest.raises(errors.Invalid):
        ask(county, order, matter)


def test_refused_nothing_changes_and_whoever_asked_hears_of_it(county, order):
    asked = ask(county, order, Matter.EXTEND).order
    refused = act(asked, Command(Action.REFUSE), county.people["secretary of A"], START, county.world)
    assert refused.order.promises == order.promises
    assert refused.order.clocks == order.clocks
    assert refused.order.affairs == order.affairs
    assert {(notice.person_id, notice.branch_id) for notice in refused.notices} == {(None, 106), (1, None)}
    ask(county, refused.order, Matter.EXTEND)  # and it may be asked again


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.HAND_BACK, Action.RECALL, Action.WITHDRAW])
@pytest.mark.parametrize("matter", MATTERS)
def test_what_is_no_longer_in_hand_needs_no_decision(county, order, matter, action):
    who = {Action.RECALL: county.people["secretary of A1"], Action.WITHDRAW: county.resident}
    after = county.does(ask(county, order, matter).order, action, who.get(action, county.assignee(order)))
    assert after.affairs.pending is None
    assert Clock.DECIDE not in after.clocks


def test_undecided_it_passes_up_while_the_order_stays_where_it_is(county, order):
    order = ask(county, order, Matter.EXTEND).order
    due = order.clocks[Clock.DECIDE]
    assert due == START + DAY
    passed = tick(order, due, county.world)
    assert [event.action for event in passed.events] == [Action.PASS_UP]
    order = passed.order
    assert (order.branch_id, order.affairs.pending.decider) == (106, 101)
    assert [notice.branch_id for notice in passed.notices] == [101]
    days = []
    while len(days) < 5:  # and from then on the root is reminded, once a working day
        due = order.clocks[Clock.DECIDE]
        reminded = tick(order, due, county.world)
        order = reminded.order
        if any(event.action is Action.PASS_UP for event in reminded.events):
            days.append(due.astimezone(SHANGHAI).date())
            assert 101 in {notice.branch_id for notice in reminded.notices}
    assert days == [date(2026, 3, day) for day in (12, 13, 16, 17, 18)]
    assert Action.EXTEND in actions(order, county.people["supervisor of the county"], due, county.world)


def test_passed_up_twice_in_an_outage_only_the_level_reached_is_told(county):
    order = county.at(State.ACCEPTED, "0801", now=START)
    order = ask(county, order, Matter.PARK).order
    late = tick(replace(order, clocks={Clock.DECIDE: order.clocks[Clock.DECIDE]}), START + DAY / 2, county.world)
    assert [event.data.get("root", False) for event in late.events] == [False, True]
    assert late.events[0].due_at == order.clocks[Clock.DECIDE]
    assert [notice.branch_id for notice in late.notices] == [101]


def test_where_no_branch_of_its_kind_stands_above_a_supervisor_decides_and_not_the_asking_branch(county):
    order = county.at(State.ACCEPTED, "0201", 1)
    order = ask(county, order, Matter.EXTEND).order
    assert order.affairs.pending.decider == order.branch_id == 102
    with pytest.raises(errors.NotYours):
        county.does(order, Action.EXTEND, county.people["secretary of the county's desk"])
    county.does(order, Action.EXTEND, county.people["supervisor of the county"])

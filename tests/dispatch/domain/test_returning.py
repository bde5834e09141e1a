"""退单: the superior decides where a returned order belongs; the resident's clocks know nothing of it (DOMAIN §5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick, wants_member
from dispatch.domain.order import Command
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Matter, ReturnReason, State

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""

REASON = {"reason_code": ReturnReason.OTHER_PLACE.value}


def returned(county, order, by="secretary of A1", now=START, **given):
    return county.does(order, Action.RETURN, county.people[by], now, **{"data": REASON, **given})


def promised(order):
    return order.promises, {clock: at for clock, at in order.clocks.items() if clock in MILESTONES}


@pytest.mark.parametrize("state", [State.ROUTED, State.OFFERED])
def test_it_goes_to_the_superior_with_reason_and_suggestion_and_no_promise_moves(county, state):
    order = county.at(state)
    outcome = act(
        order, Command(Action.RETURN, data=REASON, unit=107), county.people["secretary of A1"], START, county.world
    )
    after, event = outcome.order, outcome.events[0]
    assert (after.state, after.branch_id, after.co_branches) == (State.ROUTED, 103, (106,))
    assert (event.data["reason_code"], event.data["suggested"]) == ("other_place", 107)
    assert after.affairs.pending.matter is Matter.RETURN
    assert after.affairs.pending.decider == 103
    assert after.affairs.pending.suggested == 107
    assert promised(after) == promised(order)
    assert after.promised_at == order.promised_at
    assert (after.affairs.returns, after.affairs.returned_by) == (1, (106,))
    assert 103 in {notice.branch_id for notice in outcome.notices}


def test_returning_what_is_being_offered_ends_the_offers_and_says_so(county):
    order = county.at(State.OFFERED)
    member = county.assignee(order)
    outcome = act(order, Command(Action.RETURN, data=REASON), county.people["secretary of A1"], START, county.world)
    after = outcome.order
    assert (after.offered, after.assignee_id, after.tried) == ((), None, ())
    assert not {Clock.OFFER, Clock.DISPATCH} & set(after.clocks)
    assert Action.ACCEPT not in actions(after, member, START, county.world)
    with pytest.raises(errors.Refusal):
        county.does(after, Action.ACCEPT, member)
    assert member.person_id in {notice.person_id for notice in outcome.notices}


def test_nobody_is_offered_it_while_that_is_undecided_however_long(county):
    order = returned(county, county.at(State.ROUTED))
    now = START
    for _ in range(8 * 24):
        outcome = county.swept(order, now, [county.member("member of A1"), county.member("member of A2")])
        order = outcome.order
        assert not any(event.action is Action.OFFER for event in outcome.events)
        assert Clock.DISPATCH not in order.clocks
        assert not wants_member(order, now)
        assert order.state is State.ROUTED
        assert order.clocks, "something always falls due"
        now += timedelta(hours=1)
    assert order.listed


@pytest.mark.parametrize(
    "given",
    [
        {"data": {}},
        {"data": {"reason_code": "我不想办"}},
        {"category": "7777"},
        {"unit": 999},
        {"unit": 106},
    ],
)
def test_a_return_without_a_reason_or_with_a_suggestion_that_is_none_is_refused(county, given):
    with pytest.raises(errors.Invalid):
        returned(county, county.at(State.ROUTED), **given)


def test_every_fault_of_a_return_is_named_at_once(county):
    with pytest.raises(errors.Invalid) as refused:
        returned(county, county.at(State.ROUTED), data={}, unit=999, category="7777")
    assert {fault["field"] for fault in refused.value.data["faults"]} == {"reason_code", "unit", "category"}


@pytest.mark.parametrize("other", ["supervisor of A1", "supervisor of A"])
def test_only_the_holder_s_own_secretary_returns_it(county, other):
    order = county.at(State.ROUTED)
    with pytest.raises(errors.NotYours):
        returned(county, order, other)
    assert Action.RETURN not in actions(order, county.people["secretary of A"], START, county.world)
    with pytest.raises(errors.NotYours):
        returned(county, order, "secretary of A")


def test_at_the_root_there_is_nobody_to_return_it_to(county):
    order = county.order("0101", 1)
    assert order.branch_id == 101
    with pytest.raises(errors.NobodyAbove) as refused:
        returned(county, order, "secretary of the county")
    assert "最上一级" in refused.value.text("zh")
    assert Action.RETURN not in actions(order, county.people["secretary of the county"], START, county.world)


def test_the_superior_dispatches_it_anywhere_below_or_routes_it_by_place_category_or_to_a_unit(county):
    order = returned(county, county.at(State.ROUTED))
    superior = county.people["secretary of A"]
    offered = county.does(order, Action.OFFER, superior, members=(county.member("member of A2"),))
    assert (offered.state, offered.affairs.pending) == (State.OFFERED, None)
    for given, branch in (({"grid_id": 10}, 107), ({"category": "0201"}, 104), ({"unit": 103}, 103)):
        routed = county.does(order, Action.ROUTE, superior, **given)
        assert (routed.state, routed.branch_id, routed.affairs.pending) == (State.ROUTED, branch, None)
        assert Clock.DISPATCH in routed.clocks
        assert Clock.DECIDE not in routed.clocks
        assert promised(routed) == promised(order)


@pytest.mark.parametrize(("category", "unit"), [("0101", 999), ("0201", 103), ("0101", 108)])
def test_it_is_not_routed_to_a_unit_that_is_none_or_may_not_have_it(county, category, unit):
    order = returned(county, county.at(State.ROUTED))
    with pytest.raises(errors.Invalid):
        county.does(order, Action.ROUTE, county.people["secretary of A"], category=category, unit=unit)


def test_sent_back_it_waits_for_dispatch_where_it_came_from(county):
    order = returned(county, county.at(State.ROUTED))
    outcome = act(order, Command(Action.REFUSE), county.people["secretary of A"], START, county.world)
    back = outcome.order
    assert (back.branch_id, back.state, back.affairs.pending) == (106, State.ROUTED, None)
    assert Clock.DISPATCH in back.clocks
    assert Clock.DECIDE not in back.clocks
    assert promised(back) == promised(order)
    assert 106 in {notice.branch_id for notice in outcome.notices}


def test_whoever_returned_it_does_not_decide_about_it_in_another_capacity(county):
    order = returned(county, county.at(State.ROUTED))
    both = county.people["secretary of A1"]
    both = replace(both, grants=(*both.grants, *county.people["supervisor of A"].grants))
    with pytest.raises(errors.NotYours):
        county.does(order, Action.REFUSE, both)


def test_while_it_is_undecided_it_is_not_returned_again(county):
    order = returned(county, county.at(State.ROUTED))
    with pytest.raises(errors.AlreadyAsked):
        returned(county, order, "secretary of A")
    assert Action.RETURN not in actions(order, county.people["secretary of A"], START, county.world)


def test_after_two_returns_the_decision_binds(county):
    order, superior = county.at(State.ROUTED), county.people["secretary of A"]
    for _ in range(2):
        order = county.does(returned(county, order), Action.REFUSE, superior)
    assert Action.RETURN not in actions(order, county.people["secretary of A1"], START, county.world)
    with pytest.raises(errors.ReturnsBinding) as refused:
        returned(county, order)
    assert "2" in refused.value.text("zh")


def test_two_returns_bind_a_third_branch_that_never_returned_it(county):
    superior = county.people["secretary of A"]
    order = county.does(returned(county, county.at(State.ROUTED)), Action.ROUTE, superior, grid_id=10)
    order = county.does(returned(county, order, "secretary of A2"), Action.ROUTE, superior, grid_id=9)
    assert order.affairs.returned_by == (106, 107)
    assert order.branch_id == 106
    with pytest.raises(errors.ReturnsBinding):
        returned(county, order)


def test_a_department_s_matter_is_returned_to_the_desk_above_and_back_to_a_desk(county):
    order = county.order("0201", 14)
    assert order.branch_id == 104
    order = returned(county, order, "secretary of A's desk")
    assert (order.branch_id, order.affairs.pending.decider) == (102, 102)
    back = county.does(order, Action.REFUSE, county.people["secretary of the county's desk"])
    assert back.branch_id == 104


def test_sent_back_after_its_place_has_moved_it_goes_where_that_place_belongs(county):
    order = returned(county, county.at(State.ROUTED))
    moved = replace(order, grid_id=10)  # the tree changed, and 106 lies at or above it no more
    assert county.does(moved, Action.REFUSE, county.people["secretary of A"]).branch_id == 107


def test_the_acceptance_missed_while_undecided_raises_the_decision_with_the_order(county):
    order = returned(county, county.at(State.ROUTED))
    due = order.clocks[Clock.ACCEPT]
    assert due < order.clocks[Clock.DECIDE]
    after = tick(order, due, county.world).order
    assert (after.branch_id, after.affairs.pending.decider, after.level) == (101, 101, 1)
    assert after.clocks[Clock.DECIDE] > order.clocks[Clock.DECIDE]
    assert Clock.DISPATCH not in after.clocks
    assert county.does(after, Action.REFUSE, county.people["secretary of the county"], due).branch_id == 106


def undecided(county):
    """A returned order that nobody has to accept any more, so that only the decision is late."""
    order = returned(county, county.at(State.ROUTED))
    return replace(order, clocks={Clock.DECIDE: order.clocks[Clock.DECIDE]})


def test_undecided_it_passes_up_level_by_level_and_the_root_is_reminded_each_working_day(county):
    order, passed = undecided(county), []
    now = START
    while now < START + timedelta(days=7):
        outcome = tick(order, now, county.world)
        order = outcome.order
        passed += [(now.astimezone(SHANGHAI), event, outcome.notices) for event in outcome.events]
        now += timedelta(minutes=15)
    assert {event.action for _, event, _ in passed} == {Action.PASS_UP}
    assert [event.branch_id for _, event, _ in passed[:2]] == [101, 101]
    reminders = [(at.date(), at.hour) for at, event, _ in passed if event.data.get("root")]
    assert len({day for day, _ in reminders}) == len(reminders)
    assert all(at.weekday() < 5 for at, event, _ in passed)
    assert all(101 in {notice.branch_id for notice in told} for _, _, told in passed)
    assert order.affairs.pending.decider == 101
    assert not order.listed


def test_after_an_outage_there_is_one_pass_for_each_window_missed_with_its_due_time(county):
    order = undecided(county)
    steady, told = order, []
    now, end = START, START + timedelta(days=6)
    while now <= end:
        outcome = tick(steady, now, county.world)
        steady, told = outcome.order, [*told, *outcome.events]
        now += timedelta(minutes=15)
    late = tick(order, end, county.world)
    climbed = [event for event in told if not event.data.get("root")]
    assert [event.due_at for event in late.events if not event.data.get("root")] == [e.due_at for e in climbed]
    assert late.order.affairs.pending == steady.affairs.pending
    assert late.order.branch_id == steady.branch_id
    assert [event.data.get("root") for event in late.events].count(True) == 1
    assert late.order.clocks[Clock.DECIDE] > end


def test_both_clocks_missed_in_an_outage_the_order_stands_where_it_would_stand(county):
    order = returned(county, county.order())
    deep = replace(order, clocks={**order.clocks, Clock.DECIDE: order.clocks[Clock.ACCEPT] - timedelta(hours=1)})
    end = order.clocks[Clock.ACCEPT] + timedelta(minutes=1)
    steady, now = deep, START
    while now <= end:
        steady = tick(steady, now, county.world).order
        now += timedelta(minutes=1)
    late = tick(deep, end, county.world).order
    assert steady.listed
    for field in ("branch_id", "supervisor_id", "level", "listed", "affairs"):
        assert getattr(late, field) == getattr(steady, field), field


def test_in_an_outage_only_the_branch_that_decides_now_is_told(county):
    order = undecided(county)
    lower = replace(order.affairs, pending=replace(order.affairs.pending, decider=107))
    order = replace(order, branch_id=107, affairs=lower)
    outcome = tick(order, START + timedelta(days=6), county.world)
    assert len(outcome.events) > 2
    assert {notice.branch_id for notice in outcome.notices} == {101}


@pytest.mark.parametrize("action", [Action.WITHDRAW, Action.REDIRECT])
def test_what_ends_meanwhile_needs_no_decision(county, action):
    order = returned(county, county.at(State.ROUTED))
    actor = county.resident if action is Action.WITHDRAW else county.people["secretary of A"]
    after = county.does(order, action, actor)
    assert after.affairs.pending is None
    assert after.clocks == {}


def test_nobody_sends_it_above_their_own_grid_by_naming_a_unit(county):
    order = county.at(State.ROUTED)
    for given in ({"unit": 103}, {"unit": 101}, {"category": "0201", "unit": 102}):
        with pytest.raises(errors.Invalid):
            county.does(order, Action.ROUTE, county.people["secretary of A1"], **given)
    desk = county.does(order, Action.ROUTE, county.people["secretary of A1"], category="0201", unit=104)
    assert desk.branch_id == 104, "where the rules lead it, naming the unit or not"
    assert county.does(order, Action.ROUTE, county.people["supervisor of A"], unit=103).branch_id == 103


def test_whoever_returned_it_neither_routes_nor_offers_it_in_another_capacity(county):
    order = returned(county, county.at(State.ROUTED))
    both = county.people["secretary of A1"]
    both = replace(both, grants=(*both.grants, *county.people["secretary of A"].grants))
    offer = {"members": (county.member("member of A1"),)}
    for action, given in ((Action.ROUTE, {"grid_id": 10}), (Action.OFFER, offer)):
        with pytest.raises(errors.NotYours):
            county.does(order, action, both, **given)
        assert action not in actions(order, both, START, county.world)

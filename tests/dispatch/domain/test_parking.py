"""挂账、会办停时: what can't be done now stands still for a known time, and is never forgotten (DOMAIN §2, §5)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick
from dispatch.domain.order import Command
from dispatch.domain.vocabulary import OPEN_STATES, Action, Clock, Matter, State, Urgency
from grid_model.durations import Duration, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREE_DAYS = Duration(3, Unit.DAY)
STANDING = (Clock.CONTACT, Clock.RESOLVE)


@pytest.fixture
def order(county):
    return county.at(State.ACCEPTED, now=START)


def parked(county, order, days=30, now=START):
    return county.granted(order, Matter.PARK, now, on=(now + days * DAY).astimezone(SHANGHAI).date())


@given(st.sampled_from(list(Urgency)), st.integers(1, 365), st.integers(0, 10))
def test_it_stands_still_until_its_day_and_goes_on_by_itself_once_however_late_the_sweep(county, urgency, days, late):
    order = county.at(State.ACCEPTED, now=START, urgency=urgency)
    still = parked(county, order, days)
    assert still.state is State.PARKED
    assert still.clocks == {Clock.REVIEW: START + days * DAY}
    assert still.held == {clock: order.clocks[clock] for clock in STANDING}
    assert still.promises == order.promises
    assert tick(still, START + days * DAY - timedelta(seconds=1), county.world).events == ()
    outcome = tick(still, START + days * DAY + late * DAY, county.world)
    assert [event.action for event in outcome.events].count(Action.RESUME) == 1
    resumed = outcome.events[0]
    assert (resumed.action, resumed.to_state, resumed.due_at) == (Action.RESUME, State.ACCEPTED, START + days * DAY)
    on = outcome.order
    for clock in STANDING:
        assert on.promises[clock] == order.promises[clock] + days * DAY, "by the parked time, not by the outage"
        told = datetime.fromisoformat(resumed.data["promises_before"][clock.value])
        assert told == order.promises[clock]
    assert (on.held, on.paused_at) == ({}, None)
    assert on.assignee_id in {notice.person_id for notice in outcome.notices}


def test_it_counts_as_open_and_is_not_overdue(county, order):
    still = parked(county, order)
    assert still.state in OPEN_STATES
    assert still.ended_at is None
    assert not still.overdue(START + 29 * DAY)
    assert {Action.URGE, Action.WITHDRAW, Action.NOTE} <= set(
        actions(still, county.resident, START + DAY, county.world)
    )


def test_what_was_missed_before_stays_missed_and_goes_on_rising(county, order):
    due = order.promises[Clock.CONTACT]
    order = tick(order, due, county.world).order
    assert order.level == 1
    still = parked(county, order, 30, due)
    assert still.promises[Clock.CONTACT] == due
    on = tick(still, due + 30 * DAY, county.world).order
    assert on.promises[Clock.CONTACT] == due, "a promise that was broken is not made whole by parking"
    assert on.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE] + 30 * DAY
    assert on.clocks[Clock.CONTACT] > due + 30 * DAY, "a working day was left"
    assert on.overdue(due + 30 * DAY)


@pytest.mark.parametrize("days", [0, -1, 366, 20_000])
def test_its_day_lies_within_a_year_from_tomorrow(county, order, days):
    with pytest.raises(errors.Invalid) as refused:
        county.asked(order, Matter.PARK, START, on=START.date() + days * DAY)
    assert "2027-03-10" in refused.value.data["faults"][0]["zh"]
    county.asked(order, Matter.PARK, START, on=START.date() + 365 * DAY)


def test_a_day_must_be_named(county, order):
    with pytest.raises(errors.Invalid):
        county.asked(order, Matter.PARK, START, on=None)


def test_however_often_it_is_parked_it_is_a_year_in_all(county, order):
    order = tick(parked(county, order, 300), START + 300 * DAY, county.world).order
    now = START + 301 * DAY
    with pytest.raises(errors.Invalid):
        county.asked(order, Matter.PARK, now, on=now.date() + 65 * DAY)
    order = tick(parked(county, order, 64, now), now + 64 * DAY, county.world).order
    assert order.state is State.ACCEPTED
    with pytest.raises(errors.Invalid):
        county.asked(order, Matter.PARK, now + 65 * DAY, on=(now + 66 * DAY).date())


def test_granted_after_its_day_it_is_not_parked(county, order):
    asked = county.asked(order, Matter.PARK, START, on=date(2026, 3, 11))
    superior = county.people["secretary of A"]
    with pytest.raises(errors.ReviewPassed):
        county.does(asked, Action.PARK, superior, START + DAY)
    assert Action.PARK not in actions(asked, superior, START + DAY, county.world)
    assert Action.REFUSE in actions(asked, superior, START + DAY, county.world)


@pytest.mark.parametrize("who", ["member of A1", "secretary of A1", "supervisor of A"])
def test_it_is_taken_up_early_by_whoever_has_it_in_hand(county, order, who):
    on = county.does(parked(county, order), Action.RESUME, county.people[who], START + 5 * DAY)
    assert (on.state, on.assignee_id) == (State.ACCEPTED, order.assignee_id)
    assert Clock.REVIEW not in on.clocks
    assert on.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE] + 5 * DAY
    assert tick(on, START + 5 * DAY, county.world).events == ()


@pytest.mark.parametrize("who", ["member of A2", "secretary of A2"])
def test_nobody_else_takes_it_up(county, order, who):
    with pytest.raises(errors.NotYours):
        county.does(parked(county, order), Action.RESUME, county.people[who])


def test_the_resident_may_withdraw_it(county, order):
    after = county.does(parked(county, order), Action.WITHDRAW, county.resident, START + DAY)
    assert (after.state, after.clocks, after.held, after.paused_at) == (State.WITHDRAWN, {}, {}, None)


def test_where_its_handler_has_left_the_secretary_takes_it_up_and_gives_it_to_another(county, order):
    still = parked(county, order)
    secretary, now = county.people["secretary of A1"], START + DAY
    on = county.does(still, Action.RESUME, secretary, now)
    free = county.does(on, Action.RECALL, secretary, now)
    assert (free.state, free.assignee_id) == (State.ROUTED, None)
    assert tick(still, START + 30 * DAY, county.world).order.state is State.ACCEPTED, "and by itself it goes on, too"


def test_a_listed_order_is_reminded_of_again_once_it_is_taken_up(county):
    order = county.at(State.ACCEPTED, "0101", 1, now=START)
    due = order.clocks[Clock.CONTACT]
    order = tick(order, due, county.world).order
    assert order.listed
    asked = county.asked(order, Matter.PARK, due)
    still = county.does(asked, Action.PARK, county.people["supervisor of the county"], due)
    assert Clock.REMIND not in still.clocks
    assert still.listed
    on = tick(still, still.clocks[Clock.REVIEW], county.world).order
    assert on.listed
    assert on.clocks[Clock.REMIND] > still.clocks[Clock.REVIEW]


def test_the_resident_contacted_while_it_is_parked_is_contacted(county, order):
    still = county.does(parked(county, order), Action.CONTACT, county.assignee(order), START + DAY)
    assert set(still.held) == {Clock.RESOLVE}
    on = tick(still, START + 30 * DAY, county.world).order
    assert Clock.CONTACT not in on.clocks
    assert on.contacted_at == START + DAY


def test_parked_while_the_resident_is_waited_for_each_standstill_counts_once(county, order):
    handler = county.assignee(order)
    waiting = county.does(order, Action.PAUSE, handler, START + HOUR)
    still = parked(county, waiting, 30, START + 3 * HOUR)
    assert still.paused_at == START + 3 * HOUR
    assert Clock.RESUME not in still.clocks
    on = tick(still, START + 3 * HOUR + 30 * DAY, county.world).order
    assert on.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE] + 2 * HOUR + 30 * DAY


def test_it_is_not_resolved_or_handed_on_while_it_is_parked(county, order):
    still = parked(county, order)
    for action in (Action.RESOLVE, Action.HAND_BACK, Action.PAUSE, Action.ASK):
        with pytest.raises(errors.NotNow):
            county.does(still, action, county.assignee(order))


def called(county, order, units=(104,), amount=THREE_DAYS, now=START, **given):
    secretary = county.people["secretary of A1"]
    for unit in units:
        order = county.does(order, Action.WHISTLE, secretary, now, unit=unit, amount=amount, **given)
    return order


def held(county, order, now=START):
    return county.granted(order, Matter.HOLD, now)


def test_the_clocks_stand_still_for_a_department_until_it_answers(county, order):
    still = held(county, called(county, order))
    assert still.state is State.ACCEPTED
    assert still.held == {clock: order.clocks[clock] for clock in STANDING}
    assert still.clocks[Clock.RESUME] == START + 3 * DAY
    assert not still.waited, "the one pause for the resident is not used by it"
    outcome = act(still, Command(Action.ANSWER), county.people["officer of A"], START + DAY, county.world)
    assert [event.action for event in outcome.events] == [Action.ANSWER, Action.RESUME]
    assert outcome.order.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE] + DAY
    assert not outcome.order.affairs.holding


def test_it_ends_with_the_last_answer_that_is_required_or_done_without(county, order):
    still = held(county, called(county, order, (104, 102)))
    one = county.does(still, Action.ANSWER, county.people["officer of A"], START + HOUR)
    assert one.paused_at == START
    both = county.does(one, Action.WAIVE, county.people["supervisor of A"], START + 2 * HOUR, assist=2)
    assert both.paused_at is None
    assert both.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE] + 2 * HOUR


def test_it_ends_with_the_sub_deadline_of_those_who_are_left(county, order):
    order = called(county, order, (104,), Duration(9, Unit.DAY))
    still = held(county, called(county, order, (102,), Duration(2, Unit.DAY)))
    assert still.clocks[Clock.RESUME] == START + 9 * DAY
    one = county.does(still, Action.ANSWER, county.people["officer of A"], START + HOUR)
    assert one.clocks[Clock.RESUME] == START + 2 * DAY
    late = tick(one, START + 5 * DAY, county.world)
    resumed = next(event for event in late.events if event.action is Action.RESUME)
    assert resumed.due_at == START + 2 * DAY
    assert late.order.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE] + 2 * DAY


def test_the_answer_of_whoever_has_time_left_ends_it_where_the_others_are_late(county, order):
    order = called(county, order, (102,), Duration(2, Unit.DAY))
    still = held(county, called(county, order, (104,), Duration(9, Unit.DAY)))
    outcome = act(still, Command(Action.ANSWER), county.people["officer of A"], START + 4 * DAY, county.world)
    assert [event.action for event in outcome.events] == [Action.ANSWER, Action.RESUME]


@pytest.mark.parametrize(("unit", "required"), [(107, True), (104, False)])
def test_only_for_a_department_whose_answer_is_required_does_it_stand_still(county, order, unit, required):
    with pytest.raises(errors.Invalid):
        held(county, called(county, order, (unit,), required=required))
    with pytest.raises(errors.Invalid):
        held(county, order)


def test_nor_for_a_department_whose_time_is_up(county, order):
    with pytest.raises(errors.Invalid):
        held(county, called(county, order), START + 3 * DAY)


def test_never_for_the_resident_and_a_department_at_once(county, order):
    order, handler = called(county, order), county.assignee(order)
    still = held(county, order)
    with pytest.raises(errors.NotNow):
        county.does(still, Action.PAUSE, handler, START + HOUR)
    assert county.does(still, Action.NOTE, county.resident, START + HOUR).paused_at == START
    waiting = county.does(order, Action.PAUSE, handler, START)
    with pytest.raises(errors.NotNow):
        held(county, waiting, START + HOUR)
    asked = county.asked(order, Matter.HOLD, START)
    waiting = county.does(asked, Action.PAUSE, handler, START)
    with pytest.raises(errors.NotNow):
        county.does(waiting, Action.HOLD, county.people["secretary of A"], START + HOUR)


def test_answered_before_it_was_decided_nobody_need_decide(county, order):
    asked = county.asked(called(county, order), Matter.HOLD, START)
    after = county.does(asked, Action.ANSWER, county.people["officer of A"], START + HOUR)
    assert after.affairs.pending is None
    assert Clock.DECIDE not in after.clocks


def test_parked_while_a_department_is_waited_for_it_is_not_holding_any_more(county, order):
    still = held(county, called(county, order))
    away = parked(county, still, 30, START + DAY)
    assert not away.affairs.holding
    answered = county.does(away, Action.ANSWER, county.people["officer of A"], START + 2 * DAY)
    assert (answered.state, answered.paused_at) == (State.PARKED, START + DAY)
    on = tick(answered, START + 31 * DAY, county.world).order
    assert on.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE] + 31 * DAY

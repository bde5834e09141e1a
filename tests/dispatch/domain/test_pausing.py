"""While the resident is waited for the promise stands still: once, for a day at most, and in the open."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick
from dispatch.domain.order import Command
from dispatch.domain.vocabulary import Action, Clock, State, Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
DAY = timedelta(hours=24)
STANDING = (Clock.CONTACT, Clock.RESOLVE)
urgencies = st.sampled_from([Urgency.GENERAL, Urgency.URGENT, Urgency.COMPLEX, Urgency.CRITICAL])
waits = st.integers(1, 24 * 60 - 1).map(lambda minutes: timedelta(minutes=minutes))


def paused(county, since=START, **given):
    order = county.at(State.ACCEPTED, now=START, **given)
    return county.does(order, Action.PAUSE, county.assignee(order), since)


@given(urgencies, st.integers(0, 29), waits)
def test_the_promise_moves_by_exactly_the_pause_and_stays_in_view(county, urgency, before, wait):
    since = START + timedelta(minutes=before)
    order = county.at(State.ACCEPTED, now=START, urgency=urgency)
    handler = county.assignee(order)
    still = county.does(order, Action.PAUSE, handler, since)
    assert still.held == {clock: order.clocks[clock] for clock in STANDING}
    assert set(still.clocks) == {Clock.RESUME}
    outcome = act(still, Command(Action.RESUME), handler, since + wait, county.world)
    assert outcome.order.clocks[Clock.RESOLVE] == order.clocks[Clock.RESOLVE] + wait
    for clock in STANDING:
        assert outcome.order.promises[clock] == order.promises[clock] + wait
        told = datetime.fromisoformat(outcome.events[0].data["promises_before"][clock.value])
        assert told == order.promises[clock]
    assert outcome.order.promises[Clock.ACCEPT] == order.promises[Clock.ACCEPT]
    assert (outcome.order.held, outcome.order.paused_at, outcome.order.waited) == ({}, None, True)
    with pytest.raises(errors.WaitedBefore):
        county.does(outcome.order, Action.PAUSE, handler, since + wait)
    assert Action.PAUSE not in actions(outcome.order, handler, since + wait, county.world)


@given(urgencies, st.integers(0, 3 * 24 * 60))
def test_it_ends_by_itself_after_a_day_however_late_that_is_noticed(county, urgency, outage):
    order = paused(county, urgency=urgency)
    end = START + DAY
    assert order.clocks[Clock.RESUME] == end
    assert tick(order, end - timedelta(minutes=1), county.world).events == ()
    on_time = tick(order, end, county.world).order
    late = tick(order, end + timedelta(minutes=outage), county.world)
    assert late.events[0].action is Action.RESUME
    assert late.order.promises == on_time.promises
    steady = tick(on_time, end + timedelta(minutes=outage), county.world).order
    assert (late.order.level, late.order.supervisor_id) == (steady.level, steady.supervisor_id)


@given(urgencies, st.integers(0, 24 * 60 - 1))
def test_nothing_rises_and_nothing_is_overdue_while_the_resident_is_waited_for(county, urgency, minutes):
    order, now = paused(county, urgency=urgency), START + timedelta(minutes=minutes)
    assert not order.overdue(now)
    assert tick(order, now, county.world).events == ()


def test_the_resident_s_note_ends_it(county):
    order = paused(county)
    now = START + timedelta(hours=5)
    outcome = act(order, Command(Action.NOTE), county.resident, now, county.world)
    assert [event.action for event in outcome.events] == [Action.NOTE, Action.RESUME]
    assert outcome.events[1].data["because"] == "answered"
    assert outcome.order.clocks[Clock.RESOLVE] == order.held[Clock.RESOLVE] + timedelta(hours=5)
    assert [notice.person_id for notice in outcome.notices] == [order.assignee_id]
    noted = act(order, Command(Action.NOTE), county.assignee(order), now, county.world)
    assert noted.order.paused_at is not None, "the handler's own note does not"


@pytest.mark.parametrize("action", [Action.HAND_BACK, Action.RECALL, Action.RESOLVE, Action.WITHDRAW])
def test_whatever_ends_the_handling_ends_it(county, action):
    order = paused(county)
    who = {Action.RECALL: county.people["secretary of A1"], Action.WITHDRAW: county.resident}
    now = START + timedelta(hours=5)
    after = county.does(order, action, who.get(action, county.assignee(order)), now)
    assert (after.held, after.paused_at, after.waited) == ({}, None, True)
    assert Clock.RESUME not in after.clocks
    if after.state is State.ROUTED:
        assert after.clocks[Clock.RESOLVE] == order.held[Clock.RESOLVE] + timedelta(hours=5)
        assert tick(after, START + DAY, county.world).order.paused_at is None


def test_what_was_missed_before_is_missed_all_the_same(county):
    order = county.at(State.ACCEPTED, "0801", now=START)
    late = order.clocks[Clock.CONTACT]  # and the sweep has not come yet
    still = county.does(order, Action.PAUSE, county.assignee(order), late)
    assert set(still.held) == {Clock.RESOLVE}
    assert tick(still, late, county.world).order.level == order.level + 1
    over = order.clocks[Clock.RESOLVE]
    with pytest.raises(errors.NotNow):
        county.does(order, Action.PAUSE, county.assignee(order), over)


def test_a_reopened_order_may_wait_for_the_resident_once_more(county):
    order = paused(county)
    done = county.does(order, Action.RESOLVE, county.assignee(order), START)
    again = county.does(done, Action.REOPEN, county.resident, START)
    assert not again.waited


@pytest.mark.parametrize("hours", [1, 12, 24])
def test_the_warnings_still_to_come_wait_too(county, hours):
    order = county.at(State.ACCEPTED, now=START)
    since = START + timedelta(days=2)  # contact was warned of at half its time, not yet at four fifths
    order = tick(order, since, county.world).order
    assert Clock.CONTACT_50 not in order.clocks
    still = county.does(order, Action.PAUSE, county.assignee(order), since)
    on = county.does(still, Action.RESUME, county.assignee(order), since + timedelta(hours=hours))
    assert on.clocks == {clock: at + timedelta(hours=hours) for clock, at in order.clocks.items()}

"""Catching up: after any outage an order stands where a sweep each minute would have put it."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.clockwork import tick
from dispatch.domain.policy import DEFAULT
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Party, State, Urgency
from grid_model.hours import deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
RISES = {Action.ESCALATE, Action.SUPERVISE}


def rises(events):
    """What rose for a milestone that was missed: which, when it was due, and where it went."""
    return [
        (e.action, e.data["missed"], e.due_at, e.level, e.branch_id)
        for e in events
        if e.action in RISES and e.data["missed"] in MILESTONES
    ]


def milestones(order):
    return {clock: due for clock, due in order.clocks.items() if clock in MILESTONES}


filed = st.integers(0, 330 * 24 * 60).map(lambda minute: datetime(2026, 1, 1, tzinfo=SHANGHAI) + minute * MINUTE)
urgencies = st.sampled_from(list(Urgency))


@given(filed, urgencies, st.sampled_from([14, 9, 11, 12, 7, 2, 1]))
def test_each_rise_falls_when_the_policy_says(county, now, urgency, grid):
    order = replace(county.order("0101", grid, now=now), urgency=urgency)
    seats, above = [order.branch_id], order.branch_id
    while (higher := county.world.branches.above(above, "0101", "G")) is not None:
        above = higher.id
        seats.append(above)
    due = deadline(now, DEFAULT.duration(Clock.ACCEPT, urgency, "0101"), county.world.calendar)
    order = replace(order, clocks={Clock.ACCEPT: due})
    outcome = tick(order, due + timedelta(days=60), county.world)
    expected = []
    for level, seat in enumerate(seats[1:], 1):
        expected.append((Action.ESCALATE, Clock.ACCEPT, due, level, seat))
        due = deadline(due, DEFAULT.rise_duration(urgency, "0101"), county.world.calendar)
    expected.append((Action.SUPERVISE, Clock.ACCEPT, due, len(seats) - 1, seats[-1]))
    assert rises(outcome.events) == expected
    assert {event.party for event in outcome.events} == {Party.SYSTEM}


outages = st.integers(0, 6 * 24 * 60)


@settings(max_examples=60)
@given(filed, urgencies, outages, st.booleans(), st.sampled_from(["0101", "1001", "0201"]))
def test_after_an_outage_a_waiting_order_stands_where_each_minute_s_sweep_would_have_put_it(
    county, now, urgency, outage, asked, category
):
    order = county.order(category, 11, now=now, urgency=urgency)
    candidates = [county.member("officer of A" if category == "0201" else "member of A2")] if asked else []
    end = now + outage * MINUTE
    steady, events = county.minutely(order, now, end, candidates)
    late = tick(order, end, county.world)
    assert rises(late.events) == rises(events)
    for name in ("level", "branch_id", "supervisor_id", "co_branches", "listed", "promises"):
        assert getattr(late.order, name) == getattr(steady, name)
    assert milestones(late.order) == milestones(steady)
    assert {event.at for event in late.events} <= {end}


@settings(max_examples=40)
@given(filed, urgencies, outages, st.booleans())
def test_after_an_outage_a_handled_order_is_supervised_where_each_minute_s_sweep_would_have_put_it(
    county, now, urgency, outage, contacted
):
    order = county.at(State.ACCEPTED, now=now, urgency=urgency)
    if contacted:
        order = county.does(order, Action.CONTACT, county.assignee(order), now)
    end = now + outage * MINUTE
    steady, events = county.minutely(order, now, end)
    late = tick(order, end, county.world)
    assert rises(late.events) == rises(events)
    assert milestones(late.order) == milestones(steady)
    for name in ("level", "branch_id", "supervisor_id", "assignee_id", "state", "listed"):
        assert getattr(late.order, name) == getattr(steady, name)


@given(filed, urgencies, st.integers(0, 90 * 24 * 60), st.sampled_from([State.ROUTED, State.OFFERED, State.ACCEPTED]))
def test_after_any_outage_everybody_is_told_once_and_only_those_whom_it_reached(county, now, urgency, outage, state):
    order = county.at(state, now=now, urgency=urgency)
    end = now + outage * MINUTE
    outcome = tick(order, end, county.world)
    told = [(notice.person_id, notice.branch_id) for notice in outcome.notices]
    assert len(told) == len(set(told))
    assert {branch for _, branch in told} <= {None, outcome.order.branch_id, outcome.order.supervisor_id}
    assert {notice.version for notice in outcome.notices} <= {event.version for event in outcome.events}
    again = tick(outcome.order, end, county.world)
    assert (again.order, again.events, again.notices) == (outcome.order, (), ())


@settings(max_examples=30)
@given(filed, urgencies, st.integers(0, 3 * 24 * 60), st.booleans())
def test_the_ladder_and_the_warnings_change_nothing_about_where_an_order_stands(county, now, urgency, outage, handled):
    order = county.at(State.ACCEPTED if handled else State.ROUTED, now=now, urgency=urgency)
    everybody = [county.member(name) for name in ("member of A1", "grid worker of A1", "member of A2", "member of B1")]
    end = now + outage * MINUTE
    steady, events = county.minutely(order, now, end, everybody)
    late = county.swept(order, end, everybody)
    assert rises(late.events) == rises(events)
    for name in ("branch_id", "supervisor_id", "level", "listed", "promises"):
        assert getattr(late.order, name) == getattr(steady, name)
    assert milestones(late.order) == milestones(steady)
    warned = [(event.data["milestone"], event.data["percent"]) for event in late.events if event.action is Action.WARN]
    given = [(event.data["milestone"], event.data["percent"]) for event in events if event.action is Action.WARN]
    assert set(warned) <= set(given), "what was missed in the meantime is not warned of any more"
    assert len(given) == len(set(given))
    offers = [event for event in late.events if event.action is Action.OFFER]
    assert len(offers) <= 1, "a rung that nobody could have been asked on was not climbed"
    told = [(notice.person_id, notice.branch_id) for notice in late.notices]
    assert len(told) == len(set(told))

"""Deadlines reckoned anew: by the ledger alone, never due at once, once for each change, and the old ones on record."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.acting import act
from dispatch.domain.clockwork import tick
from dispatch.domain.order import Command
from dispatch.domain.policy import DEFAULT, EMERGENCY
from dispatch.domain.retiming import RETIMED, retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, State, Urgency
from grid_model.hours import deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
HANDLED = (Action.OFFER, Action.ACCEPT)


def lived(county, *actions, start=START, **given):
    """An order with all its events, after what its member does at once."""
    outcome = county.filed(now=start, **given)
    order, events = outcome.order, list(outcome.events)
    for action in actions:
        actor = county.people["secretary of A1"] if action is Action.OFFER else county.people["member of A1"]
        chosen = (county.member("member of A1"),) if action is Action.OFFER else ()
        outcome = act(order, Command(action, members=chosen), actor, start, county.world)
        order, events = outcome.order, [*events, *outcome.events]
    return order, events


def by(county, policy):
    return replace(county.world, policy=policy)


def ruled(*rows):
    return DEFAULT.overridden([(urgency.value, "", clock, length) for urgency in Urgency for clock, length in rows])


def test_a_longer_policy_moves_what_is_open_and_keeps_the_old_promise_on_record(county):
    order, events = lived(county, *HANDLED)
    world = by(county, ruled(("contact", "5d"), ("resolve", "9d")))
    outcome = retimed(order, reckon(events), "policy", START + HOUR, world)
    (event,) = outcome.events
    assert (event.action, event.from_state, event.to_state) == (Action.RETIME, State.ACCEPTED, State.ACCEPTED)
    assert event.data["because"] == "policy"
    for clock, days in ((Clock.CONTACT, 5), (Clock.RESOLVE, 9)):
        assert outcome.order.promises[clock] == outcome.order.clocks[clock] == START + timedelta(days=days)
        assert datetime.fromisoformat(event.data["promises_before"][clock.value]) == order.promises[clock]
        assert datetime.fromisoformat(event.data["clocks_before"][clock.value]) == order.clocks[clock]
    assert outcome.order.clocks[Clock.CONTACT_50] == START + timedelta(days=2.5)
    assert outcome.order.promises[Clock.ACCEPT] == order.promises[Clock.ACCEPT], "that one is kept already"


waits = st.integers(0, 40 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
lengths = st.sampled_from(["1m", "2h", "1d", "3d", "2wd", "11wh", "30ah", "40d", "same_day"])


@given(waits, lengths, lengths, lengths, st.sampled_from([(), HANDLED[:1], HANDLED]), st.sampled_from(list(Urgency)))
def test_nothing_is_due_at_once_that_was_not_and_reckoning_twice_changes_nothing(
    county, now, contact, resolve, rise, actions, urgency
):
    order, events = lived(county, *actions, urgency=urgency)
    ticked = tick(order, now, county.world)
    order, events = ticked.order, [*events, *ticked.events]
    policy = DEFAULT.overridden(
        [(urgency.value, "", word, text) for word, text in (("contact", contact), ("resolve", resolve), ("rise", rise))]
    )
    world = by(county, policy)
    outcome = retimed(order, reckon(events), "policy", now, world)
    if outcome is None:
        return
    window = deadline(now, policy.rise_duration(urgency, order.category), county.world.calendar)
    for before, after in ((order.clocks, outcome.order.clocks), (order.promises, outcome.order.promises)):
        for clock in set(before) & set(after) & set(MILESTONES):
            assert after[clock] >= min(before[clock], window)
    assert outcome.order.state is order.state
    again = [*events, *outcome.events]
    for later in (now, now + HOUR):
        assert retimed(outcome.order, reckon(again), "policy", later, world) is None


def test_a_holiday_that_is_declared_moves_the_day_s_deadline_and_back(county):
    order, events = lived(county, start=START.replace(hour=17))  # due at noon of the next working day
    assert order.promises[Clock.ACCEPT] == datetime(2026, 3, 11, 12, tzinfo=SHANGHAI)
    holiday = replace(county.world, calendar=county.world.calendar.changed({date(2026, 3, 11): False}))
    outcome = retimed(order, reckon(events), "calendar", START.replace(hour=18), holiday)
    assert outcome.order.promises[Clock.ACCEPT] == datetime(2026, 3, 12, 12, tzinfo=SHANGHAI)
    assert outcome.order.clocks[Clock.ACCEPT] == outcome.order.promises[Clock.ACCEPT]
    assert outcome.order.promises[Clock.RESOLVE] == order.promises[Clock.RESOLVE], "natural days run through holidays"
    events += outcome.events
    back = retimed(outcome.order, reckon(events), "calendar", START.replace(hour=19), county.world)
    # a working day from 19:00 on Tuesday ends at the close of Wednesday: noon would be sooner than a level's window
    assert back.order.promises[Clock.ACCEPT] == datetime(2026, 3, 11, 17, 30, tzinfo=SHANGHAI)


def test_a_calendar_of_another_township_moves_nothing(county):
    order, events = lived(county)
    holiday = county.world.calendar.changed({date(2026, 3, 10): False})
    for grid, moved in ((3, False), (2, True), (4, True), (5, False)):
        world = replace(county.world, calendars={grid: holiday})
        assert (retimed(order, reckon(events), "calendar", START, world) is not None) is moved


@pytest.mark.parametrize("policy", [EMERGENCY, ruled(("offer", "1m"), ("accept", "3d"))])
def test_the_window_of_a_rung_that_somebody_was_told_of_stays(county, policy):
    order, events = lived(county)
    now = START + 2 * HOUR
    outcome = county.swept(order, now, [county.member("member of A1"), county.member("grid worker of A1")])
    order, events = outcome.order, [*events, *outcome.events]
    assert order.rung == 1
    after = retimed(order, reckon(events), "policy", now, by(county, policy)).order
    assert after.clocks[Clock.OFFER] == order.clocks[Clock.OFFER]
    assert after.clocks[Clock.ACCEPT] != order.clocks[Clock.ACCEPT]


@given(st.integers(1, 23 * 60), st.sampled_from(["2d", "4d", "20wh"]), st.integers(0, 60))
def test_what_stands_still_is_reckoned_too_and_moves_by_the_whole_pause(county, minutes, length, later):
    order, events = lived(county, *HANDLED, Action.PAUSE)
    world = by(county, ruled(("contact", length), ("resolve", "12d")))
    outcome = retimed(order, reckon(events), "policy", START, world)
    still = outcome.order
    assert set(still.clocks) == {Clock.RESUME}
    assert still.held[Clock.RESOLVE] == still.promises[Clock.RESOLVE] == START + timedelta(days=12)
    assert still.held[Clock.CONTACT] == still.promises[Clock.CONTACT]
    end = START + timedelta(minutes=minutes)
    resumed = act(still, Command(Action.RESUME), county.people["member of A1"], end, world)
    assert resumed.order.clocks[Clock.RESOLVE] == START + timedelta(days=12, minutes=minutes)
    told = [*events, *outcome.events, *resumed.events]
    assert retimed(resumed.order, reckon(told), "policy", end + timedelta(minutes=later), world) is None


def test_nobody_may_take_longer_to_accept_than_to_resolve_by_other_rules_neither(county):
    order, events = lived(county, *HANDLED, urgency=Urgency.CRITICAL)
    now = START + timedelta(minutes=110)
    outcome = act(order, Command(Action.HAND_BACK), county.people["member of A1"], now, county.world)
    order, events = outcome.order, [*events, *outcome.events]
    assert order.clocks[Clock.ACCEPT] == order.clocks[Clock.RESOLVE] == START + 2 * HOUR
    assert retimed(order, reckon(events), "policy", now, county.world) is None
    after = retimed(order, reckon(events), "policy", now, by(county, ruled(("resolve", "123m")))).order
    assert after.clocks[Clock.ACCEPT] == after.clocks[Clock.RESOLVE] == START + timedelta(minutes=123)
    longer = retimed(order, reckon(events), "policy", now, by(county, ruled(("resolve", "9h")))).order
    assert longer.clocks[Clock.ACCEPT] == now + timedelta(minutes=15)


@pytest.mark.parametrize("state", [state for state in State if state in RETIMED and state is not State.PARKED])
def test_wherever_clocks_run_they_can_be_reckoned_anew(county, state):
    assert retimed(county.at(state), reckon(()), "policy", START, by(county, EMERGENCY)) is None, "nothing is known"
    rows = [("rate", "9d")] if state is State.RESOLVED else []
    actions = {State.OFFERED: HANDLED[:1], State.ACCEPTED: HANDLED, State.RESOLVED: (*HANDLED, Action.RESOLVE)}
    order, events = lived(county, *actions.get(state, ()))
    outcome = retimed(order, reckon(events), "policy", START, by(county, ruled(*rows) if rows else EMERGENCY))
    assert outcome.events[0].to_state is order.state
    assert outcome.order.clocks != order.clocks

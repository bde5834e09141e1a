"""What an order says about its own clocks and promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.vocabulary import MILESTONES, OPEN_STATES, Action, Clock, State

START = datetime(2026, 3, 10, 2, tzinfo=UTC)
moments = st.integers(0, 20).map(lambda hours: START + timedelta(hours=hours))
clocks = st.dictionaries(st.sampled_from(list(Clock)), moments)
promises = st.fixed_dictionaries(dict.fromkeys(MILESTONES, moments))
states = st.one_of(st.just(State.ACCEPTED), st.sampled_from([state for state in State if state is not State.NEW]))


@given(clocks)
def test_the_next_clock_is_the_earliest(county, running):
    found = replace(county.order(), clocks=running).next_clock
    if not running:
        assert found is None
    else:
        clock, at = found
        assert running[clock] == at == min(running.values())


@given(clocks, promises, states)
def test_what_the_resident_is_shown_is_never_a_window_inside_the_house(county, running, promised, state):
    order = replace(county.order(), clocks=running, promises=promised, state=state)
    shown = order.next_milestone
    public = {clock: at for clock, at in running.items() if clock in (*MILESTONES, Clock.RATE)}
    if public:
        assert shown[1] == public[shown[0]] == min(public.values())
    elif Clock.REMIND in running and state in OPEN_STATES:
        assert shown == order.next_promise
    else:
        assert shown is None


@given(promises, states, st.booleans(), moments)
def test_a_promise_is_overdue_from_its_moment_on_until_it_is_kept(county, promised, state, contacted, now):
    order = replace(
        county.order(), promises=promised, state=state, contacted_at=START if contacted else None, clocks={}
    )
    kept = set()
    if state not in OPEN_STATES:
        kept = set(MILESTONES)
    if state is State.ACCEPTED:
        kept |= {Clock.ACCEPT}
    if contacted:
        kept |= {Clock.CONTACT}
    waiting = {clock: at for clock, at in promised.items() if clock not in kept}
    assert order.next_promise == min(waiting.items(), key=lambda item: (item[1], item[0]), default=None)
    assert order.overdue(now) == any(at <= now for at in waiting.values())


def test_what_is_over_is_never_overdue(county):
    late = county.start + timedelta(days=400)
    for state in (State.RESOLVED, State.CLOSED, State.WITHDRAWN, State.REDIRECTED):
        assert not county.at(state).overdue(late)
    for state in (State.RECEIVED, State.ROUTED, State.OFFERED, State.ACCEPTED):
        assert county.at(state).overdue(late)


def test_after_its_result_the_resident_is_shown_their_own_turn(county):
    order = county.at(State.RESOLVED)
    assert order.next_milestone == (Clock.RATE, order.clocks[Clock.RATE])
    assert county.at(State.CLOSED).next_milestone is None


def test_an_old_promise_stays_in_view_beside_the_new_one(county):
    order = county.at(State.CLOSED)
    later = county.start + timedelta(days=3)
    again = county.does(order, Action.REOPEN, county.resident, later)
    assert all(again.promises[clock] > order.promises[clock] for clock in MILESTONES)
    assert again.clocks[Clock.ACCEPT] == again.promises[Clock.ACCEPT]


@pytest.mark.parametrize("name", ["state", "version", "clocks"])
def test_an_order_is_not_changed_in_place(county, name):
    with pytest.raises(AttributeError):
        setattr(county.order(), name, None)

"""A promise that draws near is warned of: at half and at four fifths of its time, once, to those who can keep it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.clockwork import tick
from dispatch.domain.vocabulary import MILESTONES, WARNINGS, Action, Clock, State, Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
ALL = {warning for pair in WARNINGS.values() for warning, _ in pair}


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


# An order of 10:00 on Tuesday, accepted at once; contact in 3 days, the result in 7. Acceptance by the end of the day:
# five working hours remain (10:00-12:00 and 14:30-17:30), half of them have passed at 15:00 and four fifths at 16:30.
BY_HAND = {
    Clock.ACCEPT_50: at(10, 15),
    Clock.ACCEPT_80: at(10, 16, 30),
    Clock.CONTACT_50: at(11, 22),
    Clock.CONTACT_80: at(12, 19, 36),
    Clock.RESOLVE_50: at(13, 22),
    Clock.RESOLVE_80: at(16, 0, 24),
}


def test_the_warnings_stand_at_half_and_at_four_fifths(county):
    waiting, handled = county.order(), county.at(State.ACCEPTED)
    found = {clock: due for order in (waiting, handled) for clock, due in order.clocks.items() if clock in ALL}
    assert found == BY_HAND


@pytest.mark.parametrize("urgency", Urgency)
def test_each_is_given_once_in_order_and_changes_nothing_else(county, urgency):
    order = county.at(State.ACCEPTED, urgency=urgency)
    end = order.promises[Clock.RESOLVE]
    now, given = county.start, []
    for due in sorted(due for clock, due in order.clocks.items() if clock in ALL):
        while now < due:
            now = min(due, now + (due - now) / 2 + MINUTE)
            outcome = tick(order, now, county.world)
            given += [
                (event.data["milestone"], event.data["percent"])
                for event in outcome.events
                if event.action is Action.WARN
            ]
            order = outcome.order
            if Clock.CONTACT in order.clocks and order.clocks[Clock.CONTACT] - now < MINUTE * 2:
                order = county.does(order, Action.CONTACT, county.assignee(order), now)
    assert now < end
    assert len(given) == len(set(given))
    assert {("resolve", 50), ("resolve", 80), ("contact", 50), ("contact", 80)} >= set(given) >= {("resolve", 80)}
    assert order.state is State.ACCEPTED


def told(outcome):
    return {(notice.person_id, notice.branch_id): notice.notice for notice in outcome.notices}


def test_at_half_the_handler_is_told_and_at_four_fifths_the_branch_too(county):
    order = county.at(State.ACCEPTED)
    half = tick(order, BY_HAND[Clock.CONTACT_50], county.world)
    assert told(half) == {(1, None): "warn.accepted"}
    later = tick(half.order, BY_HAND[Clock.CONTACT_80], county.world)
    assert told(later) == {(1, None): "warn.accepted", (None, 106): "warn.accepted"}


@pytest.mark.parametrize("state", [State.RECEIVED, State.ROUTED, State.OFFERED])
def test_while_nobody_has_it_only_the_branch_is_told_and_only_at_four_fifths(county, state):
    order = county.at(state)
    half = tick(order, BY_HAND[Clock.ACCEPT_50], county.world)
    assert Action.WARN in {event.action for event in half.events}
    assert "warn" not in {notice.notice.split(".")[0] for notice in half.notices}
    later = tick(half.order, BY_HAND[Clock.ACCEPT_80], county.world)
    assert (None, half.order.branch_id) in told(later)


def test_they_go_with_the_milestone_that_stops(county):
    order = county.order()
    accepted = county.at(State.ACCEPTED)
    assert not {Clock.ACCEPT_50, Clock.ACCEPT_80} & set(accepted.clocks)
    contacted = county.does(accepted, Action.CONTACT, county.assignee(accepted))
    assert ALL & set(contacted.clocks) == {Clock.RESOLVE_50, Clock.RESOLVE_80}
    assert not ALL & set(county.does(contacted, Action.RESOLVE, county.assignee(accepted)).clocks)
    assert not ALL & set(county.does(order, Action.WITHDRAW, county.resident).clocks)


def test_what_is_missed_is_not_warned_of_any_more_nor_is_what_rose(county):
    order = county.order()
    outcome = tick(order, order.promises[Clock.ACCEPT], county.world)
    assert [event.action for event in outcome.events] == [Action.ESCALATE]
    assert not ALL & set(outcome.order.clocks)
    back = county.at(State.ACCEPTED)
    back = county.does(back, Action.HAND_BACK, county.assignee(back))
    assert not {Clock.ACCEPT_50, Clock.ACCEPT_80} & set(back.clocks), "the second clock is a level's window"


def test_after_an_outage_each_is_told_once_of_the_last_warning(county):
    order = county.at(State.ACCEPTED)
    order = county.does(order, Action.CONTACT, county.assignee(order))
    outcome = tick(order, order.clocks[Clock.RESOLVE] - MINUTE, county.world)
    assert [event.data["percent"] for event in outcome.events] == [50, 80]
    last = outcome.events[-1].version
    assert {(n.person_id, n.branch_id, n.version) for n in outcome.notices} == {(1, None, last), (None, 106, last)}
    assert set(outcome.order.clocks) & set(MILESTONES) == {Clock.RESOLVE}

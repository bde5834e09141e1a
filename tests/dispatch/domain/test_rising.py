"""督办: a supervisor's word may name a day; then the order is spoken of again, once (DOMAIN §5)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.clockwork import tick
from dispatch.domain.order import Command
from dispatch.domain.vocabulary import Action, Clock, Matter, State

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""


def supervised(county, order, on=date(2026, 3, 12), now=START):
    return county.does(order, Action.SUPERVISE, county.people["supervisor of A"], now, on=on)


def test_on_the_day_named_it_is_spoken_of_again_once_and_no_promise_moves(county):
    order = supervised(county, county.at(State.ACCEPTED, now=START))
    due = START + timedelta(days=2)
    assert order.clocks[Clock.SUPERVISE] == due
    outcome = tick(order, due + timedelta(hours=5), county.world)
    reminders = [event for event in outcome.events if event.data.get("missed") == Clock.SUPERVISE]
    assert [event.due_at for event in reminders] == [due]
    assert {order.assignee_id, 22} <= {notice.person_id for notice in outcome.notices}, "and who set the day"
    assert Clock.SUPERVISE not in outcome.order.clocks
    assert outcome.order.promises == order.promises
    assert (outcome.order.level, outcome.order.listed) == (0, False)


def test_a_later_word_replaces_the_day_and_one_without_a_day_leaves_it(county):
    order = supervised(county, county.at(State.ACCEPTED, now=START))
    assert supervised(county, order, None).clocks == order.clocks
    assert supervised(county, order, date(2026, 3, 20)).clocks[Clock.SUPERVISE] == START + timedelta(days=10)


@pytest.mark.parametrize("on", [date(2026, 3, 10), date(2026, 3, 9), date(2027, 3, 11)])
def test_the_day_lies_within_a_year_from_tomorrow(county, on):
    with pytest.raises(errors.Invalid):
        supervised(county, county.at(State.ACCEPTED, now=START), on)


def test_the_day_stands_while_it_is_parked_and_is_void_with_the_result(county):
    order = supervised(county, county.at(State.ACCEPTED, now=START))
    assert Clock.SUPERVISE in county.granted(order, Matter.PARK, START).clocks
    done = act(order, Command(Action.RESOLVE), county.assignee(order), START, county.world).order
    assert Clock.SUPERVISE not in done.clocks


def test_of_several_each_has_their_own_day_and_takes_nothing_from_another(county):
    order = supervised(county, county.at(State.ACCEPTED, now=START), date(2026, 3, 13))
    later = county.does(order, Action.SUPERVISE, county.people["supervisor of A1"], START, on=date(2026, 3, 20))
    assert later.clocks[Clock.SUPERVISE] == START + timedelta(days=3)
    first = tick(later, START + timedelta(days=3), county.world)
    assert {21, 22} & {notice.person_id for notice in first.notices} == {22}
    assert first.order.clocks[Clock.SUPERVISE] == START + timedelta(days=10)
    sooner = county.does(order, Action.SUPERVISE, county.people["supervisor of A1"], START, on=date(2026, 3, 11))
    assert sooner.clocks[Clock.SUPERVISE] == START + timedelta(days=1)
    assert tick(sooner, START + timedelta(days=1), county.world).order.clocks[Clock.SUPERVISE] == START + timedelta(3)


def test_what_was_parked_is_taken_up_before_the_eyes_of_its_branch(county):
    parked = county.granted(county.at(State.ACCEPTED, now=START), Matter.PARK, START)
    outcome = tick(parked, parked.clocks[Clock.REVIEW], county.world)
    assert {(notice.person_id, notice.branch_id) for notice in outcome.notices} == {(1, None), (None, 106)}

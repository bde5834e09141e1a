"""吹哨、会办: units are called to answer, one leads, and whoever is late is told level by level (DOMAIN §5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick
from dispatch.domain.order import Actor, Command, Grant
from dispatch.domain.vocabulary import Action, Clock, Grade, Matter, Party, ReturnReason, Role, State
from dispatch.domain.world import World
from grid_model.durations import Duration, Unit
from grid_model.routing import Branch, Branches

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TWO_DAYS = Duration(2, Unit.DAY)


@pytest.fixture
def order(county):
    handled = county.at(State.ACCEPTED, now=START)
    return county.does(handled, Action.CONTACT, county.assignee(handled))


def whistle(county, order, unit, now=START, by="secretary of A1", **given):
    command = Command(Action.WHISTLE, unit=unit, **{"amount": TWO_DAYS, **given})
    return act(order, command, county.people[by], now, county.world)


def called(county, order, *units, **given):
    for unit in units:
        order = whistle(county, order, unit, **given).order
    return order


def test_several_units_are_called_each_with_its_own_time_and_answer(county, order):
    one = whistle(county, order, 104)
    assert [notice.branch_id for notice in one.notices] == [104]
    both = whistle(county, one.order, 107, amount=Duration(5, Unit.DAY), required=False).order
    first, second = both.affairs.assists
    assert (first.number, first.branch, first.required, first.due) == (1, 104, True, START + 2 * DAY)
    assert (second.number, second.branch, second.required, second.due) == (2, 107, False, START + 5 * DAY)
    assert both.clocks[Clock.ASSIST] == START + 2 * DAY
    assert (both.branch_id, both.assignee_id) == (order.branch_id, order.assignee_id), "one leads"
    assert both.promises == order.promises
    outcome = act(both, Command(Action.ANSWER), county.people["secretary of A2"], START + DAY, county.world)
    first, second = outcome.order.affairs.assists
    assert (first.open, second.open, second.answered_by, second.answered_at) == (True, False, 12, START + DAY)
    assert outcome.events[0].party is Party.ASSISTANT
    assert outcome.events[0].data["late"] is False
    assert {(notice.person_id, notice.branch_id) for notice in outcome.notices} == {(None, 106), (1, None)}


def test_where_no_time_is_named_the_policy_names_it(county, order):
    assert called(county, order, 104, amount=None).affairs.assists[0].due == START + 3 * DAY


@pytest.mark.parametrize("unit", [None, 999, 106])
def test_the_unit_is_another_one_of_the_county(county, order, unit):
    with pytest.raises(errors.Invalid):
        whistle(county, order, unit)


def test_a_unit_that_is_no_more_is_not_called(county, order):
    branches = [replace(one, active=one.id != 107) for one in county.world.branches]
    world = replace(county.world, branches=Branches(county.world.tree, branches))
    with pytest.raises(errors.Invalid):
        whistle(replace(county, world=world), order, 107)


@pytest.mark.parametrize("amount", [Duration(61, Unit.DAY), Duration(9000, Unit.DAY), Duration(200, Unit.WORKING_DAY)])
def test_nobody_is_given_longer_than_the_matter_itself_could_ever_take(county, order, amount):
    with pytest.raises(errors.Invalid) as refused:
        whistle(county, order, 104, amount=amount)
    assert refused.value.data["faults"][0]["field"] == "due"


def test_a_unit_is_called_again_once_it_has_answered_not_before(county, order):
    order = called(county, order, 104)
    with pytest.raises(errors.Invalid):
        whistle(county, order, 104)
    order = county.does(order, Action.ANSWER, county.people["officer of A"], START + HOUR)
    again = called(county, order, 104, now=START + 2 * HOUR)
    assert [(one.number, one.open) for one in again.affairs.assists] == [(1, False), (2, True)]


@pytest.mark.parametrize("who", ["member of A1", "secretary of A1", "supervisor of A"])
def test_whoever_leads_or_stands_above_calls(county, order, who):
    assert called(county, order, 104, by=who).affairs.assists


@pytest.mark.parametrize("who", ["member of A2", "secretary of A2", "officer of A"])
def test_nobody_else_calls(county, order, who):
    with pytest.raises(errors.NotYours):
        whistle(county, order, 104, by=who)


@pytest.mark.parametrize("who", ["officer of A", "secretary of A's desk"])
def test_anybody_who_speaks_for_the_unit_answers_once(county, order, who):
    order, actor = called(county, order, 104), county.people[who]
    assert Action.ANSWER in actions(order, actor, START, county.world)
    order = county.does(order, Action.ANSWER, actor)
    assert order.affairs.assists[0].answered_by == actor.person_id
    assert Action.ANSWER not in actions(order, actor, START, county.world)
    with pytest.raises(errors.NotYours):
        county.does(order, Action.ANSWER, actor)


def test_who_speaks_for_two_units_answers_for_the_one_they_name(county, order):
    order = called(county, order, 104, 107)
    both = Actor(40, (Grant(Role.DESK_OFFICER, 2, 104), Grant(Role.MEMBER, 5, 107)))
    second = county.does(order, Action.ANSWER, both, assist=2)
    assert [one.open for one in second.affairs.assists] == [True, False]
    with pytest.raises(errors.Invalid):
        county.does(second, Action.ANSWER, both, assist=2)
    assert county.does(second, Action.ANSWER, both).affairs.open_assists() == ()


def test_a_unit_from_elsewhere_sees_the_order_it_was_called_to_and_answers(county, order):
    order = called(county, order, 108)
    answered = county.does(order, Action.ANSWER, county.people["member of B1"])
    assert answered.affairs.open_assists() == ()


def test_no_result_while_an_answer_is_required_in_words_that_name_the_unit(county, order):
    order, handler = called(county, order, 104, 107), county.assignee(order)
    with pytest.raises(errors.AnswersOpen) as refused:
        county.does(order, Action.RESOLVE, handler)
    assert "组织104、组织107" in refused.value.text("zh")
    assert Action.RESOLVE not in actions(order, handler, START, county.world)
    order = county.does(order, Action.ANSWER, county.people["officer of A"])
    order = county.does(order, Action.WAIVE, county.people["supervisor of A"], assist=2)
    assert county.does(order, Action.RESOLVE, handler).state is State.RESOLVED


def test_answers_nobody_requires_are_void_with_the_result_and_stay_so_when_it_is_done_again(county, order):
    order = called(county, order, 107, required=False)
    done = county.does(order, Action.RESOLVE, county.assignee(order))
    assert [one.void for one in done.affairs.assists] == [True]
    assert Clock.ASSIST not in done.clocks
    again = county.does(done, Action.RATE, county.resident, grade=Grade.DISSATISFIED)
    assert again.state is State.ROUTED
    assert again.affairs.open_assists() == ()
    assert Clock.ASSIST not in again.clocks
    assert Action.ANSWER not in actions(again, county.people["secretary of A2"], START, county.world)


@pytest.mark.parametrize("who", ["secretary of A1", "member of A1", "officer of A", "secretary of A2"])
def test_only_the_superior_does_without_an_answer(county, order, who):
    with pytest.raises(errors.NotYours):
        county.does(called(county, order, 104), Action.WAIVE, county.people[who], assist=1)


def test_what_the_superior_does_without_is_on_record_and_the_unit_hears_of_it(county, order):
    order = called(county, order, 104)
    outcome = act(order, Command(Action.WAIVE, assist=1), county.people["secretary of A"], START, county.world)
    assert outcome.order.affairs.assists[0].waived_by == 13
    assert [notice.branch_id for notice in outcome.notices] == [104]
    with pytest.raises(errors.Invalid):
        county.does(called(county, order, 107), Action.WAIVE, county.people["secretary of A"], assist=7)


def late_walk(county, order, end):
    told, now = [], START
    while now <= end:
        outcome = tick(order, now, county.world)
        order = outcome.order
        branches = {notice.branch_id for notice in outcome.notices}
        told += [(now, event, branches) for event in outcome.events if event.data.get("because") == "assist"]
        now += timedelta(minutes=30)
    return order, told


def test_late_first_the_unit_is_told_then_its_superiors_and_the_top_once_each_working_day(county, order):
    order = called(county, order, 107)
    after, told = late_walk(county, order, START + 8 * DAY)
    assert [sorted(branches & {101, 103, 107}) for _, _, branches in told[:3]] == [[107], [103, 107], [101, 107]]
    assert told[0][0] == START + 2 * DAY
    assert [at.astimezone(SHANGHAI).date().day for at, _, _ in told] == [12, 13, 16, 17, 18]
    assert all(101 in branches for _, _, branches in told[2:])
    assert (after.branch_id, after.state, after.assignee_id) == (106, State.ACCEPTED, 1)
    assert after.affairs.assists[0].late
    answered = act(after, Command(Action.ANSWER), county.people["member of A2"], START + 9 * DAY, county.world)
    assert answered.events[0].data["late"] is True
    assert Clock.ASSIST not in answered.order.clocks


def test_after_an_outage_each_window_missed_is_told_once_and_only_the_level_reached(county, order):
    order = replace(called(county, order, 107), promises={}, clocks={Clock.ASSIST: START + 2 * DAY})
    steady, told = late_walk(county, order, START + 5 * DAY)
    outcome = tick(order, START + 5 * DAY, county.world)
    assert [event.due_at for event in outcome.events] == [event.due_at for _, event, _ in told]
    assert outcome.order.affairs.assists == steady.affairs.assists
    assert {notice.branch_id for notice in outcome.notices} == {103, 107}


def test_of_several_the_next_one_due_is_reminded(county, order):
    order = called(county, called(county, order, 104, amount=Duration(5, Unit.DAY)), 107)
    assert order.clocks[Clock.ASSIST] == START + 2 * DAY
    order = county.does(order, Action.ANSWER, county.people["member of A2"], START + DAY)
    assert order.clocks[Clock.ASSIST] == START + 5 * DAY
    late = tick(order, START + 5 * DAY, county.world)
    assert [event.data["unit"] for event in late.events if event.data.get("because") == "assist"] == [104]


def test_it_waits_for_the_answer_wherever_the_order_goes(county, order):
    order = called(county, order, 104)
    for action, who in ((Action.HAND_BACK, "member of A1"), (Action.RECALL, "secretary of A1")):
        moved = county.does(order, action, county.people[who])
        assert moved.clocks[Clock.ASSIST] == START + 2 * DAY
        assert moved.affairs.open_assists()
    parked = county.granted(order, Matter.PARK, START)
    assert parked.clocks[Clock.ASSIST] == START + 2 * DAY
    assert county.does(parked, Action.ANSWER, county.people["officer of A"]).affairs.open_assists() == ()


def test_whoever_leads_by_now_owes_itself_no_answer(county):
    order = called(county, county.at(State.ROUTED, now=START), 103, 104)
    reason = {"reason_code": ReturnReason.BEYOND_MEANS.value}
    returned = county.does(order, Action.RETURN, county.people["secretary of A1"], data=reason)
    risen = tick(order, order.clocks[Clock.ACCEPT], county.world).order
    for moved in (returned, risen):
        assert moved.branch_id == 103
        assert [(one.branch, one.open, one.void) for one in moved.affairs.assists] == [
            (103, False, True),
            (104, True, False),
        ]
        assert moved.clocks[Clock.ASSIST] == START + 2 * DAY
    alone = called(county, county.at(State.ROUTED, now=START), 103)
    assert Clock.ASSIST not in county.does(alone, Action.RETURN, county.people["secretary of A1"], data=reason).clocks


def without(world: World, unit: int) -> World:
    branches = [Branch(b.id, b.code, b.name, b.kind, b.grid_id, b.categories, b.id != unit) for b in world.branches]
    return replace(world, branches=Branches(world.tree, branches))


def test_a_unit_that_is_no_more_is_late_too_and_the_superior_does_without_it(county, order):
    order = called(county, order, 107)
    after = replace(county, world=without(county.world, 107))
    late, told = late_walk(after, order, START + 4 * DAY)
    assert 103 in told[-1][2]
    assert after.does(late, Action.WAIVE, after.people["supervisor of A"], assist=1).affairs.open_assists() == ()


def test_more_calls_than_a_meeting_has_seats_are_refused(county, order):
    for _ in range(20):
        order = called(county, order, 104)
        order = county.does(order, Action.ANSWER, county.people["officer of A"])
    assert Action.WHISTLE not in actions(order, county.assignee(order), START, county.world)
    with pytest.raises(errors.Invalid):
        whistle(county, order, 104)


def test_no_unit_does_without_its_own_answer_nor_grants_a_standstill_for_it(county, order):
    waiting = called(county, order, 103)
    with pytest.raises(errors.NotYours):
        county.does(waiting, Action.WAIVE, county.people["secretary of A"], assist=1)
    assert Action.WAIVE not in actions(waiting, county.people["secretary of A"], START, county.world)
    waiting = called(county, order, 103, 104)
    asked = county.asked(waiting, Matter.HOLD)
    with pytest.raises(errors.NotYours):
        county.does(asked, Action.HOLD, county.people["secretary of A"])
    assert county.does(asked, Action.HOLD, county.people["supervisor of A"]).affairs.holding


def test_a_unit_that_led_for_a_while_still_owes_its_answer(county):
    order = called(county, county.at(State.ROUTED, now=START), 103)
    reason = {"reason_code": ReturnReason.BEYOND_MEANS.value}
    led = county.does(order, Action.RETURN, county.people["secretary of A1"], data=reason)
    assert led.affairs.open_assists() == ()
    back = county.does(led, Action.REFUSE, county.people["supervisor of A"])
    assert [(one.branch, one.required) for one in back.affairs.open_assists()] == [(103, True)]
    assert back.clocks[Clock.ASSIST] == START + 2 * DAY

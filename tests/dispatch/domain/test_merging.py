"""并单、拆单: one answers for several; the earliest filing governs, and taken apart each has its own (DOMAIN §5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick
from dispatch.domain.deadlines import Why, deadlines
from dispatch.domain.order import SYSTEM, Command
from dispatch.domain.retelling import retell
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import Action, Clock, FollowUpWhy, Grade, Matter, State, Urgency
from grid_model.durations import Duration, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def lead(county):
    """The order that answers for the others, filed two days after them."""
    return county.at(State.ACCEPTED, now=START + 2 * DAY)


@pytest.fixture
def child(county):
    return county.order(number=8, now=START)


def merged(county, child, lead, now=START + 2 * DAY):
    """Both orders, once the one is part of the other."""
    boss = county.people["supervisor of the county"]
    part = county.does(child, Action.MERGE, boss, now, other=lead)
    return part, county.does(lead, Action.ABSORB, boss, now, other=child)


def apart(county, part, whole, now=START + 2 * DAY):
    boss = county.people["supervisor of the county"]
    return (
        county.does(part, Action.UNMERGE, boss, now, other=whole),
        county.does(whole, Action.UNMERGE, boss, now, other=part),
    )


def test_the_earliest_filing_governs_and_its_own_clocks_stop(county, child, lead):
    part, whole = merged(county, child, lead)
    assert (part.state, part.clocks, part.affairs.merged.into) == (State.MERGED, {}, lead.id)
    assert part.promises == child.promises
    assert (whole.state, whole.assignee_id, whole.branch_id) == (lead.state, lead.assignee_id, lead.branch_id)
    for clock in (Clock.CONTACT, Clock.RESOLVE):
        assert whole.promises[clock] == whole.clocks[clock] == child.promises[clock]
    assert whole.promises[Clock.ACCEPT] == lead.promises[Clock.ACCEPT], "it was accepted, and so kept"
    assert not part.overdue(START + 99 * DAY)


def test_a_later_filing_changes_nothing(county, child):
    early = county.at(State.ACCEPTED, now=START - DAY)
    _, whole = merged(county, child, early)
    assert whole.promises == early.promises
    assert whole.clocks == early.clocks


def test_taken_apart_each_has_what_it_had_promised(county, child, lead):
    part, whole = apart(county, *merged(county, child, lead))
    assert whole.promises == lead.promises
    assert whole.clocks == lead.clocks
    assert whole.affairs == lead.affairs
    assert part.state is State.ROUTED
    assert part.promises == child.promises
    assert (part.affairs, part.branch_id) == (child.affairs, child.branch_id)
    assert {Clock.ACCEPT, Clock.DISPATCH} <= set(part.clocks)
    soon, _ = apart(county, *merged(county, child, lead, START + HOUR), START + HOUR)
    assert soon.clocks[Clock.ACCEPT] == child.promises[Clock.ACCEPT]
    with pytest.raises(errors.NotMerged):
        county.does(whole, Action.UNMERGE, SYSTEM, other=part)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_several_in_whatever_order_they_leave_the_earliest_left_governs(county, lead, order):
    children = [county.order(number=20 + n, now=START + n * 12 * HOUR) for n in range(3)]
    for entering in permutations(range(3)):
        whole, parts = lead, {}
        for n in entering:
            parts[n], whole = merged(county, children[n], whole)
            assert whole.promises[Clock.RESOLVE] == min(children[m].promises[Clock.RESOLVE] for m in parts)
        for n in order:
            _, whole = apart(county, parts.pop(n), whole)
            left = [children[m].promises[Clock.RESOLVE] for m in parts] or [lead.promises[Clock.RESOLVE]]
            assert whole.promises[Clock.RESOLVE] == whole.clocks[Clock.RESOLVE] == min(left)
        assert whole.affairs == lead.affairs


def test_what_moved_the_one_promise_has_moved_the_other_when_they_part(county, child, lead):
    part, whole = merged(county, child, lead)
    handler, now = county.assignee(whole), START + 2 * DAY
    whole = county.does(whole, Action.PAUSE, handler, now)
    whole = county.does(whole, Action.RESUME, handler, now + 5 * HOUR)
    whole = county.granted(whole, Matter.EXTEND, now + 5 * HOUR, amount=Duration(2, Unit.DAY))
    assert whole.promises[Clock.RESOLVE] == child.promises[Clock.RESOLVE] + 5 * HOUR + 2 * DAY
    _, whole = apart(county, part, whole, now + 6 * HOUR)
    assert whole.promises[Clock.RESOLVE] == lead.promises[Clock.RESOLVE] + 5 * HOUR + 2 * DAY


def test_made_complex_meanwhile_both_have_their_month_from_their_own_filing(county, child, lead):
    part, whole = merged(county, child, lead)
    whole = county.granted(whole, Matter.COMPLEX, START + 2 * DAY)
    assert whole.promises[Clock.RESOLVE] == START + 30 * DAY
    _, whole = apart(county, part, whole)
    assert whole.promises[Clock.RESOLVE] == START + 32 * DAY


@pytest.mark.parametrize("matter", [None, Matter.PARK])
def test_what_stands_still_takes_no_other_in_until_it_goes_on(county, child, lead, matter):
    now, handler = START + 2 * DAY, county.assignee(lead)
    still = county.does(lead, Action.PAUSE, handler, now) if matter is None else county.granted(lead, matter, now)
    with pytest.raises(errors.Invalid) as refused:
        county.does(child, Action.MERGE, county.people["supervisor of the county"], now, other=still)
    assert "停着" in refused.value.data["faults"][0]["zh"]
    with pytest.raises((errors.Invalid, errors.NotNow)):
        county.does(still, Action.ABSORB, county.people["supervisor of the county"], now, other=child)
    again = county.does(still, Action.RESUME, handler, now + 5 * HOUR)
    part, whole = merged(county, child, again, now + 5 * HOUR)
    assert whole.promises[Clock.RESOLVE] == whole.clocks[Clock.RESOLVE] == child.promises[Clock.RESOLVE]
    _, alone = apart(county, part, whole, now + 6 * HOUR)
    assert alone.promises[Clock.RESOLVE] == lead.promises[Clock.RESOLVE] + 5 * HOUR


@pytest.mark.parametrize("answered", [False, True])
def test_what_waits_for_a_required_answer_is_not_merged_until_it_has_come(county, child, lead, answered):
    boss = county.people["supervisor of the county"]
    waiting = county.does(child, Action.WHISTLE, county.people["secretary of A1"], START, unit=104)
    assert Action.MERGE not in actions(waiting, boss, START, county.world)
    if answered:
        waiting = county.does(waiting, Action.ANSWER, county.people["secretary of A's desk"], START, assist=1)
        assert merged(county, waiting, lead)[0].state is State.MERGED
    else:
        with pytest.raises(errors.Invalid):
            merged(county, waiting, lead)


def test_what_was_used_up_on_the_one_is_used_up_on_the_other(county, child, lead):
    used = replace(child.affairs, parked_at=START, returns=2, extensions=2)
    part, whole = merged(county, replace(child, affairs=used), lead)
    for affairs in (whole.affairs, apart(county, part, whole)[1].affairs):
        assert (affairs.parked_at, affairs.returns, affairs.extensions) == (START, 2, 2)
    earlier = replace(lead, affairs=replace(lead.affairs, parked_at=START - DAY, returns=1))
    _, whole = merged(county, replace(child, affairs=replace(used, returns=0)), earlier)
    assert (whole.affairs.parked_at, whole.affairs.returns) == (START - DAY, 1)


def test_merging_and_taking_apart_gains_no_time(county, child, lead):
    now = child.promises[Clock.ACCEPT]
    late = tick(child, now, county.world).order
    runs = late.clocks[Clock.ACCEPT]
    assert runs != late.promises[Clock.ACCEPT]
    for minute in range(3):
        at = now + timedelta(minutes=minute)
        late, _ = apart(county, *merged(county, late, lead, at), at)
        assert late.clocks[Clock.ACCEPT] == runs > at
    part, whole = merged(county, late, lead, at)
    alone, _ = apart(county, part, whole, runs + HOUR)
    assert alone.clocks[Clock.ACCEPT] == runs + HOUR
    risen = tick(alone, runs + HOUR, county.world)
    assert [event.action for event in risen.events].count(Action.ESCALATE) == 1


def test_what_was_in_hand_goes_on_until_its_result_is_due(county, lead):
    taken = county.at(State.ACCEPTED, now=START, number=8)
    part, whole = merged(county, taken, lead)
    alone, _ = apart(county, part, whole)
    assert alone.clocks[Clock.RESOLVE] == taken.clocks[Clock.RESOLVE] == taken.promises[Clock.RESOLVE]


def test_a_department_s_matter_is_not_carried_to_the_grassroots_by_the_one_it_is_part_of(county):
    boss, now = county.people["supervisor of the county"], START
    _, whole = merged(county, county.order("0201", number=8), county.order("0201", number=9), now)
    with pytest.raises(errors.Invalid) as refused:
        county.does(whole, Action.ROUTE, boss, now, grid_id=14, category="0101")
    assert refused.value.data["faults"][0]["field"] == "category"
    assert county.does(whole, Action.ROUTE, boss, now, grid_id=14, category="0201").category == "0201"


def test_what_was_missed_already_brings_a_level_s_window_and_not_all_levels_at_once(county, child):
    now = START + 9 * DAY
    lead = county.at(State.ACCEPTED, now=now)
    _, whole = merged(county, child, lead, now)
    assert whole.promises[Clock.RESOLVE] == child.promises[Clock.RESOLVE] < now
    assert now < whole.clocks[Clock.RESOLVE] <= now + 3 * DAY
    assert whole.overdue(now)
    assert tick(whole, now, county.world).events == ()


def test_nothing_leaves_the_list_of_the_root_by_being_merged(county, child, lead):
    now = START + 20 * DAY
    listed = tick(child, now, county.world).order
    assert listed.listed
    part, whole = merged(county, listed, lead, now)
    assert (whole.listed, whole.supervisor_id, whole.level) == (True, 101, listed.level)
    assert now < whole.clocks[Clock.REMIND] <= now + 4 * DAY
    assert not part.listed
    alone, whole = apart(county, part, whole, now)
    assert alone.listed
    assert Clock.REMIND in alone.clocks
    assert whole.listed, "once it is on the list it stays there until it is cleared"


def test_what_the_resident_was_promised_first_stays_in_view_and_no_rule_moves_it(county, child):
    boss, now = county.people["supervisor of the county"], START + 2 * DAY
    filed = county.filed(now=now)
    events, order = list(filed.events), filed.order
    given = {Action.OFFER: {"members": (county.member("member of A1"),)}, Action.ABSORB: {"other": child}}
    for action, actor in (
        (Action.OFFER, SYSTEM),
        (Action.ACCEPT, county.people["member of A1"]),
        (Action.ABSORB, boss),
    ):
        outcome = act(order, Command(action, **given.get(action, {})), actor, now, county.world)
        events, order = [*events, *outcome.events], outcome.order
        for name, value in retell(events).items():
            assert getattr(order, name) == value, name
    found = {one.clock: one for one in deadlines(order, events, now, county.world)}[Clock.RESOLVE]
    assert [(one.due, one.why) for one in found.earlier] == [(now + 7 * DAY, Why.MERGED)]
    assert found.term.due == START + 7 * DAY
    assert found.term.start == START
    assert retimed(order, reckon(events), "calendar", now, county.world) is None
    policy = county.world.policy.overridden([("general", "", "resolve", "9d")])
    slower = retimed(order, reckon(events), "policy", now, replace(county.world, policy=policy))
    assert slower is None or slower.order.promises[Clock.RESOLVE] == START + 7 * DAY


def test_the_result_is_given_with_the_lead_s_handler_and_each_resident_grades_it(county, lead):
    part, whole = merged(county, county.order(number=8, grid=10, now=START), lead)
    done = county.does(whole, Action.RESOLVE, county.assignee(whole))
    with pytest.raises(errors.NotMerged):
        county.does(part, Action.RESOLVE, SYSTEM)
    given = county.does(part, Action.RESOLVE, SYSTEM, other=done)
    assert (given.state, given.assignee_id, set(given.clocks)) == (State.RESOLVED, 1, {Clock.RATE})
    poor = county.does(given, Action.RATE, county.resident, START + 3 * DAY, grade=Grade.DISSATISFIED)
    wanted = poor.affairs.follow_up
    assert (wanted.why, wanted.branch, wanted.handler) == (FollowUpWhy.DISSATISFIED, 106, 1)
    assert poor.affairs.merged is None
    assert (poor.state, poor.promises[Clock.RESOLVE]) == (State.ROUTED, START + 10 * DAY)


def test_a_co_handler_s_answer_holds_up_the_result_of_the_lead_alone(county, child, lead):
    child = county.does(child, Action.WHISTLE, county.people["secretary of A1"], START, unit=104, required=False)
    part, whole = merged(county, child, lead)
    assert Clock.ASSIST not in part.clocks
    done = county.does(whole, Action.RESOLVE, county.assignee(whole))
    given = county.does(part, Action.RESOLVE, SYSTEM, other=done)
    assert given.affairs.open_assists() == ()
    alone, _ = apart(county, part, whole)
    assert alone.clocks[Clock.ASSIST] == child.affairs.assists[0].due


@pytest.mark.parametrize("state", [State.CLOSED, State.RESOLVED, State.WITHDRAWN, State.MERGED, State.RECEIVED])
def test_what_has_an_end_or_no_place_takes_no_other_in(county, child, state):
    with pytest.raises(errors.Invalid) as refused:
        merged(county, child, county.at(state))
    assert state.zh in refused.value.data["faults"][0]["zh"]


def test_what_can_t_be_one_is_not_merged(county, child, lead):
    _, whole = merged(county, child, lead)
    another = county.order(number=9)
    desk = county.order("0201", number=10)
    for part, into in (
        (child, child),
        (child, replace(lead, region=2)),
        (child, replace(lead, kind="pledge")),
        (whole, another),
        (desk, lead),
        (child, None),
    ):
        with pytest.raises(errors.Invalid) as refused:
            county.does(part, Action.MERGE, county.people["supervisor of the county"], other=into)
        assert refused.value.data["faults"][0]["field"] == "into"
    assert not {Action.MERGE, Action.UNMERGE} & set(
        actions(whole, county.people["secretary of A"], START, county.world)
    )
    assert merged(county, child, county.order("0201", number=10))[0].state is State.MERGED, "a desk may answer for both"


@pytest.mark.parametrize("action", [Action.WITHDRAW, Action.REDIRECT])
def test_what_ends_without_a_result_answers_for_none_and_each_goes_on(county, child, action):
    lead = county.order(now=START + DAY)
    part, whole = merged(county, child, lead, START + DAY)
    actor = county.resident if action is Action.WITHDRAW else county.people["secretary of A1"]
    ended = county.does(whole, action, actor, START + DAY)
    assert ended.affairs.absorbed == ()
    alone = county.does(part, Action.UNMERGE, SYSTEM, START + DAY)
    assert (alone.state, alone.affairs.merged) == (State.ROUTED, None)


def test_the_more_urgent_of_two_governs_though_it_was_filed_later(county, lead):
    urgent = county.order(number=8, now=START + 2 * DAY, urgency=Urgency.URGENT)
    part, whole = merged(county, urgent, lead)
    assert whole.promises[Clock.RESOLVE] == START + 3 * DAY
    assert apart(county, part, whole)[1].promises == lead.promises

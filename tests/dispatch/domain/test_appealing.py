"""申诉: a false grade or an unfair overdue is reviewed by two, and the fact itself stays on record (DOMAIN §5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick
from dispatch.domain.order import Actor, Command, Grant
from dispatch.domain.vocabulary import Action, AppealSubject, Clock, Grade, Matter, Role, State

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""

HOUR = timedelta(hours=1)


def rated(county, grade=Grade.DISSATISFIED, now=START, **given):
    order = county.at(State.RESOLVED, now=START, **given)
    return county.does(order, Action.RATE, county.resident, now, grade=grade)


def may(county, order, action, now=START):
    return {name for name, actor in county.people.items() if action in actions(order, actor, now, county.world)}


def appealed(county, order, by="secretary of A1", subject=AppealSubject.RATING, now=START):
    return act(order, Command(Action.APPEAL, subject=subject), county.people[by], now, county.world)


def judged(county, order, upholds, *names):
    for name in names:
        order = county.does(order, Action.JUDGE, county.people[name], agrees=upholds)
    return order


def test_two_reviewers_that_agree_decide_and_the_fact_stays(county):
    outcome = appealed(county, rated(county))
    order = outcome.order
    assert [notice.branch_id for notice in outcome.notices] == [101], "one above the branch that has it now"
    assert order.affairs.pending.branch == 106
    order = judged(county, order, True, "secretary of the county")
    assert order.affairs.pending.votes
    assert order.affairs.excluded == ()
    command = Command(Action.JUDGE, agrees=True)
    done = act(order, command, county.people["supervisor of the county"], START, county.world)
    after = done.order
    assert (after.affairs.pending, after.affairs.excluded) == (None, (AppealSubject.RATING,))
    assert after.affairs.graded == (Grade.DISSATISFIED,)
    assert Clock.DECIDE not in after.clocks
    assert done.events[0].data["decided"] is True
    assert [notice.branch_id for notice in done.notices] == [106], "whoever appealed is told"


@pytest.mark.parametrize("upheld", [True, False])
def test_a_third_decides_a_split(county, upheld):
    order = appealed(county, rated(county)).order
    order = judged(county, order, True, "secretary of the county")
    order = judged(county, order, False, "supervisor of the county")
    assert order.affairs.pending is not None
    third = Actor(43, (Grant(Role.SUPERVISOR, 1, None),))
    after = county.does(order, Action.JUDGE, third, agrees=upheld)
    assert after.affairs.pending is None
    assert after.affairs.excluded == ((AppealSubject.RATING,) if upheld else ())


def test_no_reviewer_judges_twice_nor_their_own_branch_s_appeal_nor_what_they_brought(county):
    order = appealed(county, rated(county)).order
    order = judged(county, order, True, "secretary of the county")
    with pytest.raises(errors.NotYours):
        judged(county, order, True, "secretary of the county")
    own = Actor(44, (Grant(Role.SECRETARY, 4, 106), Grant(Role.SUPERVISOR, 1, None)))
    brought = Actor(11, (Grant(Role.SUPERVISOR, 1, None),))
    for actor in (own, brought, *(county.people[n] for n in ("secretary of A1", "secretary of A2", "supervisor of A"))):
        with pytest.raises(errors.NotYours):
            county.does(order, Action.JUDGE, actor, agrees=True)
    with pytest.raises(errors.Invalid):
        county.does(order, Action.JUDGE, county.people["supervisor of the county"])


def test_each_fact_is_appealed_against_once_and_only_where_there_is_one(county):
    order = rated(county, Grade.SATISFIED)
    for subject in (AppealSubject.RATING, AppealSubject.OVERDUE):
        with pytest.raises(errors.NothingToAppeal):
            appealed(county, order, subject=subject)
    assert not may(county, order, Action.APPEAL)
    order = appealed(county, rated(county)).order
    with pytest.raises(errors.AlreadyAsked):
        appealed(county, order)
    order = judged(county, order, False, "secretary of the county", "supervisor of the county")
    with pytest.raises(errors.NothingToAppeal):
        appealed(county, order)
    with pytest.raises(errors.Invalid):
        appealed(county, rated(county), subject=None)


@pytest.mark.parametrize("grid", [14, 1])
def test_an_overdue_that_ended_long_ago_is_a_fact_still_at_the_root_too(county, grid):
    order = county.at(State.ACCEPTED, "0101", grid, now=START)
    order = tick(order, order.promises[Clock.RESOLVE], county.world).order
    order = county.does(order, Action.RESOLVE, county.assignee(order))
    graded = county.does(order, Action.RATE, county.resident, grade=Grade.SATISFIED)
    for ended in (graded, county.does(order, Action.CLOSE)):
        assert not ended.listed
        by = "secretary of A1" if grid == 14 else "secretary of the county"
        after = appealed(county, ended, by, AppealSubject.OVERDUE).order
        assert after.affairs.pending.matter is Matter.APPEAL
        assert (after.state, after.ended_at) == (State.CLOSED, ended.ended_at)


def test_undecided_it_passes_up_also_after_the_order_is_closed(county):
    order = county.at(State.ACCEPTED, now=START)
    order = tick(order, order.promises[Clock.CONTACT], county.world).order
    now = order.clocks[Clock.RESOLVE] - HOUR
    order = county.does(county.does(order, Action.RESOLVE, county.assignee(order), now), Action.CLOSE, now=now)
    order = appealed(county, order, subject=AppealSubject.OVERDUE, now=now).order
    assert order.affairs.pending.decider == 103
    order = judged(county, order, True, "secretary of A")
    passed = tick(order, order.clocks[Clock.DECIDE], county.world)
    assert [event.action for event in passed.events] == [Action.PASS_UP]
    pending = passed.order.affairs.pending
    assert (pending.decider, len(pending.votes)) == (101, 1), "what one reviewer held stands"
    assert set(passed.order.clocks) == {Clock.DECIDE}


def test_an_appeal_is_not_lost_when_the_order_is_graded_returned_or_merged(county):
    order = appealed(county, rated(county)).order
    lead = county.order(number=8)
    merged = county.does(order, Action.MERGE, county.people["supervisor of the county"], other=lead)
    assert (merged.affairs.pending, merged.affairs.appealed) == (None, ()), "it may be brought again"


def test_an_appeal_holds_up_neither_a_return_nor_a_request_and_is_heard_on_in_the_time_that_was_left(county):
    order = appealed(county, rated(county)).order
    appeal, due = order.affairs.pending, order.clocks[Clock.DECIDE]
    returned = county.does(
        order, Action.RETURN, county.people["secretary of A"], START + HOUR, data={"reason_code": "unclear"}
    )
    assert returned.affairs.asked_for(Matter.RETURN)
    with pytest.raises(errors.AlreadyAsked):
        appealed(county, returned, subject=AppealSubject.OVERDUE)
    back = county.does(returned, Action.REFUSE, county.people["secretary of the county"], START + 3 * HOUR)
    assert (back.affairs.pending, back.affairs.aside) == (appeal, None)
    assert back.clocks[Clock.DECIDE] == due + 2 * HOUR
    taken = county.does(back, Action.OFFER, members=(county.member("member of A1"),))
    taken = county.does(taken, Action.ACCEPT, county.people["member of A1"])
    asked = county.asked(taken, Matter.EXTEND, START)
    assert (asked.affairs.pending.matter, asked.affairs.aside.pending) == (Matter.EXTEND, appeal)
    assert county.does(asked, Action.EXTEND, county.decider(asked), START).affairs.pending == appeal
    gone = county.does(asked, Action.WITHDRAW, county.resident, START)
    assert (gone.affairs.pending, gone.affairs.aside, gone.affairs.appealed) == (None, None, ())
    assert Clock.DECIDE not in gone.clocks


def test_who_handled_what_was_graded_does_not_judge_the_grade(county):
    both = Actor(88, (Grant(Role.MEMBER, 8, 106), Grant(Role.SUPERVISOR, 1, None)))
    order = replace(county.at(State.OFFERED), offered=(88,), assignee_id=88)
    order = county.does(county.does(order, Action.ACCEPT, both), Action.RESOLVE, both)
    order = county.does(order, Action.RATE, county.resident, grade=Grade.DISSATISFIED)
    order = appealed(county, order).order
    elsewhere = Actor(88, (Grant(Role.IN_SERVICE, 4, None), Grant(Role.SUPERVISOR, 1, None)))
    with pytest.raises(errors.NotYours):
        county.does(order, Action.JUDGE, elsewhere, agrees=True)


def test_what_a_grade_raised_was_not_overdue(county):
    order = rated(county)
    assert order.level == 1
    with pytest.raises(errors.NothingToAppeal):
        appealed(county, order, subject=AppealSubject.OVERDUE)

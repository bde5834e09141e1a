"""What is planned lives by the same table, clocks and levels as a request; only what its row of kinds says differs."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.acting import act
from dispatch.domain.deadlines import Standing, deadlines
from dispatch.domain.filing import Filing, file_order
from dispatch.domain.kinds import WAYS, stage, ways
from dispatch.domain.ledger import event_hash
from dispatch.domain.lifecycle import laws
from dispatch.domain.order import Command
from dispatch.domain.projects import ProjectState, state_of
from dispatch.domain.retelling import retell
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import Action, Clock, Kind, Matter, Party, State, Urgency
from grid_model.durations import Duration, Unit
from grid_model.places import Found, Located

SHANGHAI = ZoneInfo("Asia/Shanghai")
DUE = date(2026, 3, 20)
"""A Friday, ten days after the planned orders of these tests are filed."""
RISES = (Action.ESCALATE, Action.SUPERVISE)
PLANNED = (Kind.PROJECT_TASK, Kind.PLEDGE)


def planned(county, kind, *, due=DUE, category="0101", member=None):
    """An order that names its day: filed at ten on Tuesday by the secretary of A1, at their own branch."""
    filing = Filing(
        region=1,
        id=7,
        kind=kind.value,
        category=category,
        urgency=None,
        found=Found(4, Located.CODE, (4,)),
        contents={"text": "清理楼道"},
        filed_by=county.people["member of A1"].person_id if kind is Kind.PLEDGE else 11,
        household_id=None,
        channel=None,
        salt=b"salt",
        request_key=None,
        unit=106,
        due=due,
        member=None if member is None else county.member(member),
    )
    return file_order(filing, county.start, county.world)


def taken(county, kind=Kind.PROJECT_TASK):
    """A planned order in hand, with its events."""
    outcome = planned(county, kind, member="member of A1")
    accepted = act(outcome.order, Command(Action.ACCEPT), county.people["member of A1"], county.start, county.world)
    return accepted.order, [*outcome.events, *accepted.events]


def test_every_kind_has_its_row_and_its_words_in_both_languages():
    assert set(WAYS) == set(Kind)
    assert all(zh and en and zh != en for one in WAYS.values() for zh, en in one.stages.values())
    assert stage(Kind.REQUEST, State.ROUTED) is None
    assert ways("something else") is WAYS[Kind.REQUEST]


@pytest.mark.parametrize("kind", PLANNED)
def test_what_nobody_takes_on_rises_at_the_moments_and_to_the_levels_of_a_request(county, kind):
    def risen(order):
        end = county.start + timedelta(days=4)
        _, events = county.minutely(order, county.start, end)
        return [(one.at, one.action, one.level, one.branch_id) for one in events if one.action in RISES]

    member = "member of A1" if kind is Kind.PROJECT_TASK else None
    request = county.order("0101", 4)
    assert request.urgency is Urgency.GENERAL
    assert risen(planned(county, kind, member=member).order) == risen(request)


@pytest.mark.parametrize("kind", PLANNED)
def test_the_ladder_asks_nobody_further_and_the_secretary_hears_of_it_once_a_level(county, kind):
    order = planned(county, kind).order
    _, events = county.minutely(
        order, county.start, county.start + timedelta(days=4), map(county.member, ("member of A1", "member of A2"))
    )
    assert not [event for event in events if event.action is Action.OFFER]
    assert len([event for event in events if event.action is Action.NOTE]) == 3, "one for each level it was at"


def test_a_step_is_offered_at_once_to_whom_it_names_until_it_rises(county):
    outcome = planned(county, Kind.PROJECT_TASK, member="member of A1")
    assert [event.action for event in outcome.events] == [Action.SUBMIT, Action.ROUTE, Action.OFFER]
    assert {(e.from_state, e.action, e.party, e.to_state) for e in outcome.events} <= set(laws())
    order = outcome.order
    assert (order.state, order.offered, order.assignee_id) == (State.OFFERED, (1,), 1)
    assert set(order.clocks) == {Clock.ACCEPT, Clock.ACCEPT_50, Clock.ACCEPT_80}
    assert set(order.promises) == {Clock.ACCEPT, Clock.RESOLVE}
    assert {notice.person_id for notice in outcome.notices} == {1, None}


def test_the_result_is_promised_until_the_end_of_the_day_that_was_named(county):
    order, events = taken(county)
    assert order.promises[Clock.RESOLVE] == datetime(2026, 3, 20, 17, 30, tzinfo=SHANGHAI)
    shown = {one.clock: one for one in deadlines(order, events, county.start, county.world)}
    resolve = shown[Clock.RESOLVE]
    assert (resolve.standing, resolve.term.due, str(resolve.term.length)) == (
        Standing.RUNNING,
        order.promises[Clock.RESOLVE],
        "10d",
    )
    assert "所定日期" in resolve.term.days[-1].note_zh
    assert Clock.CONTACT not in shown, "nobody waits for a call"


def test_when_it_is_overdue_its_supervision_rises_level_by_level_and_who_has_it_keeps_it(county):
    order, _ = taken(county)
    due = order.promises[Clock.RESOLVE]
    order, events = county.minutely(order, due - timedelta(minutes=1), due + timedelta(days=5))
    assert [(one.level, one.action) for one in events if one.action in RISES][:3] == [
        (1, Action.ESCALATE),
        (2, Action.ESCALATE),
        (2, Action.SUPERVISE),
    ]
    assert (order.assignee_id, order.state, order.listed) == (1, State.ACCEPTED, True)


def extended(county):
    order, events = taken(county)
    ask = Command(Action.ASK, matter=Matter.EXTEND, amount=Duration(3, Unit.DAY))
    for command, who in ((ask, "member of A1"), (Command(Action.EXTEND), "secretary of A")):
        outcome = act(order, command, county.people[who], county.start, county.world)
        order, events = outcome.order, [*events, *outcome.events]
    return order, events


@pytest.mark.parametrize("make", [taken, extended])
def test_no_change_of_the_rules_moves_a_day_that_was_named_or_put_off(county, make):
    order, events = make(county)
    days = 20 if make is taken else 23
    assert order.promises[Clock.RESOLVE] == datetime(2026, 3, days, 17, 30, tzinfo=SHANGHAI)
    later, other = county.start + timedelta(days=2), replace(county.world, policy=county.world.emergency)
    assert retimed(order, reckon(events), "policy", later, other) is None


def test_a_pause_moves_the_day_by_as_long_as_it_lasted(county):
    order, events = taken(county)
    handler, at = county.people["member of A1"], county.start + timedelta(hours=1)
    for command, when in ((Command(Action.PAUSE), at), (Command(Action.RESUME), at + timedelta(hours=5))):
        outcome = act(order, command, handler, when, county.world)
        order, events = outcome.order, [*events, *outcome.events]
    assert order.promises[Clock.RESOLVE] == datetime(2026, 3, 20, 22, 30, tzinfo=SHANGHAI)
    assert order.clocks[Clock.RESOLVE] == order.promises[Clock.RESOLVE]


@pytest.mark.parametrize("kind", PLANNED)
def test_the_events_tell_every_field_of_it_and_are_chained(county, kind):
    order, events = taken(county) if kind is Kind.PROJECT_TASK else (
        (outcome := planned(county, kind)).order, list(outcome.events)
    )  # fmt: skip
    told = retell(events)
    assert {name: value for name, value in told.items() if value != getattr(order, name)} == {}
    assert events[-1].hash == event_hash(events[-2].hash, events[-1]) == order.head


def test_an_urgent_category_makes_no_emergency_of_what_is_planned(county):
    order = planned(county, Kind.PLEDGE, category="0801").order
    assert order.urgency is Urgency.GENERAL
    moved = act(
        order, Command(Action.ROUTE, grid_id=4, category="1001"), county.people["secretary of A1"], county.start,
        county.world,
    ).order  # fmt: skip
    assert moved.urgency is Urgency.GENERAL


def test_who_says_whether_a_result_will_do_is_in_the_row(county):
    assert {kind: ways(kind).rater for kind in Kind} == {
        Kind.REQUEST: Party.RESIDENT,
        Kind.PROJECT_TASK: Party.RESIDENT,
        Kind.PLEDGE: Party.SECRETARY,
    }


def test_a_project_is_closed_only_while_all_its_steps_are(county):
    at = county.start
    assert [state_of(*one) for one in ((None, 0), (None, 2), (at, 0), (at, 1))] == [
        ProjectState.OPEN,
        ProjectState.OPEN,
        ProjectState.CLOSED,
        ProjectState.REOPENED,
    ]

"""Who is told what: nobody twice, nobody for nothing, and nobody at night unless it is urgent."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import lifecycle
from dispatch.domain.acting import act
from dispatch.domain.clockwork import tick
from dispatch.domain.notices import TABLE, notices, send_at
from dispatch.domain.order import Command, Event
from dispatch.domain.vocabulary import Action, Grade, Party, State, Urgency
from grid_model.hours import WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
PRESSING = (Urgency.URGENT, Urgency.CRITICAL)
MILD = (Urgency.GENERAL, Urgency.COMPLEX)


def told(outcome):
    return {(notice.person_id, notice.branch_id): notice.notice for notice in outcome.notices}


def does(county, order, action, actor, **given):
    return act(order, Command(action, **given), actor, county.start, county.world)


def test_every_row_is_about_something_that_can_happen():
    assert {row[:2] for row in TABLE} <= {(action, to_state) for _, action, _, to_state in lifecycle.laws()}


def test_each_step_tells_those_who_must_move_next(county):
    order = county.order()
    secretary, member = county.people["secretary of A1"], county.people["member of A1"]
    offered = does(county, order, Action.OFFER, secretary, members=(county.member("member of A1"),))
    assert told(offered) == {(1, None): "offer.offered"}
    assert told(does(county, offered.order, Action.DECLINE, member)) == {(None, 106): "decline.routed"}
    assert told(does(county, offered.order, Action.RECALL, secretary)) == {(1, None): "recall.routed"}
    assert told(does(county, offered.order, Action.WITHDRAW, county.resident)) == {(1, None): "withdraw.withdrawn"}
    accepted = does(county, offered.order, Action.ACCEPT, member)
    assert told(accepted) == {}  # nobody wants a "received"
    assert told(does(county, accepted.order, Action.HAND_BACK, member)) == {(None, 106): "hand_back.routed"}
    resolved = does(county, accepted.order, Action.RESOLVE, member)
    assert told(resolved) == {}
    assert told(does(county, resolved.order, Action.RATE, county.resident, grade=Grade.FAIR)) == {
        (1, None): "rate.closed"
    }


def test_a_bad_grade_tells_the_member_once_and_the_branch_that_takes_it_over(county):
    outcome = does(county, county.at(State.RESOLVED), Action.RATE, county.resident, grade=Grade.DISSATISFIED)
    assert told(outcome) == {(1, None): "reopen.routed", (None, 103): "reopen.routed"}


def test_a_rise_tells_the_level_it_reached_and_not_those_it_only_passed(county):
    order = county.at(State.OFFERED)
    outcome = tick(order, county.start + timedelta(days=30), county.world)
    assert [event.branch_id for event in outcome.events] == [103, 101, 101]
    assert told(outcome) == {(None, 101): "supervise.routed"}, "nor whoever was asked and did not answer"


branches = st.sampled_from([None, 101, 103, 106])
events = st.lists(
    st.tuples(
        st.sampled_from(sorted(lifecycle.laws())),
        branches,
        st.sampled_from([None, 1, 2]),
        st.lists(st.sampled_from([1, 2, 3]), unique=True),
        st.sampled_from([None, *sorted({row[2] for row in TABLE if len(row) == 3})]),
    ),
    max_size=8,
)


@given(events, branches, branches, st.sampled_from([None, 1, 2]), st.booleans())
def test_whatever_happens_at_once_each_is_told_once_of_the_last_that_concerns_them(
    county, rows, holder, above, before, filed
):
    order = county.order()
    happened = [
        Event(
            1,
            7,
            n,
            county.start,
            None,
            law[1],
            Party(law[2]),
            None,
            law[0],
            law[3],
            0,
            branch,
            person,
            {"offered": asked, **({"because": why} if why else {})},
            None,
            b"",
        )
        for n, (law, branch, person, asked, why) in enumerate(rows, 2)
    ]
    after = replace(order, branch_id=holder, supervisor_id=above)
    found = notices(None if filed else replace(order, assignee_id=before), after, happened)
    keys = [(notice.person_id, notice.branch_id) for notice in found]
    assert len(keys) == len(set(keys))
    versions = [notice.version for notice in found]
    assert versions == sorted(versions)
    names = {event.version: f"{event.action}.{event.to_state}" for event in happened}
    for notice in found:
        assert notice.notice in (names[notice.version], "recall.routed")
        assert (notice.person_id is None) != (notice.branch_id is None)
        assert notice.branch_id in (None, holder, above)
        if notice.person_id is not None and notice.person_id != before:
            asked = {person for event in happened for person in event.data["offered"]}
            assert notice.person_id in {event.assignee_id for event in happened} | asked
    assert {notice.notice for notice in found} <= {f"{row[0]}.{row[1]}" for row in TABLE}


moments = st.integers(0, 366 * 24 * 3600).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
times = st.times().map(lambda moment: moment.replace(microsecond=0))
calendars = st.builds(lambda starts, ends: WorkingCalendar(quiet=(starts, ends)), times, times)


def quiet(calendar, moment):
    starts, ends = calendar.quiet
    at = moment.astimezone(calendar.zone).time()
    return starts <= at or at < ends if starts > ends else starts <= at < ends


@given(moments, st.sampled_from(PRESSING), calendars)
def test_what_is_urgent_leaves_at_once_at_any_hour(now, urgency, calendar):
    assert send_at(urgency, now, calendar) == now


@given(moments, st.sampled_from(MILD), calendars)
def test_what_is_not_urgent_waits_for_the_end_of_the_quiet_hours_and_no_longer(now, urgency, calendar):
    leaves = send_at(urgency, now, calendar)
    if quiet(calendar, now):
        assert leaves.astimezone(SHANGHAI).time() == calendar.quiet[1]
        assert timedelta() < leaves - now <= timedelta(days=1)
    else:
        assert leaves == now


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ((10, 20, 59, 59), (10, 20, 59, 59)),
        ((10, 21, 0, 0), (11, 8, 0, 0)),
        ((10, 23, 59, 59), (11, 8, 0, 0)),
        ((11, 0, 0, 0), (11, 8, 0, 0)),
        ((11, 7, 59, 59), (11, 8, 0, 0)),
        ((11, 8, 0, 0), (11, 8, 0, 0)),
    ],
)
def test_nobody_is_messaged_between_nine_in_the_evening_and_eight(now, leaves):
    at, expected = (datetime(2026, 3, *given, tzinfo=SHANGHAI) for given in (now, leaves))
    assert send_at(Urgency.GENERAL, at, WorkingCalendar()) == expected


def test_quiet_hours_of_no_length_keep_nobody_waiting():
    never = WorkingCalendar(quiet=(time(0), time(0)))
    for hour in range(24):
        now = datetime(2026, 3, 10, hour, tzinfo=SHANGHAI)
        assert send_at(Urgency.GENERAL, now, never) == now


def test_as_the_ladder_is_climbed_each_is_told_once_however_often_they_are_asked(county):
    order, now = county.order(), county.start
    candidates = [county.member(name) for name in ("member of A1", "member of the group", "grid worker of A1")]
    asked: list[int] = []
    while order.rung < 3:
        now = order.next_clock[1]
        outcome = county.swept(order, now, candidates)
        order = outcome.order
        asked += [notice.person_id for notice in outcome.notices if notice.notice == "offer.offered"]
    assert set(order.offered) == {1, 2}, "the pool asks again whoever was asked alone before"
    assert sorted(asked) == [1, 2]


def test_whom_a_secretary_asks_again_by_hand_is_told_again(county):
    order, secretary = county.at(State.OFFERED), county.people["secretary of A1"]
    (member,) = (one for one in (county.member("member of A1"),) if one.person_id == order.assignee_id)
    recalled = does(county, order, Action.RECALL, secretary).order
    assert told(does(county, recalled, Action.OFFER, secretary, members=(member,))) == {(1, None): "offer.offered"}

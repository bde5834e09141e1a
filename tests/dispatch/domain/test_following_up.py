"""评价、回访、退回重办、催办: what the resident said of a result stays said, whatever follows (DOMAIN §5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import errors
from dispatch.domain.access import follows_up
from dispatch.domain.acting import act, actions
from dispatch.domain.order import SYSTEM, Actor, Command, Grant
from dispatch.domain.vocabulary import Action, Clock, FollowUpWhy, Grade, Role, State

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""A Tuesday morning."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POOR = (Grade.DISSATISFIED, Grade.VERY_DISSATISFIED)
REACHED = {"data": {"reached": True}}
UNREACHED = {"data": {"reached": False}}


def rated(county, grade=Grade.DISSATISFIED, now=START, **given):
    order = county.at(State.RESOLVED, now=START, **given)
    return county.does(order, Action.RATE, county.resident, now, grade=grade)


def may(county, order, action, now=START):
    return {name for name, actor in county.people.items() if action in actions(order, actor, now, county.world)}


@pytest.mark.parametrize("grade", POOR)
def test_each_dissatisfied_one_is_followed_up_though_the_grade_reopens_it(county, grade):
    order = rated(county, grade)
    assert (order.state, order.branch_id) == (State.ROUTED, 103)
    wanted = order.affairs.follow_up
    assert (wanted.why, wanted.branch, wanted.handler) == (FollowUpWhy.DISSATISFIED, 106, 1)
    again = county.does(order, Action.OFFER, county.people["secretary of A"], members=(county.member("member of A2"),))
    again = county.does(again, Action.ACCEPT, county.people["member of A2"])
    again = county.does(county.does(again, Action.RESOLVE, county.people["member of A2"]), Action.CLOSE)
    again = county.does(again, Action.RATE, county.resident, START + DAY, grade=grade)
    assert (again.state, again.affairs.graded) == (State.CLOSED, (grade, grade))
    wanted = again.affairs.follow_up
    assert (wanted.at, wanted.branch, wanted.handler, wanted.tries) == (START + DAY, 103, 4, 0)


def drawn(county):
    """A result that is in the sample."""
    results = (county.at(State.RESOLVED, number=number) for number in range(1, 401))
    return next(one for one in results if county.does(one, Action.CLOSE).affairs.follow_up is not None)


def test_who_is_drawn_hangs_on_nothing_that_anybody_sees_or_does(county):
    order = drawn(county)
    noted = county.does(order, Action.NOTE, county.assignee(order))
    assert noted.head != order.head
    assert county.does(noted, Action.CLOSE).affairs.follow_up is not None
    others = [replace(county, world=replace(county.world, lot=bytes([lot]))) for lot in range(100)]
    assert 0 < sum(other.does(order, Action.CLOSE).affairs.follow_up is not None for other in others) < 50


def test_of_the_others_about_a_tenth_and_of_the_same_result_always_the_same(county):
    found = 0
    for number in range(1, 401):
        order = county.at(State.RESOLVED, number=number)
        once, again = (county.does(order, Action.RATE, county.resident, grade=Grade.SATISFIED) for _ in range(2))
        assert once == again
        found += once.affairs.follow_up is not None
        assert once.affairs.follow_up is None or once.affairs.follow_up.why is FollowUpWhy.SAMPLE
        closed = county.does(order, Action.CLOSE)
        assert (closed.affairs.follow_up is None) == (once.affairs.follow_up is None)
        late = county.does(closed, Action.RATE, county.resident, grade=Grade.SATISFIED)
        assert late.affairs.follow_up == closed.affairs.follow_up, "one result is drawn once"
    assert 20 <= found <= 60


@pytest.mark.parametrize("kind", ["project_task", "pledge"])
def test_where_there_is_no_resident_nobody_is_asked(county, kind):
    order = replace(drawn(county), kind=kind)
    assert county.does(order, Action.CLOSE).affairs.follow_up is None


def test_it_is_somebody_outside_the_branch_that_handled_it_who_asks(county):
    order = rated(county)
    may_ask = may(county, order, Action.FOLLOW_UP)
    assert {"supervisor of A", "secretary of the county", "supervisor of the county"} <= may_ask
    assert not {"secretary of A1", "member of A1", "secretary of A", "secretary of A2"} & may_ask, "A has it now"
    sample = drawn(county)
    assert "secretary of A" in may(county, county.does(sample, Action.CLOSE), Action.FOLLOW_UP)


def test_nor_anybody_of_that_branch_once_the_order_has_moved_on(county):
    order = county.does(rated(county), Action.ROUTE, county.people["secretary of A"], grid_id=10)
    assert (order.branch_id, order.affairs.follow_up.branch) == (107, 106)
    turncoat = Actor(41, (Grant(Role.SECRETARY, 4, 106), Grant(Role.SUPERVISOR, 2, None)))
    handler = Actor(1, (Grant(Role.SUPERVISOR, 2, None),))
    for actor in (turncoat, handler):
        assert Action.FOLLOW_UP not in actions(order, actor, START, county.world)
        with pytest.raises(errors.NotYours):
            county.does(order, Action.FOLLOW_UP, actor, **REACHED, agrees=True)
    assert "secretary of A" in may(county, order, Action.FOLLOW_UP)


@pytest.mark.parametrize("solved", [True, False])
def test_what_the_resident_says_stands_beside_the_grade_and_never_over_it(county, solved):
    order = rated(county)
    command = Command(Action.FOLLOW_UP, **REACHED, agrees=solved)
    outcome = act(order, command, county.people["supervisor of A"], START, county.world)
    after = outcome.order
    assert (after.grade, after.affairs.graded) == (order.grade, order.affairs.graded)
    assert after.affairs.follow_up is None
    assert {name: outcome.events[0].data[name] for name in ("why", "tries", "solved", "reached")} == {
        "why": "dissatisfied", "tries": 1, "solved": solved, "reached": True,
    }  # fmt: skip
    assert (after.state, after.clocks, after.promises) == (order.state, order.clocks, order.promises)
    with pytest.raises(errors.NotNow):
        county.does(after, Action.FOLLOW_UP, county.people["supervisor of A"], **REACHED, agrees=True)


def test_whoever_was_reached_has_said_something(county):
    with pytest.raises(errors.Invalid):
        county.does(rated(county), Action.FOLLOW_UP, county.people["supervisor of A"], **REACHED)


def test_who_can_t_be_reached_is_tried_three_times(county):
    order = rated(county)
    for tries in (1, 2):
        for hour in range(3):  # however often on one day, it is one try
            now = START + (tries - 1) * DAY + hour * HOUR
            order = county.does(order, Action.FOLLOW_UP, county.people["supervisor of A"], now, **UNREACHED)
            assert order.affairs.follow_up.tries == tries
    order = county.does(order, Action.FOLLOW_UP, county.people["supervisor of A"], START + 2 * DAY, **UNREACHED)
    assert order.affairs.follow_up is None


@pytest.mark.parametrize("state", [State.RESOLVED, State.CLOSED])
def test_a_poor_result_is_sent_back_to_the_branch_with_new_promises_and_the_old_on_record(county, state):
    order, now = county.at(state), START + DAY
    outcome = act(order, Command(Action.REVIEW), county.people["supervisor of A"], now, county.world)
    after = outcome.order
    assert (after.state, after.branch_id, after.assignee_id, after.ended_at) == (State.ROUTED, 106, None, None)
    assert after.promised_at == now
    assert after.promises[Clock.RESOLVE] == now + 7 * DAY
    told = outcome.events[0].data["promises_before"]
    assert {Clock(name): datetime.fromisoformat(at) for name, at in told.items()} == order.promises
    assert {Clock.ACCEPT, Clock.DISPATCH} <= set(after.clocks)
    assert Clock.RATE not in after.clocks
    assert {(notice.person_id, notice.branch_id) for notice in outcome.notices} == {(None, 106), (1, None)}
    assert "secretary of A1" not in may(county, order, Action.REVIEW, now)
    with pytest.raises(errors.NotNow):
        county.does(after, Action.REVIEW, county.people["supervisor of A"], now)


def test_what_ended_long_ago_is_not_sent_back(county):
    order = county.at(State.CLOSED)
    superior = county.people["supervisor of A"]
    assert county.does(order, Action.REVIEW, superior, START + 30 * DAY)
    late = START + 30 * DAY + HOUR
    assert Action.REVIEW not in actions(order, superior, late, county.world)
    with pytest.raises(errors.NotNow):
        county.does(order, Action.REVIEW, superior, late)


def test_a_result_has_one_grade_and_a_new_result_a_new_one(county):
    order = rated(county, Grade.FAIR)
    with pytest.raises(errors.NotNow):
        county.does(order, Action.RATE, county.resident, grade=Grade.SATISFIED)
    back = county.does(order, Action.REVIEW, county.people["supervisor of A"])
    back = county.does(back, Action.OFFER, SYSTEM, members=(county.member("member of A1"),))
    back = county.does(back, Action.ACCEPT, county.people["member of A1"])
    back = county.does(back, Action.RESOLVE, county.people["member of A1"])
    assert county.does(back, Action.RATE, county.resident, grade=Grade.SATISFIED).affairs.graded == (
        Grade.FAIR,
        Grade.SATISFIED,
    )


def test_a_grade_given_through_somebody_else_says_so_and_nobody_grades_their_own_work(county):
    def through(filed_by, actor):
        order = county.at(State.RESOLVED, filed_by=filed_by)
        outcome = act(order, Command(Action.RATE, grade=Grade.SATISFIED), actor, START, county.world)
        return outcome.events[0].data["through"]

    head, member = county.people["neighbours' head"], county.people["member of A1"]
    assert through(None, county.resident) == "resident"
    assert through(31, head) == "other"
    assert through(31, county.resident) == "other"
    assert through(1, county.resident) == "handler", "whoever filed it holds its code"
    with pytest.raises(errors.NotYours):
        through(1, member)


def test_a_pledge_is_graded_by_the_branch(county):
    order = replace(county.at(State.RESOLVED), kind="pledge", filed_by=1)
    outcome = act(
        order, Command(Action.RATE, grade=Grade.SATISFIED), county.people["secretary of A1"], START, county.world
    )
    assert outcome.events[0].data["through"] == "branch"
    with pytest.raises(errors.NotYours):
        county.does(order, Action.RATE, county.people["member of A1"], grade=Grade.SATISFIED)


def test_the_resident_urges_once_a_day_by_the_clocks_on_the_wall(county):
    order = county.at(State.ACCEPTED, now=START)
    outcome = act(order, Command(Action.URGE), county.resident, START, county.world)
    assert {(notice.person_id, notice.branch_id) for notice in outcome.notices} == {(None, 106), (1, None)}
    order = outcome.order
    tonight = datetime(2026, 3, 10, 23, 59, tzinfo=SHANGHAI)
    assert Action.URGE not in actions(order, county.resident, tonight, county.world)
    with pytest.raises(errors.UrgedToday):
        county.does(order, Action.URGE, county.resident, tonight)
    order = county.does(order, Action.URGE, county.resident, tonight + timedelta(minutes=1))
    assert order.affairs.urged_at == tonight + timedelta(minutes=1)
    with pytest.raises(errors.NotYours):
        county.does(order, Action.URGE, county.people["member of A2"], START + 9 * DAY)


def test_what_is_left_without_a_result_is_asked_about_no_more(county):
    order = rated(county)
    gone = county.does(order, Action.WITHDRAW, county.resident)
    assert gone.affairs.follow_up is None
    lead = county.order(number=9)
    part = county.does(order, Action.MERGE, county.people["supervisor of the county"], other=lead)
    caller = county.people["supervisor of A"]
    assert follows_up(order, caller, county.world)
    assert not follows_up(part, caller, county.world), "it has no result of its own yet"


def test_the_resident_of_a_merged_order_urges_too_and_its_branch_hears_of_it(county):
    part = county.at(State.MERGED)
    outcome = act(part, Command(Action.URGE), county.resident, START, county.world)
    assert part.branch_id in {notice.branch_id for notice in outcome.notices}


def test_the_result_of_a_merged_order_goes_back_to_the_branch_that_led_where_that_may_hold_it(county):
    boss = county.people["supervisor of the county"]
    for grid, branch in ((4, 106), (2, 103), (12, 106)):
        lead, child = county.at(State.ACCEPTED, grid=grid, number=9), county.order()
        part = county.does(child, Action.MERGE, boss, other=lead)
        whole = county.does(lead, Action.ABSORB, boss, other=child)
        done = county.does(whole, Action.RESOLVE, county.assignee(whole))
        result = county.does(part, Action.RESOLVE, other=done)
        assert county.does(result, Action.REVIEW, boss).branch_id == branch
        outsider = Actor(66, (Grant(Role.MEMBER, 4, done.branch_id), Grant(Role.SUPERVISOR, 1, None)))
        with pytest.raises(errors.NotYours):
            county.does(result, Action.REVIEW, outsider)

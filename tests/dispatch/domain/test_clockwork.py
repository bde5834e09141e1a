"""What the clock does: climbing at the right times, catching up after an outage, offering on, closing, reminding."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.acting import act
from dispatch.domain.clockwork import RunawayClockError, tick, wants_member
from dispatch.domain.order import SYSTEM, Command
from dispatch.domain.policy import DEFAULT
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Party, State, Urgency
from dispatch.domain.world import World
from grid_model.durations import Duration
from grid_model.places import Located

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
WAITING = {Clock.ACCEPT, Clock.ACCEPT_50, Clock.ACCEPT_80}
RISES = {Action.ESCALATE, Action.SUPERVISE}


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


# An order of 10:00 on Tuesday: 13710's first digit, then a working day for each level; by hand.
GENERAL = [(at(10, 17, 30), 103, 1), (at(11, 17, 30), 101, 2), (at(12, 17, 30), 101, 2)]
URGENT = [(at(10, 11), 103, 1), (at(10, 12), 101, 2), (at(10, 13), 101, 2)]
CRITICAL = [(at(10, 10, 15), 103, 1), (at(10, 10, 30), 101, 2), (at(10, 10, 45), 101, 2)]


@pytest.mark.parametrize(
    ("urgency", "ladder"),
    [(Urgency.GENERAL, GENERAL), (Urgency.URGENT, URGENT), (Urgency.CRITICAL, CRITICAL), (Urgency.COMPLEX, GENERAL)],
)
def test_what_nobody_accepts_climbs_to_the_township_then_the_county_and_is_listed_there(county, urgency, ladder):
    order = county.order("1301" if urgency is Urgency.COMPLEX else "0101", urgency=urgency)
    assert (order.urgency, order.branch_id, order.level) == (urgency, 106, 0)
    for due, branch, level in ladder:
        order = county.swept(order, due - MINUTE).order
        held = order.branch_id, order.level
        outcome = tick(order, due, county.world)
        event = outcome.events[0]
        assert event.due_at == event.at == due
        listed = held == (branch, level)
        assert event.action is (Action.SUPERVISE if listed else Action.ESCALATE)
        order = outcome.order
        assert (order.branch_id, order.supervisor_id, order.level) == (branch, branch, level)
        assert order.listed == listed
    assert order.co_branches == (106, 103)
    assert Clock.ACCEPT not in order.clocks


def test_at_the_root_it_is_reminded_once_each_working_day_and_nothing_else(county):
    # 4 to 6 April 2026 is 清明; the 1st is a Wednesday
    start = datetime(2026, 4, 1, 9, 30, tzinfo=SHANGHAI)
    order = county.order("0801", now=start)
    order = county.swept(order, start + timedelta(hours=1)).order
    assert order.listed
    order, events = county.minutely(order, start + timedelta(hours=1), start + timedelta(days=9))
    reminders = [event for event in events if event.action is not Action.NOTE]
    assert {event.action for event in reminders} == {Action.SUPERVISE}
    days = [event.at.astimezone(SHANGHAI).date() for event in reminders]
    assert days == [date(2026, 4, day) for day in (2, 3, 7, 8, 9, 10)]
    assert {event.at.astimezone(SHANGHAI).hour for event in reminders} == {9}
    assert (order.branch_id, order.level, order.state) == (101, 2, State.ROUTED)


def test_a_month_s_outage_gives_one_reminder_and_not_thirty(county):
    order = county.swept(county.order("0801"), at(10, 12)).order
    outcome = tick(order, at(31, 12), county.world)
    assert [event.action for event in outcome.events] == [Action.SUPERVISE]
    assert outcome.order.clocks[Clock.REMIND] == datetime(2026, 4, 1, 9, tzinfo=SHANGHAI)


def test_a_department_s_matter_climbs_from_desk_to_desk(county):
    order = county.order("0201", 11)
    assert order.branch_id == 104
    order = tick(order, at(10, 17, 30), county.world).order
    assert (order.branch_id, order.level) == (102, 1)
    order = tick(order, at(11, 17, 30), county.world).order
    assert (order.branch_id, order.level, order.listed) == (102, 1, True)


def test_the_member_keeps_what_they_handle_and_the_supervision_rises(county):
    order = county.at(State.ACCEPTED)
    contact, resolve = (order.promises[clock] for clock in (Clock.CONTACT, Clock.RESOLVE))
    assert (order.clocks[Clock.CONTACT], order.clocks[Clock.RESOLVE]) == (contact, resolve) == (at(13, 10), at(17, 10))
    outcome = tick(order, contact, county.world)
    risen = outcome.order
    assert (risen.state, risen.assignee_id, risen.branch_id) == (State.ACCEPTED, order.assignee_id, 106)
    assert (risen.supervisor_id, risen.level) == (103, 1)
    assert {(notice.person_id, notice.branch_id) for notice in outcome.notices} == {
        (order.assignee_id, None),
        (None, 103),
    }
    contacted = county.does(risen, Action.CONTACT, county.assignee(order), at(13, 11))
    assert set(contacted.clocks) == {Clock.RESOLVE, Clock.RESOLVE_50, Clock.RESOLVE_80}
    risen = tick(contacted, resolve, county.world).order
    assert (risen.supervisor_id, risen.level, risen.clocks) == (101, 2, {Clock.RESOLVE: at(18, 10)})
    listed = tick(risen, at(18, 10), county.world).order
    assert (listed.listed, listed.level, set(listed.clocks)) == (True, 2, {Clock.REMIND})
    assert listed.assignee_id == order.assignee_id
    assert listed.promises == order.promises


def test_whoever_supervises_what_has_risen_may_take_it_from_the_member(county):
    order = tick(county.at(State.ACCEPTED), at(13, 10), county.world).order
    taken = county.does(order, Action.RECALL, county.people["secretary of A"], at(13, 11))
    assert (taken.state, taken.assignee_id) == (State.ROUTED, None)
    promised = {Clock.CONTACT, Clock.RESOLVE, Clock.RESOLVE_50, Clock.RESOLVE_80}
    assert set(taken.clocks) == {Clock.ACCEPT, Clock.DISPATCH} | promised, "the promise runs on"


def test_handing_an_order_back_and_forth_gains_it_no_time(county):
    order = county.at(State.ACCEPTED)
    again, now = order, county.start
    for _ in range(12):
        now += timedelta(days=1)
        if again.state is State.ACCEPTED:
            again = county.does(again, Action.HAND_BACK, county.assignee(again), now)
        again = tick(again, now, county.world).order
        if again.state is State.ROUTED:
            again = county.does(again, Action.OFFER, now=now, members=(county.somebody_for(again),))
        again = county.does(again, Action.ACCEPT, county.assignee(again), now)
    kept = tick(order, now, county.world).order
    assert again.supervisor_id == kept.supervisor_id == 101
    assert again.level == kept.level
    assert again.listed


def test_a_promise_missed_while_it_waits_anew_raises_supervision_and_leaves_the_holder(county):
    order = county.at(State.ACCEPTED)
    order = county.does(order, Action.CONTACT, county.assignee(order))
    late = order.clocks[Clock.RESOLVE] - timedelta(hours=1)
    back = county.does(order, Action.HAND_BACK, county.assignee(order), late)
    assert back.clocks[Clock.ACCEPT] <= order.clocks[Clock.RESOLVE]
    waiting = replace(back, clocks={Clock.RESOLVE: back.clocks[Clock.RESOLVE]})
    missed = tick(waiting, order.clocks[Clock.RESOLVE], county.world)
    assert [(e.action, e.data["missed"]) for e in missed.events] == [(Action.SUPERVISE, "resolve")]
    assert (missed.order.branch_id, missed.order.supervisor_id, missed.order.level) == (back.branch_id, 103, 1)
    assert not missed.order.listed


def test_an_offer_that_is_not_answered_is_recalled_and_the_next_member_is_asked_in_the_same_sweep(county):
    order = county.at(State.OFFERED)  # offered at 10:00, so the member has until 13:00
    due = at(10, 13)
    assert order.clocks[Clock.OFFER] == due  # an offer by hand has a window of its own
    assert tick(order, due - MINUTE, county.world).events == ()
    outcome = county.swept(order, due, [county.member("grid worker of A1")])
    recalled, offered = outcome.events
    assert (recalled.action, recalled.party, recalled.due_at) == (Action.RECALL, Party.SYSTEM, due)
    assert (offered.action, offered.assignee_id, offered.to_state) == (Action.OFFER, 3, State.OFFERED)
    assert outcome.order.tried == (1, 3)
    assert outcome.order.clocks[Clock.OFFER] == at(10, 15)
    assert [(notice.person_id, notice.version) for notice in outcome.notices] == [(3, offered.version)]


def test_the_secretary_has_a_window_before_the_system_offers(county):
    order = county.order()
    due = at(10, 12)
    assert order.clocks[Clock.DISPATCH] == due
    assert not wants_member(order, due - MINUTE)
    assert wants_member(order, due)
    outcome = county.swept(order, due, [county.member("member of A1")])
    (event,) = outcome.events
    assert (event.action, event.party, event.due_at) == (Action.OFFER, Party.SYSTEM, due)
    assert event.data["candidates"] == 1
    assert [one["member"] for one in event.data["ranked"]] == [1]
    assert outcome.order.assignee_id == 1
    assert Clock.DISPATCH not in outcome.order.clocks


def test_a_member_who_declines_leaves_the_order_to_the_next_at_once(county):
    order = county.at(State.OFFERED)
    declined = county.does(order, Action.DECLINE, county.assignee(order), at(10, 11))
    assert declined.tried == (1,)
    assert wants_member(declined, at(10, 11))
    assert declined.clocks[Clock.ACCEPT] == order.clocks[Clock.ACCEPT]


def test_when_nobody_can_be_asked_it_is_noted_and_tried_again_and_the_accept_clock_decides(county):
    order = county.order()
    outcome = county.swept(order, at(10, 12))
    (event,) = outcome.events
    assert (event.action, event.data["nobody"], event.to_state) == (Action.NOTE, True, State.ROUTED)
    assert outcome.order.head == event.hash
    assert set(outcome.order.clocks) == {*WAITING, Clock.DISPATCH}
    assert outcome.order.clocks[Clock.DISPATCH] == at(10, 14), "a secretary's window later"
    assert [notice.branch_id for notice in outcome.notices] == [106]
    again = county.swept(outcome.order, at(10, 14))
    assert [event.action for event in again.events if event.action is not Action.WARN] == [Action.NOTE]
    assert [notice for notice in again.notices if notice.notice == "note.routed"] == [], "the secretary knows"
    back = county.swept(again.order, at(10, 16), [county.member("member of A1")])
    assert back.order.offered == (1,), "somebody is back"
    risen = county.swept(again.order, at(10, 17, 30)).order
    assert (risen.branch_id, risen.level) == (103, 1)
    assert Clock.DISPATCH in risen.clocks


def test_silence_of_the_resident_closes_without_a_grade_and_without_calling_it_satisfaction(county):
    order = county.at(State.RESOLVED)
    due = order.clocks[Clock.RATE]
    assert due == at(17, 10)
    assert tick(order, due - MINUTE, county.world).events == ()
    outcome = tick(order, due, county.world)
    (event,) = outcome.events
    assert (event.action, event.party, event.data["reason"]) == (Action.CLOSE, Party.SYSTEM, "no_answer")
    closed = outcome.order
    assert (closed.state, closed.grade, closed.clocks, closed.ended_at) == (State.CLOSED, None, {}, due)


def test_what_the_system_cannot_place_is_listed_at_the_root(county):
    order = county.order(grid=None, rule=Located.UNKNOWN)
    assert (order.state, order.branch_id, set(order.clocks)) == (State.RECEIVED, 102, WAITING)
    listed = tick(order, at(10, 17, 30), county.world)
    assert (listed.order.state, listed.order.listed) == (State.RECEIVED, True)
    assert [notice.branch_id for notice in listed.notices] == [102]


def test_a_listed_order_keeps_its_promise_in_view_and_is_overdue(county):
    order = tick(county.order(), at(20, 12), county.world).order
    assert order.listed
    assert order.next_milestone == (Clock.ACCEPT, at(10, 17, 30))
    assert order.overdue(at(20, 12))
    assert not county.order().overdue(at(10, 17, 29))
    assert county.order().overdue(at(10, 17, 30))


def test_a_member_who_accepts_late_has_a_level_s_window(county):
    order = tick(county.order("0801"), at(10, 20), county.world).order
    order = county.does(order, Action.OFFER, now=at(10, 20), members=(county.member("member of A1"),))
    order = county.does(order, Action.ACCEPT, county.people["member of A1"], at(10, 20))
    assert order.clocks == {Clock.CONTACT: at(10, 20, 15), Clock.RESOLVE: at(10, 20, 15)}
    assert order.promises[Clock.CONTACT] == at(10, 10, 30)


def test_a_clock_that_does_not_move_forward_is_noticed_at_once(county):
    class Still(World):
        def due(self, length, grid_id, start):
            return start

    world = Still(*(getattr(county.world, field.name) for field in fields(county.world)))
    with pytest.raises(RunawayClockError):
        tick(county.order(), at(10, 17, 30), world)


def test_the_shortest_windows_do_not_run_away(county):
    rows = [(urgency, clock, "1m") for urgency in Urgency for clock in (*MILESTONES, "rise")]
    world = replace(
        county.world, policy=DEFAULT.overridden([(urgency, "", clock, length) for urgency, clock, length in rows])
    )
    order = county.order()
    order = replace(order, clocks={clock: at(10, 10, 1).astimezone(UTC) for clock in (Clock.ACCEPT, Clock.DISPATCH)})
    outcome = tick(order, at(31, 10), world)
    assert [event.action for event in outcome.events] == [Action.ESCALATE, Action.ESCALATE, Action.SUPERVISE]
    assert world.policy.rise_duration(Urgency.GENERAL, "0101") == Duration.parse("1m")


def test_a_supervisor_s_word_changes_no_clock(county):
    order = county.at(State.ACCEPTED)
    outcome = act(order, Command(Action.SUPERVISE), county.people["supervisor of A"], at(10, 11), county.world)
    assert outcome.order.clocks == order.clocks
    assert not outcome.order.listed
    assert {(n.person_id, n.branch_id) for n in outcome.notices} == {(order.assignee_id, None), (None, 106)}
    assert act(outcome.order, Command(Action.NOTE), SYSTEM, at(10, 12), county.world).order.clocks == order.clocks

"""What goes wrong for people at bad moments: at night, on leave, when an order comes back, when the rules change."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.domain.acting import act
from dispatch.domain.clockwork import tick
from dispatch.domain.deadlines import Why, deadlines
from dispatch.domain.emergency import Emergency
from dispatch.domain.order import Command
from dispatch.domain.policy import DEFAULT
from dispatch.domain.retelling import retell
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import Action, Clock, State, Urgency
from dispatch.domain.world import Tier

SHANGHAI = ZoneInfo("Asia/Shanghai")
THREE = ("member of A1", "member of the group", "grid worker of A1")


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def asked(outcome):
    return {notice.person_id for notice in outcome.notices if notice.notice == "offer.offered"}


def test_who_declines_at_night_wakes_nobody_and_the_ladder_goes_on_in_the_morning(county):
    order = county.at(State.OFFERED, now=at(10, 19))
    declined = county.does(order, Action.DECLINE, county.assignee(order), at(10, 22))
    assert declined.clocks[Clock.DISPATCH] == at(11, 8)
    pressing = county.at(State.OFFERED, now=at(10, 19), urgency=Urgency.URGENT)
    declined = county.does(pressing, Action.DECLINE, county.assignee(pressing), at(10, 22))
    assert declined.clocks[Clock.DISPATCH] == at(10, 22)


def test_an_order_that_comes_back_from_its_handler_is_offered_to_everybody_anew_and_they_are_told(county):
    candidates = [county.member(name) for name in THREE]
    order, now = county.order(now=at(10, 8)), at(10, 8)
    while order.rung < 3:
        now = order.next_clock[1]
        order = county.swept(order, now, candidates).order
    handler = county.people["member of A1"]
    taken = county.does(order, Action.ACCEPT, handler, now)
    back = county.does(taken, Action.HAND_BACK, handler, now)
    assert (back.tried, back.rung, back.declined) == ((), 0, (handler.person_id,))
    told: set[int] = set()
    while back.rung < 3 and back.level == 0:
        now = back.next_clock[1]
        outcome = county.swept(back, now, candidates)
        told |= asked(outcome)
        back = outcome.order
    assert told == {2}, "the others of the branch, and not who gave it back"


def test_a_leave_is_no_refusal(county):
    order = county.at(State.OFFERED)
    member = county.assignee(order)
    away = county.does(order, Action.DECLINE, member, at(10, 11), data={"because": "leave"})
    assert (away.state, away.declined, away.tried) == (State.ROUTED, (), (member.person_id,))


def test_at_the_root_a_reminder_looks_again_for_somebody(county):
    order = tick(county.order(), at(20, 12), county.world).order
    nobody = county.swept(order, at(20, 15)).order
    assert (nobody.listed, nobody.state, Clock.DISPATCH in nobody.clocks) == (True, State.ROUTED, False)
    reminded = county.swept(nobody, at(23, 9), [county.member("member of B1")])
    assert [event.action for event in reminded.events] == [Action.SUPERVISE, Action.OFFER]
    assert reminded.order.offered == (5,)


def test_who_handles_an_order_is_told_when_the_rules_leave_them_less_time_and_is_warned_by_what_is_left(county):
    filed = county.filed()
    order, events = filed.order, [*filed.events]
    for action, actor in ((Action.OFFER, "secretary of A1"), (Action.ACCEPT, "member of A1")):
        members = (county.member("member of A1"),) if action is Action.OFFER else ()
        outcome = act(order, Command(action, members=members), county.people[actor], county.start, county.world)
        order, events = outcome.order, [*events, *outcome.events]
    faster = replace(county.world, policy=DEFAULT.overridden([("general", "", "resolve", "2d")]))
    now = at(11, 8)
    outcome = retimed(order, reckon(events), "policy", now, faster)
    assert outcome.order.clocks[Clock.RESOLVE] == at(12, 10)
    assert {(one.person_id, one.notice) for one in outcome.notices} == {(1, "retime.accepted")}
    assert outcome.order.clocks[Clock.RESOLVE_50] == now + timedelta(hours=13), "half of what is left"
    longer = retimed(outcome.order, reckon([*events, *outcome.events]), "policy", now, county.world)
    assert longer.notices == (), "more time is no message"


def test_an_order_that_is_routed_into_an_emergency_is_promised_what_holds_there(county):
    emergency = Emergency(1, 4, county.start - timedelta(days=1), county.start + timedelta(days=9))
    world = replace(county.world, emergencies=(emergency,))
    outside = county.filed("0101", 11)
    desk = county.people["secretary of A"]
    risen = tick(outside.order, outside.order.clocks[Clock.ACCEPT], world)
    moved = act(risen.order, Command(Action.ROUTE, grid_id=14), desk, at(10, 18), world)
    direct = world.length(Clock.RESOLVE, tier_at(14), at(10, 18))
    assert moved.order.promises[Clock.RESOLVE] == world.due(direct, 14, at(10, 18))
    assert moved.order.promises[Clock.RESOLVE] < outside.order.promises[Clock.RESOLVE]
    events = [*outside.events, *risen.events, *moved.events]
    resolve = next(one for one in deadlines(moved.order, events, at(10, 19), world) if one.clock is Clock.RESOLVE)
    assert [earlier.why for earlier in resolve.earlier] == [Why.EMERGENCY]
    told = retell(events)
    assert {name: getattr(moved.order, name) for name in told} == told
    assert retimed(moved.order, reckon(events), "calendar", at(10, 19), world) is None


def tier_at(grid):
    return Tier(Urgency.GENERAL, "0101", grid)

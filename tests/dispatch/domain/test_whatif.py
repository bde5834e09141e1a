"""History played again: under the rules it was made by it is the same, and under others people stay who they were."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.filing import Filing
from dispatch.domain.order import Event, Grant
from dispatch.domain.policy import DEFAULT, EMERGENCY
from dispatch.domain.recorded import Anchor, Doing, Moment, Reply, Story, story
from dispatch.domain.serving import Serving
from dispatch.domain.tallies import Course, Tally
from dispatch.domain.vocabulary import Action, Clock, Grade, Party, Role, State
from dispatch.domain.whatif import Cast, replay
from grid_model.places import Found, Located

TUESDAY = datetime(2026, 3, 10, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
UNTIL = TUESDAY + timedelta(days=14)
MEMBERS = {1: (Role.MEMBER, 8, 106), 2: (Role.MEMBER, 9, 110), 3: (Role.GRID_WORKER, 4, None),
           4: (Role.MEMBER, 10, 107), 5: (Role.MEMBER, 12, 108), 8: (Role.MEMBER, 8, 106),
           7: (Role.DESK_OFFICER, 1, 102)}  # fmt: skip


def cast(capacity: int = 3) -> Cast:
    people = [
        Serving(person, f"P{person}", "党员", frozenset(), capacity, 0, (Grant(*grant),))
        for person, grant in MEMBERS.items()
    ]
    return Cast(people, {})


def filing(number: int, category: str = "0101", grid: int = 8) -> Filing:
    place = Found(grid, Located.CODE, (grid,))
    return Filing(1, number, "request", category, None, place, {}, None, None, None, b"", None)


def told(number: int = 1, at: datetime = TUESDAY, replies=None, doings=None, **given) -> Story:
    return Story(filing(number, **given), at, replies or {}, doings or {})


def play(county, stories, policy=DEFAULT, emergency=EMERGENCY, capacity=3):
    """Every event of each order, and the tally."""
    histories: defaultdict[int, list[Event]] = defaultdict(list)
    tally = Tally()
    courses: dict[int, Course] = {}

    def watch(key, outcome, _now):
        histories[key[1]].extend(outcome.events)
        courses.setdefault(key[1], Course(tally)).see(outcome.events)

    world = replace(county.world, policy=policy, emergency=emergency)
    failed = replay(stories, cast(capacity), world, UNTIL, watch)
    assert failed == 0
    for course in courses.values():
        course.end(UNTIL)
    return dict(histories), tally


def same(events):
    """What makes two histories the same; hashes rest on contents and salts, which are not played."""
    return [replace(event, hash=b"", texts={}, salt=b"") for event in events]


def doing(after: timedelta, action: Action, party: Party, actor: int | None, members=(), grade=None) -> Doing:
    return Doing(after, action, party, actor, members, None, None, grade)


few = settings(max_examples=8)
"""A history is long, and says much."""

spans = st.integers(0, 5 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes, seconds=7))


@st.composite
def stories(draw, number: int):
    replies = {
        person: draw(st.lists(st.builds(Reply, st.sampled_from([Action.ACCEPT, Action.DECLINE]), spans), max_size=2))
        for person in draw(st.sets(st.sampled_from(sorted(MEMBERS))))
    }
    doings: dict[Anchor, list[Doing]] = {}
    for person in MEMBERS:
        for action in draw(st.sets(st.sampled_from([Action.CONTACT, Action.RESOLVE, Action.PAUSE, Action.HAND_BACK]))):
            anchor = Anchor(Moment.ACCEPTED, person, 1)
            doings.setdefault(anchor, []).append(doing(draw(spans), action, Party.HANDLER, person))
    for branch in draw(st.sets(st.sampled_from([103, 106, 109, 110]))):
        asked = draw(st.sets(st.sampled_from([1, 2, 3, 4]), min_size=1, max_size=2))
        one = doing(draw(spans), Action.OFFER, Party.SECRETARY, 11, tuple(sorted(asked)))
        doings[Anchor(Moment.ARRIVED, branch, 1)] = [one]
    if draw(st.booleans()):
        rated = doing(draw(spans), Action.RATE, Party.RESIDENT, None, grade=draw(st.sampled_from(Grade)))
        doings[Anchor(Moment.RESOLVED, 0, 1)] = [rated]
    if draw(st.booleans()):
        doings[Anchor(Moment.FILED, 0, 1)] = [doing(draw(spans), Action.WITHDRAW, Party.RESIDENT, None)]
    at = TUESDAY + draw(spans)
    return Story(filing(number, draw(st.sampled_from(["0101", "1001", "0901", "0301"]))), at, replies, doings)


histories = st.integers(1, 4).flatmap(lambda count: st.tuples(*(stories(number) for number in range(1, count + 1))))


@few
@given(histories)
def test_a_history_played_again_under_its_own_rules_is_the_same_history(county, told_stories):
    first, tally = play(county, told_stories)
    read = [story(events, None) for events in first.values()]
    again, tally_again = play(county, read)
    assert {number: same(events) for number, events in again.items()} == {
        number: same(events) for number, events in first.items()
    }
    assert tally_again == tally


@few
@given(histories)
def test_whoever_recorded_nothing_does_nothing_under_any_rules(county, told_stories):
    played, _ = play(county, told_stories, policy=EMERGENCY)
    for one in told_stories:
        for event in played[one.filing.id]:
            if event.action in (Action.ACCEPT, Action.DECLINE):
                assert event.actor_id in one.replies


@few
@given(histories)
def test_the_order_in_which_stories_are_told_makes_no_difference(county, told_stories):
    assert play(county, told_stories)[0] == play(county, told_stories[::-1])[0]


def test_whoever_accepted_does_so_as_long_after_they_are_asked(county):
    one = told(replies={1: [Reply(Action.ACCEPT, timedelta(minutes=4))]})
    for policy, window in ((DEFAULT, timedelta(hours=2)), (EMERGENCY, timedelta(minutes=10))):
        events = play(county, [one], policy)[0][1]
        asked = next(event for event in events if 1 in event.data.get("offered", ()))
        accepted = next(event for event in events if event.action is Action.ACCEPT)
        assert accepted.at - asked.at == timedelta(minutes=4)
        assert min(event.at for event in events if event.action is Action.OFFER) == TUESDAY + window


def test_a_reply_that_comes_after_the_window_waits_until_they_are_asked_again(county):
    one = told(replies={1: [Reply(Action.ACCEPT, timedelta(hours=7))], 8: [], 2: []})
    slow = play(county, [one])[0][1]
    accepted = next(event for event in slow if event.action is Action.ACCEPT)
    assert accepted.from_state is State.OFFERED
    asked = [event for event in slow if event.version < accepted.version and 1 in event.data.get("offered", ())]
    assert asked[-1].at <= accepted.at


def test_a_secretary_dispatches_again_if_the_order_still_waits(county):
    by_hand = doing(timedelta(minutes=30), Action.OFFER, Party.SECRETARY, 18, (1,))
    one = told(doings={Anchor(Moment.ARRIVED, 106, 1): [by_hand]}, replies={1: [Reply(Action.ACCEPT, timedelta(0))]})
    slow = play(county, [one])[0][1]
    assert [event.party for event in slow if event.action is Action.OFFER] == [Party.SECRETARY]
    assert next(event.at for event in slow if event.action is Action.ACCEPT) == TUESDAY + timedelta(minutes=30)
    fast = play(county, [one], policy=EMERGENCY)[0][1]  # the ladder was there first, and the order waits no more
    assert {event.party for event in fast if event.action is Action.OFFER} == {Party.SYSTEM}


def test_a_matter_that_nobody_takes_rises_sooner_under_faster_rules(county):
    one = told()
    (_, slow), (_, fast) = (play(county, [one], policy) for policy in (DEFAULT, EMERGENCY))
    assert (slow.accepted, fast.accepted, slow.overdue[Clock.ACCEPT], fast.overdue[Clock.ACCEPT]) == (0, 0, 1, 1)
    assert set(slow.rises) == set(fast.rises) == {1, 2}


def test_loads_are_those_of_the_play(county):
    silent = [told(number, TUESDAY + timedelta(minutes=number)) for number in range(1, 5)]
    first = play(county, silent, capacity=1)[0]
    asked = [next(event.assignee_id for event in first[number] if event.action is Action.OFFER) for number in (1, 2)]
    assert len(set(asked)) == 2


def test_a_category_the_county_no_longer_knows_is_counted_and_left_out(county):
    failed = replay([told(category="7777"), told(2)], cast(), county.world, UNTIL, lambda *_: None)
    assert failed == 1


def test_a_history_without_its_beginning_is_no_story(county):
    events = play(county, [told()])[0][1]
    assert story(events[1:], None) is None
    assert story([], None) is None


@pytest.mark.parametrize("minutes", [1, 20])
def test_a_tally_by_hand(county, minutes):
    doings = {
        Anchor(Moment.ACCEPTED, 1, 1): [
            doing(timedelta(hours=2), Action.CONTACT, Party.HANDLER, 1),
            doing(timedelta(days=8), Action.RESOLVE, Party.HANDLER, 1),
        ]
    }
    one = told(replies={person: [Reply(Action.ACCEPT, timedelta(minutes=minutes))] for person in (1,)}, doings=doings)
    _, tally = play(county, [one])
    assert (tally.orders, tally.accepted, tally.in_time) == (1, 1, 1)
    assert tally.overdue == {Clock.RESOLVE: 1}
    assert tally.offers[1] == 1
    assert tally.median_wait is not None
    assert sum(tally.rises.values()) >= 1

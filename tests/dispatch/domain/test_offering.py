"""The ladder of offers: who is asked, who has it, who said no, and what a hand offer leaves alone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.order import Actor, Command, Grant, Member
from dispatch.domain.vocabulary import Action, Clock, Party, Role, Rung, State

SHANGHAI = ZoneInfo("Asia/Shanghai")
VILLAGE = {person: Actor(person, (Grant(Role.MEMBER, 14, 106),)) for person in range(51, 56)}
SIBLINGS = {person: Actor(person, (Grant(Role.MEMBER, 11, 107),)) for person in (61, 62)}
EVERYBODY = VILLAGE | SIBLINGS


def at(hour, minute=0, day=10):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def members(*people):
    return tuple(Member(person, EVERYBODY[person].grants) for person in people)


def asked(county, *people):
    """An order that these members of village A1 were asked about by its secretary."""
    return county.does(county.order(), Action.OFFER, county.people["secretary of A1"], members=members(*people))


@given(st.permutations(list(VILLAGE)), st.integers(2, 5))
def test_of_several_asked_whoever_accepts_first_has_it_and_the_others_are_told_that_it_is_taken(county, people, number):
    order = asked(county, *people[:number])
    assert (order.assignee_id, order.offered) == (None, tuple(people[:number]))
    for first in people[:number]:
        had = act(order, Command(Action.ACCEPT), VILLAGE[first], at(11), county.world)
        assert (had.order.assignee_id, had.order.offered, had.events[0].party) == (first, (), Party.INVITEE)
        for late in set(people[:number]) - {first}:
            with pytest.raises(errors.Taken):
                county.does(had.order, Action.ACCEPT, VILLAGE[late], at(11))
        with pytest.raises(errors.NotNow):
            county.does(had.order, Action.ACCEPT, VILLAGE[first], at(11))
        for stranger in people[number:]:
            with pytest.raises(errors.NotYours):
                county.does(had.order, Action.ACCEPT, VILLAGE[stranger], at(11))


@given(st.permutations(list(VILLAGE)), st.integers(2, 5))
def test_one_who_declines_leaves_the_others_asked_and_the_last_sends_it_on_at_once(county, people, number):
    order = asked(county, *people[:number])
    due = order.clocks[Clock.OFFER]
    for gone, person in enumerate(people[: number - 1], 1):
        order = county.does(order, Action.DECLINE, VILLAGE[person], at(11))
        assert (order.state, order.offered, order.declined) == (State.OFFERED, *split(people[:number], gone))
        assert order.clocks[Clock.OFFER] == due
    last = people[number - 1]
    order = county.does(order, Action.DECLINE, VILLAGE[last], at(11))
    assert (order.state, order.offered, order.clocks[Clock.DISPATCH]) == (State.ROUTED, (), at(11))
    again = county.swept(order, at(11), members(*VILLAGE)).order
    left = tuple(sorted(people[number:]))
    if left:
        assert set(again.offered) <= set(left)
        assert again.rung == 1, "the secretary's own offers climb no rung"
    else:
        assert again.state is State.ROUTED


def split(people, gone):
    return tuple(people[gone:]), tuple(people[:gone])


def test_the_ladder_is_climbed_rung_by_rung_at_its_minutes(county):
    order = county.order()
    everybody = members(*EVERYBODY)
    _, events = county.minutely(order, at(10), at(17, 29), everybody)
    offers = [event for event in events if event.action is Action.OFFER]
    assert [(event.at, event.data["kind"], len(event.data["offered"])) for event in offers] == [
        (at(12), Rung.DIRECT, 1),
        (at(14), Rung.GROUP, 3),
        (at(16), Rung.POOL, 5),
        (at(17, 15), Rung.SIBLINGS, 7),  # two hours on it would have risen, so a quarter of an hour is left to them
    ]
    order, events = county.minutely(order, at(10), at(21, day=11), everybody)
    assert [event.data["kind"] for event in events if event.action is Action.OFFER and event.branch_id == 106] == list(
        Rung
    )
    assert order.branch_id != 106


def test_filed_just_before_the_cut_off_every_rung_is_still_asked(county):
    order = county.order(now=at(15, 50))
    _, events = county.minutely(order, at(15, 50), at(17, 29), members(*EVERYBODY))
    offers = [(event.at, event.data["kind"]) for event in events if event.action is Action.OFFER]
    assert offers == list(zip((at(16, 30), at(16, 45), at(17), at(17, 15)), Rung, strict=True))


def test_the_last_rung_asks_the_siblings_and_stands_until_the_order_rises(county):
    order = county.order(now=at(16, 30))  # due at noon of the next working day
    before = county.minutely(order, at(16, 30), at(11, 59, 11), members(*EVERYBODY))[1]
    offers = [event for event in before if event.action is Action.OFFER]
    assert [event.data["kind"] for event in offers] == list(Rung)
    assert set(offers[-1].data["offered"]) == set(EVERYBODY)
    assert Clock.OFFER.value not in offers[-1].data["clocks"]
    order, events = county.minutely(order, at(16, 30), at(12, 0, 11), members(*EVERYBODY))
    risen = next(event for event in events if event.action is Action.ESCALATE)
    assert (risen.at, risen.from_state) == (at(12, 0, 11), State.OFFERED)
    assert (order.branch_id, order.rung, order.offered) == (103, 0, ())


def test_a_sibling_who_is_asked_sees_the_order_and_can_accept_it(county):
    order = county.order(now=at(16, 30))
    order, _ = county.minutely(order, at(16, 30), at(11, 59, 11), members(*SIBLINGS))
    assert set(order.offered) == set(SIBLINGS)
    accepted = county.does(order, Action.ACCEPT, SIBLINGS[61], at(11, 59, 11))
    assert (accepted.assignee_id, accepted.branch_id) == (61, 106)


def test_a_rung_that_finds_nobody_is_passed_over(county):
    order = county.swept(county.order(), at(12), members(61)).order
    assert (order.rung, order.offered, Clock.OFFER in order.clocks) == (4, (61,), False)


@pytest.mark.parametrize("climbed", range(4))
@pytest.mark.parametrize("chosen", [(55,), (51, 55)])
def test_a_secretary_asks_whom_they_like_at_any_rung_and_moves_none(county, climbed, chosen):
    order, now = county.order(now=at(8)), at(8)
    while order.rung < climbed:
        order, now = county.swept(order, now, members(*EVERYBODY)).order, now + timedelta(minutes=1)
    before = order.rung
    order = county.does(order, Action.OFFER, county.people["secretary of A1"], now, members=members(*chosen))
    assert (order.rung, order.offered, order.clocks[Clock.OFFER] > now) == (before, chosen, True)
    assert set(chosen) <= set(order.tried)
    later = order.clocks[Clock.OFFER]
    on = county.swept(order, later, members(*EVERYBODY)).order
    assert on.rung == before + 1, "from there the ladder goes on"


def test_a_secretary_may_ask_again_who_has_said_no_and_the_system_never(county):
    order = county.does(asked(county, 51), Action.DECLINE, VILLAGE[51], at(11))
    assert county.swept(order, at(11), members(51)).order.state is State.ROUTED
    again = county.does(order, Action.OFFER, county.people["secretary of A1"], at(11), members=members(51))
    assert again.offered == (51,)


def test_who_handed_an_order_back_is_not_asked_again_at_any_branch_until_it_is_reopened(county):
    order = county.does(asked(county, 51), Action.ACCEPT, VILLAGE[51], at(11))
    order = county.does(order, Action.HAND_BACK, VILLAGE[51], at(12))
    assert (order.declined, order.rung) == ((51,), 0)
    _, events = county.minutely(order, at(12), at(12, day=11), members(51))
    assert not [event for event in events if event.action is Action.OFFER]
    done = county.does(asked(county, 51, 52), Action.DECLINE, VILLAGE[51], at(11))
    done = county.does(county.does(done, Action.ACCEPT, VILLAGE[52], at(11)), Action.RESOLVE, VILLAGE[52], at(11))
    again = county.does(done, Action.REOPEN, county.resident, at(11))
    assert (again.declined, again.tried, again.rung) == ((), (), 0)


def test_one_who_loses_an_offer_to_another_is_not_told_that_they_were_asked(county):
    order = asked(county, 51)
    outcome = act(
        order,
        Command(Action.OFFER, members=members(52)),
        county.people["secretary of A1"],
        at(11),
        county.world,
    )
    told = {notice.person_id: notice.notice for notice in outcome.notices}
    assert told == {52: "offer.offered", 51: "recall.routed"}

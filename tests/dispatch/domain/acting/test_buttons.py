"""The buttons shown are those that work, and what somebody is told who stands to an order no longer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions, permitted
from dispatch.domain.following_up import REOPEN_WITHIN
from dispatch.domain.ledger import event_hash
from dispatch.domain.order import Actor, Command, Grant
from dispatch.domain.vocabulary import Action, Grade, Role, State


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_a_role_elsewhere_makes_nobody_less_of_a_stranger(county, role, state, held):
    order, _ = held(county, "village", state) if state is not State.RECEIVED else (county.at(State.ROUTED), "")
    for grid, branch in ((3, 105), (5, 107), (9, 110), (9, None), (7, None)):
        stranger = Actor(77, (Grant(role, grid, branch),))
        for action in Action:
            with pytest.raises(errors.NotYours):
                permitted(order, action, stranger, county.world)
        assert actions(order, stranger, county.start, county.world) == ()


def works(county, order, actor, now):
    """What ``actor`` may do, by trying everything; what was merged is taken out where it is, not where it went."""
    found = []
    for action in Action:
        if action is Action.UNMERGE and order.state is not State.MERGED:
            continue
        try:
            act(order, county.command(order, action, now), actor, now, county.world)
        except errors.Refusal:
            continue
        found.append(action)
    return found


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("where", ["village", "township", "county"])
def test_the_buttons_shown_are_those_that_work(county, where, state, held):
    order, where = held(county, where, state)
    for late in (timedelta(), REOPEN_WITHIN * 2):
        now = county.start + late
        several = [replace(order, assignee_id=None, offered=(1, 6, 7))] if state is State.OFFERED else []
        for given in (order, replace(order, reopened=1), replace(order, grade=Grade.FAIR), *several):
            for actor in county.actors().values():
                if not actor.is_system or where not in ("county", "root desk"):
                    assert list(actions(given, actor, now, county.world)) == works(county, given, actor, now)


def test_so_they_are_where_an_order_has_a_story_of_its_own(county, storied):
    order = storied
    for late in (timedelta(), REOPEN_WITHIN * 2):
        now = county.start + late
        for actor in county.actors().values():
            if not actor.is_system or order.branch_id != 101:
                assert list(actions(order, actor, now, county.world)) == works(county, order, actor, now), actor


def test_a_member_who_accepts_twice_is_told_that_it_is_done_and_not_that_it_is_not_theirs(county):
    order = county.at(State.ACCEPTED)
    with pytest.raises(errors.NotNow):
        county.does(order, Action.ACCEPT, county.assignee(order))


def test_a_member_who_has_declined_is_a_stranger_again(county):
    order = county.at(State.OFFERED)
    member = county.assignee(order)
    order = county.does(order, Action.DECLINE, member)
    with pytest.raises(errors.NotYours):
        county.does(order, Action.ACCEPT, member)


def test_the_texts_of_an_event_enter_its_hash_by_a_salted_digest_only(county):
    order = county.at(State.ACCEPTED)
    command = Command(Action.NOTE, texts={"note": "已联系"}, salt=b"s")
    (event,) = act(order, command, county.assignee(order), county.start, county.world).events
    erased = replace(event, texts={}, salt=b"")
    assert event_hash(order.head, erased) == event.hash
    assert "已联系" not in repr(dict(event.data))
    other = act(order, replace(command, salt=b"t"), county.assignee(order), county.start, county.world).events[0]
    assert other.data["digest"] != event.data["digest"]

"""The whole product State x Action x Party, and State x Action x everybody who stands to an order in some way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions, permitted
from dispatch.domain.following_up import REOPEN_WITHIN
from dispatch.domain.ledger import event_hash
from dispatch.domain.lifecycle import TABLE, laws
from dispatch.domain.order import SYSTEM, Actor, Command, Grant
from dispatch.domain.vocabulary import Action, Grade, Party, Role, State

GRANTED = {(row.from_state, row.action, party): row.to_state for row in TABLE for party in row.parties}

ABOVE = {
    "secretary of A": Party.SECRETARY,
    "secretary of the county": Party.SECRETARY,
    "secretary of A's desk": Party.SECRETARY,
    "secretary of the county's desk": Party.SECRETARY,
    "supervisor of A1": Party.SUPERVISOR,
    "supervisor of A": Party.SUPERVISOR,
    "supervisor of the county": Party.SUPERVISOR,
    "the resident": Party.RESIDENT,
    "the system": Party.SYSTEM,
}
"""How everybody stands to a matter of village A1 that its own branch holds; who is not named is a stranger to it."""

STANDING = {
    "village": {**ABOVE, "secretary of A1": Party.SECRETARY},
    "township": {
        "secretary of A1": Party.CO_HANDLER,
        "secretary of A": Party.SECRETARY,
        "secretary of the county": Party.SECRETARY,
        "secretary of the county's desk": Party.SECRETARY,
        "supervisor of A": Party.SUPERVISOR,
        "supervisor of the county": Party.SUPERVISOR,
        "the resident": Party.RESIDENT,
        "the system": Party.SYSTEM,
    },
    "county": {
        "secretary of A1": Party.CO_HANDLER,
        "secretary of A": Party.CO_HANDLER,
        "secretary of the county": Party.SECRETARY,
        "supervisor of the county": Party.SUPERVISOR,
        "the resident": Party.RESIDENT,
        "the system": Party.SYSTEM,
    },
    "desk": {
        "secretary of A's desk": Party.SECRETARY,
        "secretary of the county": Party.SECRETARY,
        "secretary of the county's desk": Party.SECRETARY,
        "supervisor of A": Party.SUPERVISOR,
        "supervisor of the county": Party.SUPERVISOR,
        "the resident": Party.RESIDENT,
        "the system": Party.SYSTEM,
    },
    "root desk": {
        "secretary of the county's desk": Party.SECRETARY,
        "supervisor of the county": Party.SUPERVISOR,
        "the resident": Party.RESIDENT,
        "the system": Party.SYSTEM,
    },
}


def held(county, where, state):
    """An order of village A1 in that state, held where it lies or risen to the township or the county."""
    if state is State.RECEIVED:
        return county.at(state), "root desk"
    if where == "desk":
        return county.at(state, "0201"), where
    order = county.at(state)
    seats = {"village": (106, ()), "township": (103, (106,)), "county": (101, (106, 103))}
    branch, passed = seats[where]
    return replace(order, branch_id=branch, supervisor_id=branch, co_branches=passed, level=len(passed)), where


def standing(county, order, where, name):
    actor = county.actors()[name]
    if actor.person_id is not None and actor.person_id == order.assignee_id:
        return {Party.OFFEREE if order.state is State.OFFERED else Party.HANDLER}
    return {STANDING[where][name]} if name in STANDING[where] else set()


def expected(state, action, capacities):
    """Where it leads, or the refusal: a stranger, and whoever may never do it, is told that it is not theirs."""
    for party in capacities:
        if (state, action, party) in GRANTED:
            return GRANTED[state, action, party]
    if capacities & {Party.OFFEREE, Party.HANDLER}:
        capacities = capacities | {Party.OFFEREE, Party.HANDLER}
    ever = {party for _, named, party in GRANTED if named is action}
    possible = any((state, action, party) in GRANTED for party in Party)
    return errors.NotYours if not capacities & ever or possible else errors.NotNow


def check(county, order, action, actor, capacities):
    wanted = expected(order.state, action, capacities)
    if action is (Action.RESUME if order.paused_at is None else Action.PAUSE) and wanted is State.ACCEPTED:
        wanted = errors.NotNow if action is Action.RESUME else errors.WaitedBefore  # nothing stands still, or it did
    before = repr(order)
    if isinstance(wanted, type):
        with pytest.raises(errors.Refusal) as refusal:
            act(order, county.command(order, action), actor, county.start, county.world)
        assert type(refusal.value) is wanted, (order.state, action, actor, capacities)
        assert refusal.value.text("zh")
        assert refusal.value.text("en")
    else:
        outcome = act(order, county.command(order, action), actor, county.start, county.world)
        assert outcome.order.state is wanted
        assert outcome.order.version == order.version + 1
        (event,) = outcome.events
        assert (event.from_state, event.action, event.party, event.to_state) in set(laws())
        assert event.party in capacities
        assert event.actor_id == actor.person_id
        assert outcome.order.head == event.hash == event_hash(order.head, event)
    assert repr(order) == before


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("where", ["village", "township", "county", "desk"])
def test_everybody_may_do_what_the_table_grants_them_and_nothing_else(county, where, state):
    order, where = held(county, where, state)
    above = where not in ("county", "root desk")  # at the root nothing can rise: the system lists it instead
    for name, actor in county.actors().items():
        capacities = standing(county, order, where, name)
        for action in Action:
            if above or action is not Action.ESCALATE or Party.SYSTEM not in capacities:
                check(county, order, action, actor, capacities)


@pytest.mark.parametrize("state", State)
def test_each_party_on_its_own_may_do_what_the_table_grants_it(county, state):
    order = replace(held(county, "township", state)[0], filed_by=31, grid_id=14, branch_id=103, co_branches=(106,))
    actors = {
        Party.RESIDENT: (county.resident, county.people["neighbours' head"]),
        Party.SECRETARY: (county.people["secretary of A"], county.people["secretary of the county"]),
        Party.SUPERVISOR: (county.people["supervisor of A"], county.people["supervisor of the county"]),
        Party.CO_HANDLER: (Actor(77, (Grant(Role.SECRETARY, order.grid_id, 106),)),),
        Party.SYSTEM: (SYSTEM,),
    }
    assigned = Actor(order.assignee_id or 1, (Grant(Role.MEMBER, 9, None),))  # serves, in another village
    mine = replace(order, assignee_id=assigned.person_id)
    for action in Action:
        for party, some in actors.items():
            for actor in some:
                if (action, party) != (Action.ESCALATE, Party.SYSTEM) or state is not State.RECEIVED:
                    check(county, order, action, actor, {party})
        check(county, mine, action, assigned, {Party.OFFEREE if state is State.OFFERED else Party.HANDLER})
        if state is State.OFFERED:
            several = replace(mine, assignee_id=None, offered=(assigned.person_id, 99))
            check(county, several, action, assigned, {Party.INVITEE})
        if state is State.ACCEPTED:
            waiting = county.does(mine, Action.PAUSE, assigned)
            check(county, waiting, action, assigned, {Party.HANDLER})
            check(county, waiting, action, SYSTEM, {Party.SYSTEM})


def test_the_rows_of_offeree_invitee_and_handler_are_told_apart_by_the_state():
    named = (Party.OFFEREE, Party.INVITEE, Party.HANDLER)
    only = {(s, p) for s, action, p in GRANTED if p in named and action is not Action.NOTE}
    offered = {(State.OFFERED, Party.OFFEREE), (State.OFFERED, Party.INVITEE)}
    assert only == offered | {(State.ACCEPTED, Party.HANDLER)}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_a_role_elsewhere_makes_nobody_less_of_a_stranger(county, role, state):
    order, _ = held(county, "village", state) if state is not State.RECEIVED else (county.at(State.ROUTED), "")
    for grid, branch in ((3, 105), (5, 107), (9, 110), (9, None), (7, None)):
        stranger = Actor(77, (Grant(role, grid, branch),))
        for action in Action:
            with pytest.raises(errors.NotYours):
                permitted(order, action, stranger, county.world)
        assert actions(order, stranger, county.start, county.world) == ()


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("where", ["village", "township", "county"])
def test_the_buttons_shown_are_those_that_work(county, where, state):
    order, where = held(county, where, state)
    for late in (timedelta(), REOPEN_WITHIN * 2):
        now = county.start + late
        paused = [county.does(order, Action.PAUSE, county.assignee(order))] if state is State.ACCEPTED else []
        several = [replace(order, assignee_id=None, offered=(1, 6, 7))] if state is State.OFFERED else []
        for given in (order, replace(order, reopened=1), replace(order, grade=Grade.FAIR), *paused, *several):
            for actor in county.actors().values():
                if actor.is_system and where in ("county", "root desk"):
                    continue
                working = []
                for action in Action:
                    try:
                        act(given, county.command(given, action), actor, now, county.world)
                    except (errors.NotYours, errors.NotNow, errors.WaitedBefore):
                        continue
                    working.append(action)
                assert list(actions(given, actor, now, county.world)) == working


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

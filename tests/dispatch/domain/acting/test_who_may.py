"""The whole product State x Action x Party, and State x Action x everybody who stands to an order in some way."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.ledger import event_hash
from dispatch.domain.lifecycle import TABLE, laws
from dispatch.domain.order import SYSTEM, Actor, Grant
from dispatch.domain.vocabulary import Action, Matter, Party, Role, State

GRANTED = {(row.from_state, row.action, party): row.to_state for row in TABLE for party in row.parties}
EVER = {action: {party for _, named, party in GRANTED if named is action} for action in Action}
POSSIBLE = {(state, action) for state, action, _ in GRANTED}
LAWS = set(laws())

ABOVE = {
    "secretary of A": Party.SECRETARY,
    "secretary of the county": Party.SECRETARY,
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

HOLDERS = {106: "village", 103: "township", 101: "county", 104: "desk", 102: "root desk"}
OWN = {
    "village": "secretary of A1",
    "township": "secretary of A",
    "county": "secretary of the county",
    "desk": "secretary of A's desk",
    "root desk": "secretary of the county's desk",
}
"""The secretary of the branch that holds it; whoever else dispatches or supervises stands outside and above."""

DECIDING = {
    103: {
        "secretary of A",
        "secretary of the county",
        "supervisor of A",
        "supervisor of the county",
    },
    101: {"secretary of the county", "supervisor of the county"},
}
"""Who may decide what waits at a branch."""

SPEAKING = {104: {"officer of A", "secretary of A's desk"}, 107: {"member of A2", "secretary of A2"}}
"""Who answers for a unit that was called."""

OF_A1 = {"secretary of A1", "member of A1"}
OUTSIDE_OF = {106: OF_A1, 103: {"secretary of A"}}
"""Who belongs to a branch that handled an order, and so asks nobody how it went."""


def standing(county, order, where, name):
    actor, affairs = county.actors()[name], order.affairs
    found = {STANDING[where][name]} if name in STANDING[where] else set()
    if actor.person_id is not None and actor.person_id == order.assignee_id:
        found = {Party.OFFEREE if order.state is State.OFFERED else Party.HANDLER}
    handled = set() if affairs.follow_up is None else OUTSIDE_OF[affairs.follow_up.branch]
    if found & {Party.SECRETARY, Party.SUPERVISOR} and name not in {OWN[where], *handled}:
        found.add(Party.SUPERIOR)
    if any(name in SPEAKING[one.branch] for one in affairs.assists if one.answered_at is None and not one.waived_by):
        found.add(Party.ASSISTANT)
    pending = affairs.pending
    if pending is not None and name in DECIDING[pending.decider] and actor.person_id != pending.by:
        voted = actor.person_id in {vote.person_id for vote in pending.votes}
        own = pending.matter is Matter.APPEAL and name in OUTSIDE_OF[pending.branch]
        found |= set() if voted or own else {Party.DECIDER}
    return found


def expected(state, action, capacities):
    """Where it leads, or the refusal: a stranger, and whoever may never do it, is told that it is not theirs."""
    for party in capacities:
        if (state, action, party) in GRANTED:
            return GRANTED[state, action, party]
    if capacities & {Party.OFFEREE, Party.HANDLER}:
        capacities = capacities | {Party.OFFEREE, Party.HANDLER}
    possible = (state, action) in POSSIBLE
    return errors.NotYours if not capacities & EVER[action] or possible else errors.NotNow


def reviewable(order, now):
    return order.ended_at is None or now <= order.ended_at + timedelta(days=30)


def asking(order):
    """Whether something is asked for that holds other requests up: an appeal does not."""
    return order.affairs.pending is not None and order.affairs.pending.matter is not Matter.APPEAL


def poor(order):
    return {"dissatisfied", "very_dissatisfied"} & set(order.affairs.graded)


STORY = {
    Action.RESUME: lambda o, now: None if o.paused_at else errors.NotNow,
    Action.PAUSE: lambda o, now: errors.WaitedBefore if o.waited else errors.NotNow if o.paused_at else None,
    Action.RATE: lambda o, now: errors.NotNow if o.grade else None,
    Action.REOPEN: lambda o, now: None if not o.reopened and reviewable(o, now) else errors.NotNow,
    Action.REVIEW: lambda o, now: None if reviewable(o, now) else errors.NotNow,
    Action.RESOLVE: lambda o, now: errors.AnswersOpen if answers_open(o) else None,
    Action.ASK: lambda o, now: errors.AlreadyAsked if asking(o) else None,
    Action.EXTEND: lambda o, now: unless(o, Matter.EXTEND),
    Action.COMPLEX: lambda o, now: unless(o, Matter.COMPLEX),
    Action.PARK: lambda o, now: unless(o, Matter.PARK),
    Action.HOLD: lambda o, now: unless(o, Matter.HOLD),
    Action.JUDGE: lambda o, now: unless(o, Matter.APPEAL),
    Action.REFUSE: lambda o, now: errors.NotNow if o.affairs.pending.matter is Matter.APPEAL else None,
    Action.WAIVE: lambda o, now: None if any(one.open for one in o.affairs.assists) else errors.NotNow,
    Action.MERGE: lambda o, now: errors.Invalid if o.affairs.absorbed or required(o) else None,
    Action.ABSORB: lambda o, now: errors.Invalid if o.paused_at else None,
    Action.UNMERGE: lambda o, now: None if o.state is State.MERGED or o.affairs.absorbed else errors.NotMerged,
    Action.FOLLOW_UP: lambda o, now: None if o.affairs.follow_up else errors.NotNow,
    Action.APPEAL: lambda o, now: (
        errors.AlreadyAsked if o.affairs.pending else None if poor(o) or o.affairs.missed else errors.NothingToAppeal
    ),
    Action.URGE: lambda o, now: errors.UrgedToday if o.affairs.urged_at == now else None,
}
"""What the table grants is refused all the same where an order's own story does not allow it, and in what words."""


def required(order):
    unanswered = [one for one in order.affairs.assists if one.answered_at is None and one.waived_by is None]
    return any(one.required for one in unanswered)


def answers_open(order):
    return order.state is State.ACCEPTED and required(order)


def unless(order, matter):
    return None if order.affairs.pending.matter is matter else errors.NotNow


def story(order, action, capacities, name, now):
    where = HOLDERS[order.branch_id]
    if action is Action.RETURN:
        if order.affairs.returns == 2:
            return errors.ReturnsBinding
        if where in ("county", "root desk"):
            return errors.NobodyAbove
        if name != OWN[where]:
            return errors.NotYours
        return errors.AlreadyAsked if asking(order) else None
    if action is Action.RATE and order.grade is None and Party.RESIDENT not in capacities:
        return errors.NotYours  # the branch rates a pledge, and nothing else
    return STORY[action](order, now) if action in STORY else None


def check(county, order, action, actor, capacities, name=""):
    wanted = expected(order.state, action, capacities)
    if not isinstance(wanted, type):
        wanted = story(order, action, capacities, name, county.start) or wanted
    if isinstance(wanted, type):
        with pytest.raises(errors.Refusal) as refusal:
            act(order, county.command(order, action), actor, county.start, county.world)
        assert type(refusal.value) is wanted, (order.state, action, name, capacities)
        assert refusal.value.text("zh")
        assert refusal.value.text("en")
    else:
        outcome = act(order, county.command(order, action), actor, county.start, county.world)
        assert outcome.order.state is wanted
        assert outcome.order.version == order.version + len(outcome.events)
        event = outcome.events[0]
        assert (event.from_state, event.action, event.party, event.to_state) in LAWS
        assert event.party in capacities
        assert event.actor_id == actor.person_id
        assert event.hash == event_hash(order.head, event)
        assert outcome.order.head == outcome.events[-1].hash


@contextmanager
def untouched(*orders):
    """Whatever is tried with an order, and however it ends, the order itself stays what it was."""
    before = [repr(order) for order in orders]
    yield
    assert [repr(order) for order in orders] == before


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("where", ["village", "township", "county", "desk"])
def test_everybody_may_do_what_the_table_grants_them_and_nothing_else(county, where, state, held):
    order, where = held(county, where, state)
    above = where not in ("county", "root desk")  # at the root nothing can rise: the system lists it instead
    for name, actor in county.actors().items():
        capacities = standing(county, order, where, name)
        with untouched(order):
            for action in Action:
                if above or action is not Action.ESCALATE or Party.SYSTEM not in capacities:
                    check(county, order, action, actor, capacities, name)


def test_so_they_may_where_an_order_has_a_story_of_its_own(county, storied):
    order = storied
    where = HOLDERS[order.branch_id]
    for someone, actor in county.actors().items():
        capacities = standing(county, order, where, someone)
        with untouched(order):
            for action in Action:
                if where != "county" or action is not Action.ESCALATE or Party.SYSTEM not in capacities:
                    check(county, order, action, actor, capacities, someone)


@pytest.mark.parametrize("state", State)
def test_each_party_on_its_own_may_do_what_the_table_grants_it(county, state, held):
    order = replace(held(county, "township", state)[0], filed_by=31, grid_id=14, branch_id=103, co_branches=(106,))
    actors = {
        (Party.RESIDENT,): ("the resident", "neighbours' head"),
        (Party.SECRETARY,): ("secretary of A",),
        (Party.SECRETARY, Party.SUPERIOR): ("secretary of the county",),
        (Party.SUPERVISOR, Party.SUPERIOR): ("supervisor of A", "supervisor of the county"),
        (Party.CO_HANDLER,): ("secretary of A1",),
        (Party.SYSTEM,): ("the system",),
    }
    assigned = Actor(order.assignee_id or 1, (Grant(Role.MEMBER, 9, None),))  # serves, in another village
    mine = replace(order, assignee_id=assigned.person_id)
    several = replace(mine, assignee_id=None, offered=(assigned.person_id, 99))
    waiting = county.does(mine, Action.PAUSE, assigned) if state is State.ACCEPTED else mine
    with untouched(order, mine, several, waiting):
        for action in Action:
            for parties, names in actors.items():
                for name in names:
                    if action is not Action.ESCALATE or name != "the system" or state is not State.RECEIVED:
                        check(county, order, action, county.actors()[name], set(parties), name)
            check(county, mine, action, assigned, {Party.OFFEREE if state is State.OFFERED else Party.HANDLER})
            if state is State.OFFERED:
                check(county, several, action, assigned, {Party.INVITEE})
            if state is State.ACCEPTED:
                check(county, waiting, action, assigned, {Party.HANDLER})
                check(county, waiting, action, SYSTEM, {Party.SYSTEM})


def test_the_rows_of_offeree_invitee_and_handler_are_told_apart_by_the_state():
    named = (Party.OFFEREE, Party.INVITEE, Party.HANDLER)
    only = {(s, p) for s, action, p in GRANTED if p in named and action not in (Action.NOTE, Action.WHISTLE)}
    offered = {(State.OFFERED, Party.OFFEREE), (State.OFFERED, Party.INVITEE)}
    handled = {state for state, party in only - offered if party is Party.HANDLER}
    assert only == offered | {(state, Party.HANDLER) for state in handled}
    appeals = {state for state, action, party in GRANTED if (action, party) == (Action.APPEAL, Party.HANDLER)}
    assert handled - appeals == set()
    assert {State.ACCEPTED, State.PARKED} <= handled

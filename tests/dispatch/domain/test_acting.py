"""The whole product State x Action x Party, and State x Action x everybody who stands to an order in some way."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions, permitted
from dispatch.domain.following_up import REOPEN_WITHIN
from dispatch.domain.ledger import event_hash
from dispatch.domain.lifecycle import TABLE, laws
from dispatch.domain.order import SYSTEM, Actor, Command, Grant
from dispatch.domain.vocabulary import Action, AppealSubject, Grade, Matter, Party, Role, State

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


def held(county, where, state):
    """An order of village A1 in that state, held where it lies or risen to the township or the county."""
    if state is State.RECEIVED:
        return county.at(state), "root desk"
    if where == "desk":
        return county.at(state, "0201"), where
    order = county.at(state)
    seats = {"village": (106, ()), "township": (103, (106,)), "county": (101, (106, 103))}
    branch, passed = seats[where]
    affairs = replace(order.affairs, missed=bool(passed))
    return replace(
        order, branch_id=branch, supervisor_id=branch, co_branches=passed, level=len(passed), affairs=affairs
    ), where


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
def test_everybody_may_do_what_the_table_grants_them_and_nothing_else(county, where, state):
    order, where = held(county, where, state)
    above = where not in ("county", "root desk")  # at the root nothing can rise: the system lists it instead
    for name, actor in county.actors().items():
        capacities = standing(county, order, where, name)
        with untouched(order):
            for action in Action:
                if above or action is not Action.ESCALATE or Party.SYSTEM not in capacities:
                    check(county, order, action, actor, capacities, name)


def returned(county, back=0):
    """An order of A1 that was returned, and sent back so often."""
    order, secretary = county.at(State.ROUTED), county.people["secretary of A1"]
    for _ in range(back):
        order = county.does(order, **given_back(county, order), actor=secretary)
        order = county.does(order, Action.REFUSE, county.people["secretary of A"])
    return order if back else county.does(order, **given_back(county, order), actor=secretary)


def given_back(county, order):
    command = county.command(order, Action.RETURN)
    return {"action": command.action, "data": command.data}


def called(county, order, unit=104, **given):
    return county.does(order, Action.WHISTLE, county.people["secretary of A1"], unit=unit, **given)


def answered(county, order):
    return county.does(order, Action.ANSWER, county.people["officer of A"])


def graded(county, order, times):
    """The order with a bad grade, once or twice; the first reopens it at the township."""
    for time in range(times):
        if time:
            order = county.does(order, Action.OFFER, members=(county.member("member of A1"),))
            order = county.does(order, Action.ACCEPT, county.assignee(order))
            order = county.does(order, Action.RESOLVE, county.assignee(order))
        order = county.does(order, Action.RATE, county.resident, grade=Grade.DISSATISFIED)
    return order


def appealed(county, order, votes=()):
    order = county.does(order, Action.APPEAL, county.people["secretary of A1"], subject=AppealSubject.RATING)
    for name in votes:
        order = county.does(order, Action.JUDGE, county.people[name], agrees=True)
    return order


def absorbing(county, order):
    return county.does(order, Action.ABSORB, county.people["secretary of A1"], other=county.order(number=8))


STORIES = {
    "an extension is asked for": lambda c: c.asked(c.at(State.ACCEPTED), Matter.EXTEND),
    "more time as complex is asked for": lambda c: c.asked(c.at(State.ACCEPTED), Matter.COMPLEX),
    "parking is asked for": lambda c: c.asked(c.at(State.ACCEPTED), Matter.PARK),
    "its secretary asks": lambda c: c.does(
        c.at(State.ACCEPTED), Action.ASK, c.people["secretary of A1"], matter=Matter.COMPLEX
    ),
    "the superior's own secretary asks": lambda c: c.does(
        c.at(State.ACCEPTED), Action.ASK, c.people["secretary of A"], matter=Matter.COMPLEX
    ),
    "a standstill is asked for": lambda c: c.asked(called(c, c.at(State.ACCEPTED)), Matter.HOLD),
    "it stands still for a department": lambda c: c.granted(called(c, c.at(State.ACCEPTED)), Matter.HOLD),
    "the resident is waited for": lambda c: c.does(c.at(State.ACCEPTED), Action.PAUSE, c.people["member of A1"]),
    "it is asked for while the resident is waited for": lambda c: c.asked(
        c.does(c.at(State.ACCEPTED), Action.PAUSE, c.people["member of A1"]), Matter.PARK
    ),
    "it was returned": returned,
    "it was returned and sent back": lambda c: returned(c, 1),
    "it was returned twice": lambda c: returned(c, 2),
    "an answer is required of a department while it is routed": lambda c: called(c, c.at(State.ROUTED)),
    "an answer is required while it is offered": lambda c: called(c, c.at(State.OFFERED)),
    "an answer is required of another village": lambda c: called(c, c.at(State.ACCEPTED), 107),
    "an answer is required while it is parked": lambda c: c.granted(called(c, c.at(State.ACCEPTED)), Matter.PARK),
    "an answer is waited for that is not required": lambda c: called(c, c.at(State.ACCEPTED), required=False),
    "one of two answers has come": lambda c: answered(c, called(c, called(c, c.at(State.ACCEPTED)), 107)),
    "every answer has come": lambda c: answered(c, called(c, c.at(State.ACCEPTED))),
    "it was graded badly": lambda c: graded(c, c.at(State.RESOLVED), 1),
    "it was graded badly again": lambda c: graded(c, c.at(State.RESOLVED), 2),
    "its grade is appealed against": lambda c: appealed(c, graded(c, c.at(State.RESOLVED), 1)),
    "one reviewer has spoken": lambda c: appealed(c, graded(c, c.at(State.RESOLVED), 1), ["supervisor of the county"]),
    "it took another in while it is routed": lambda c: absorbing(c, c.at(State.ROUTED)),
    "it took another in while it is offered": lambda c: absorbing(c, c.at(State.OFFERED)),
    "it took another in while it is handled": lambda c: absorbing(c, c.at(State.ACCEPTED)),
    "it took another in while it is parked": lambda c: c.granted(absorbing(c, c.at(State.ACCEPTED)), Matter.PARK),
    "it was urged today": lambda c: c.does(c.at(State.OFFERED), Action.URGE, c.resident),
}


@pytest.mark.parametrize("name", STORIES)
def test_so_they_may_where_an_order_has_a_story_of_its_own(county, name):
    order = STORIES[name](county)
    where = HOLDERS[order.branch_id]
    for someone, actor in county.actors().items():
        capacities = standing(county, order, where, someone)
        with untouched(order):
            for action in Action:
                if where != "county" or action is not Action.ESCALATE or Party.SYSTEM not in capacities:
                    check(county, order, action, actor, capacities, someone)


@pytest.mark.parametrize("state", State)
def test_each_party_on_its_own_may_do_what_the_table_grants_it(county, state):
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
def test_the_buttons_shown_are_those_that_work(county, where, state):
    order, where = held(county, where, state)
    for late in (timedelta(), REOPEN_WITHIN * 2):
        now = county.start + late
        several = [replace(order, assignee_id=None, offered=(1, 6, 7))] if state is State.OFFERED else []
        for given in (order, replace(order, reopened=1), replace(order, grade=Grade.FAIR), *several):
            for actor in county.actors().values():
                if not actor.is_system or where not in ("county", "root desk"):
                    assert list(actions(given, actor, now, county.world)) == works(county, given, actor, now)


@pytest.mark.parametrize("name", STORIES)
def test_so_they_are_where_an_order_has_a_story_of_its_own(county, name):
    order = STORIES[name](county)
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

"""After an emergency, in every state and category, an order stands where it would without it, and stays there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.domain.acting import act
from dispatch.domain.holding import who_may
from dispatch.domain.homing import BECAUSE, Served, homeward
from dispatch.domain.order import SYSTEM, Actor, Climbed, Command, Grant, Member
from dispatch.domain.retelling import retell
from dispatch.domain.vocabulary import Action, Clock, Matter, Role, Rung, State
from grid_model.routing import Branch, Branches

TEMPORARY = Branch(200, "0E1-01", "临时党支部", "temporary", 4, frozenset())
STATES = (State.ROUTED, State.OFFERED, State.ACCEPTED)
"""Those in which somebody may have to give it back."""
THROUGH = (Grant(Role.MEMBER, 4, 200),)
CATEGORIES = ("0101", "0901", "0801", "0201", "0301")


@pytest.fixture(scope="module")
def during(county):
    """The county with a temporary branch where village A1 has one already."""
    branches = Branches(county.world.tree, [*county.world.branches, TEMPORARY])
    return replace(county, world=replace(county.world, branches=branches))


@pytest.fixture(scope="module")
def after(county):
    branches = Branches(county.world.tree, [*county.world.branches, replace(TEMPORARY, active=False)])
    return replace(county, world=replace(county.world, branches=branches))


def homed(order, kept, county, through=THROUGH):
    """The order on its way home, where these people served through the emergency and keep those roles."""
    served = {person: Served(through, roles) for person, roles in kept.items()}
    return homeward(order, {200}, served, county.start + timedelta(hours=1), county.world)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("state", STATES)
def test_an_order_goes_where_it_would_have_gone(county, during, after, state, category):
    plain, order = county.at(state, category, 9), during.at(state, category, 9)
    outcome = homed(order, {}, after)
    if order.branch_id != TEMPORARY.id:  # a department's matter was never its own
        assert outcome is None
        return
    home = outcome.order
    assert (home.branch_id, home.supervisor_id) == (plain.branch_id, plain.supervisor_id)
    assert home.state is (State.ACCEPTED if state is State.ACCEPTED else State.ROUTED)
    assert home.assignee_id == (order.assignee_id if state is State.ACCEPTED else None)
    assert home.promises == order.promises
    assert [event.data["because"] for event in outcome.events] == [BECAUSE] * len(outcome.events)
    assert homed(home, {}, after) is None


@pytest.mark.parametrize("left", [(), (Grant(Role.MEMBER, 12, 108),), (Grant(Role.MEMBER, 9, 106),)])
@pytest.mark.parametrize("state", STATES[1:])
def test_who_served_through_it_alone_hands_over_and_who_serves_there_anyway_keeps_it(during, after, state, left):
    order = during.at(state, "0901", 9)
    served = {order.assignee_id: left}
    outcome = homed(order, served, after)
    home = outcome.order
    stays = who_may(home, after.world)(left) and state is State.ACCEPTED
    assert home.state is (State.ACCEPTED if stays else State.ROUTED)
    assert home.assignee_id == (order.assignee_id if stays else None)
    recalled = Action.RECALL in [event.action for event in outcome.events]
    assert recalled is not who_may(home, after.world)(left)
    assert home.offered == ()
    assert homed(home, served, after) is None


ABOVE = replace(TEMPORARY, id=201, code="0E1-02", grid_id=2)
"""A temporary branch that stands above those of the villages."""


def above(county, *, active=True):
    branches = Branches(county.world.tree, [*county.world.branches, replace(ABOVE, active=active)])
    return replace(county, world=replace(county.world, branches=branches))


def without(order, county):
    return homeward(order, {201}, {}, county.start + timedelta(hours=1), above(county, active=False).world)


def test_what_was_returned_is_decided_by_the_branch_above_when_the_emergency_ends(county):
    returned = above(county).does(
        county.order(), Action.RETURN, county.people["secretary of A1"], data={"reason_code": "other_place"}
    )
    returned = replace(
        returned, affairs=replace(returned.affairs, pending=replace(returned.affairs.pending, decider=201))
    )
    home = without(replace(returned, branch_id=201), county).order
    assert (home.branch_id, home.affairs.pending.decider, home.state) == (103, 103, State.ROUTED)
    assert home.affairs.pending.matter is Matter.RETURN
    assert Clock.DECIDE in home.clocks
    assert Clock.DISPATCH not in home.clocks
    assert county.does(home, Action.REFUSE, county.people["secretary of A"]).branch_id == 106
    assert without(home, county) is None


def test_nobody_waits_for_the_answer_or_the_decision_of_what_is_over(county):
    order = above(county).does(county.at(State.ACCEPTED), Action.WHISTLE, county.people["secretary of A1"], unit=201)
    outcome = without(order, county)
    assert outcome.order.affairs.open_assists() == ()
    assert Clock.ASSIST not in outcome.order.clocks
    assert {notice.branch_id for notice in outcome.notices} == {106, None}
    assert county.does(outcome.order, Action.RESOLVE, county.assignee(order)).state is State.RESOLVED
    asked = county.asked(county.at(State.ACCEPTED), Matter.COMPLEX)
    asked = replace(asked, affairs=replace(asked.affairs, pending=replace(asked.affairs.pending, decider=201)))
    outcome = without(asked, county)
    assert outcome.order.affairs.pending.decider == 103
    assert 103 in {notice.branch_id for notice in outcome.notices}
    assert without(outcome.order, county) is None


@pytest.mark.parametrize("left", [(), (Grant(Role.MEMBER, 9, 106),)])
def test_what_is_parked_goes_home_too_and_is_dispatched_anew_where_whoever_had_it_is_gone(county, during, after, left):
    order = replace(county.at(State.PARKED, "0901", 9), branch_id=200)
    assert order.held
    outcome = homed(order, {order.assignee_id: left}, after)
    home = outcome.order
    assert home.branch_id == county.order("0901", 9).branch_id
    if left:
        assert (home.state, home.assignee_id, home.held, home.clocks) == (
            State.PARKED, order.assignee_id, order.held, order.clocks
        )  # fmt: skip
        assert home.branch_id in {notice.branch_id for notice in outcome.notices}
    else:
        assert (home.state, home.assignee_id, home.held, home.paused_at) == (State.ROUTED, None, {}, None)
        assert {Clock.ACCEPT, Clock.DISPATCH, Clock.RESOLVE} <= set(home.clocks)
        assert Clock.REVIEW not in home.clocks
    assert homed(home, {order.assignee_id: left}, after) is None


@pytest.mark.parametrize("state", STATES)
def test_what_the_emergency_had_nothing_to_do_with_is_left_alone(county, after, state):
    order = county.at(state, "0901", 12)
    assert homed(order, {999: ()}, after) is None


@pytest.mark.parametrize("state", STATES)
def test_the_ledger_tells_the_order_as_it_then_is(during, after, state):
    filed = during.filed("0901", 9)
    order, events = filed.order, list(filed.events)
    for action in (Action.OFFER, Action.ACCEPT)[: STATES.index(state)]:
        actor = SYSTEM if action is Action.OFFER else during.assignee(order)
        outcome = act(order, during.command(order, action), actor, during.start, during.world)
        order = outcome.order
        events += outcome.events
    outcome = homed(order, {order.assignee_id: ()} if order.assignee_id else {}, after)
    told = retell([*events, *outcome.events])
    assert {name: getattr(outcome.order, name) for name in told} == told


@pytest.mark.parametrize("category", CATEGORIES)
def test_what_is_resolved_waits_for_its_grade_as_before_and_a_standing_branch_answers_for_it(
    county, during, after, category
):
    plain, order = county.at(State.RESOLVED, category, 9), during.at(State.RESOLVED, category, 9)
    outcome = homed(order, {order.assignee_id: ()}, after)
    if order.branch_id != TEMPORARY.id:
        assert outcome is None
        return
    moved = {"branch_id": plain.branch_id, "supervisor_id": plain.supervisor_id, "co_branches": (TEMPORARY.id,)}
    assert outcome.order == replace(order, **moved, version=order.version + 1, head=outcome.order.head)
    told = retell([*_history(during, State.RESOLVED, category), *outcome.events])
    assert {name: told[name] for name in moved} == moved
    assert homed(outcome.order, {order.assignee_id: ()}, after) is None
    again = act(outcome.order, Command(Action.REOPEN), after.resident, after.start + timedelta(hours=2), after.world)
    assert after.world.branches.get(again.order.branch_id).active


def _history(county, state, category):
    """The events that bring an order into that state."""
    filed = county.filed(category, 9)
    order, events = filed.order, list(filed.events)
    for action in (Action.OFFER, Action.ACCEPT, Action.RESOLVE):
        if order.state is state:
            break
        actor = SYSTEM if action is Action.OFFER else county.assignee(order)
        outcome = act(order, county.command(order, action), actor, county.start, county.world)
        order = outcome.order
        events += outcome.events
    return events


def asked(county, *names):
    """An order of village A1 that its secretary's branch offered to those people at once."""
    members = tuple(county.member(name) if isinstance(name, str) else name for name in names)
    climbed = Climbed(4, Rung.SIBLINGS, None)
    return county.does(county.order("0101", 9), Action.OFFER, members=members, rung=climbed)


def test_of_several_who_are_asked_only_those_who_served_through_it_alone_are_asked_no_more(after):
    order = asked(after, "member of A1", Member(77, THROUGH), Member(78, THROUGH), "member of A2")
    outcome = homed(order, {77: (), 78: (), 4: after.people["member of A2"].grants}, after)
    assert (outcome.order.state, outcome.order.offered) == (State.OFFERED, (1, 4))
    assert (outcome.order.rung, outcome.order.clocks) == (order.rung, order.clocks)
    assert [(event.action, event.actor_id, event.data["because"]) for event in outcome.events] == [
        (Action.DECLINE, 77, BECAUSE),
        (Action.DECLINE, 78, BECAUSE),
    ]
    assert outcome.order.declined == ()  # they have said no to nothing
    assert homed(outcome.order, {77: (), 78: ()}, after) is None


def test_where_nobody_else_is_asked_the_ladder_goes_on_at_once(after):
    order = asked(after, Member(77, THROUGH), Member(78, THROUGH))
    outcome = homed(order, {77: (), 78: ()}, after)
    assert [event.action for event in outcome.events] == [Action.RECALL]
    assert (outcome.order.state, outcome.order.rung) == (State.ROUTED, order.rung)
    assert outcome.order.clocks[Clock.DISPATCH] == after.start + timedelta(hours=1)


SEATS = {
    "a sibling village": (Grant(Role.MEMBER, 10, 107),),
    "the village itself": (Grant(Role.MEMBER, 9, 110),),
    "another township": (Grant(Role.MEMBER, 12, 108),),
    "no seat where orders are handled": (Grant(Role.SECRETARY, 10, 107),),
    "none": (),
}


@pytest.mark.parametrize("where", SEATS)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_whoever_could_have_been_asked_without_it_keeps_what_they_accepted(after, where, elsewhere):
    kept = SEATS[where]
    person = Member(77, (*THROUGH, *kept))
    order = after.does(asked(after, person), Action.ACCEPT, Actor(77, person.grants))
    through = (Grant(Role.MEMBER, 6, 200),) if elsewhere else THROUGH
    outcome = homed(order, {77: kept}, after, through)
    could = where in ("a sibling village", "the village itself") or (where == "another township" and elsewhere)
    assert (outcome is None) is could  # who came by no role of the emergency keeps it too, unless they serve no more
    if outcome is not None:
        assert [event.action for event in outcome.events] == [Action.RECALL]

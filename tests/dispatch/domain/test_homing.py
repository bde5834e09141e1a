"""After an emergency, in every state and category, an order stands where it would without it, and stays there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.domain.acting import act
from dispatch.domain.holding import who_may
from dispatch.domain.homing import BECAUSE, homeward
from dispatch.domain.order import SYSTEM, Grant
from dispatch.domain.retelling import retell
from dispatch.domain.vocabulary import Action, Role, State
from grid_model.routing import Branch, Branches

TEMPORARY = Branch(200, "0E1-01", "临时党支部", "temporary", 4, frozenset())
STATES = (State.ROUTED, State.OFFERED, State.ACCEPTED)
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


def homed(order, served, county):
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

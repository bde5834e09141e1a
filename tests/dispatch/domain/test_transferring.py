"""After any changes of the tree every open order lies in a grid and with a branch that are there; no promise moves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.domain.order import Command
from dispatch.domain.resettling import resettled
from dispatch.domain.retelling import retell
from dispatch.domain.returning import may_return
from dispatch.domain.transferring import CARRIED, TreeChange, destination, transferred
from dispatch.domain.vocabulary import Action, Clock, Matter, State
from grid_model.changes import Op, Operation
from grid_model.changing import change
from grid_model.places import Places
from grid_model.routing import Branches
from grid_model.tree import Tree

HOUR = timedelta(hours=1)
A, B = "141123100", "141123101"
A1, A2, B1, B2 = "141123100001", "141123100002", "141123101001", "141123101002"
STATES = [state for state in CARRIED if state not in (State.CLOSED, State.MERGED)]


def changed(county, *lines, number=1):
    """The county after a list of operations, and what became of its grids; None where the list is refused."""
    world = county.world
    done = change(world.tree.grids(), [Operation(row, *line) for row, line in enumerate(lines)])
    if done.faults:
        return None
    ids = {grid.id: grid.id if grid.id >= 0 else 1000 * number - grid.id for grid in done.grids}
    grids = [
        replace(one, id=ids[one.id], parent_id=None if one.parent_id is None else ids[one.parent_id])
        for one in done.grids
    ]
    fates = {
        at: replace(
            fate, successors=tuple(ids[one] for one in fate.successors), heir=ids[fate.heir], first=ids[fate.first]
        )
        for at, fate in done.fates.items()
    }
    moves = {one.branch_id: one for one in resettled(world.branches, fates)}
    branches = [
        replace(one, grid_id=moves[one.id].grid_id, active=moves[one.id].into is None) if one.id in moves else one
        for one in world.branches
    ]
    tree = Tree(grids)
    after = replace(world, tree=tree, branches=Branches(tree, branches), places=Places(tree, {}))
    return replace(county, world=after), TreeChange(number, county.start + number * HOUR, fates)


def carried(order, county, what, located=None):
    return transferred(order, located, what, what.at, county.world)


def holds(order, county):
    tree = county.world.tree
    branch = county.world.branches.get(order.branch_id)
    return tree.grid(order.grid_id).active and branch.active and tree.within(order.grid_id, branch.grid_id)


@pytest.mark.parametrize("state", STATES)
def test_in_every_state_only_where_it_lies_and_who_holds_it_changes(county, state) -> None:
    order = county.at(state, grid=5)
    after, what = changed(county, (Op.CLOSE, A2, A1), (Op.MOVE, A1, B))
    outcome = carried(order, after, what)
    if state is State.RECEIVED:  # nobody knows where it is: it lies at the root's desk
        assert outcome is None
        return
    (event,) = outcome.events
    assert (event.action, event.from_state, event.to_state) == (Action.TRANSFER, state, state)
    moved = outcome.order
    assert (moved.grid_id, moved.branch_id) == (4, 106)
    same = ("state", "clocks", "promises", "promised_at", "assignee_id", "offered", "rung", "tried", "level")
    assert [getattr(moved, name) for name in same] == [getattr(order, name) for name in same]
    assert event.data["grid_before"] == 5
    assert (event.data["because"], event.data["tree_version"]) == ("close", 1)
    assert carried(moved, after, what) is None, "once"


def test_who_is_not_above_it_any_more_gives_it_to_whoever_stands_as_high(county) -> None:
    order = county.order(grid=7)  # no branch of its own: the township's committee holds it
    assert order.branch_id == 105
    after, what = changed(county, (Op.MOVE, B2, A))
    moved = carried(order, after, what).order
    assert (moved.grid_id, moved.branch_id, moved.co_branches) == (7, 103, (105,))
    untouched = county.order(grid=12)
    assert carried(untouched, after, what) is None


def test_a_level_once_reached_is_kept(county) -> None:
    order = replace(county.order(grid=10), supervisor_id=103, level=1)
    after, what = changed(county, (Op.MOVE, A2, B))
    moved = carried(order, after, what).order
    assert (moved.branch_id, moved.supervisor_id, moved.level) == (107, 105, 1)


def test_a_departments_matter_stays_with_a_desk(county) -> None:
    order = county.order("0201", grid=10)
    assert order.branch_id == 104
    after, what = changed(county, (Op.MOVE, A2, B))
    assert carried(order, after, what).order.branch_id == 102


def test_of_a_split_grid_each_order_goes_where_it_lies(county) -> None:
    after, what = changed(county, (Op.SPLIT, B2, "E", "东"), (Op.SPLIT, B2, "W", "西"))
    east, west = (after.world.tree.by_code(code).id for code in "EW")
    order = county.order(grid=7)
    assert destination(7, west, what, after.world) == west
    assert destination(7, 12, what, after.world) == 3, "a point in another village tells nothing"
    assert carried(order, after, what, located=east).order.grid_id == east
    assert carried(order, after, what).order.grid_id == 3


def test_who_decides_what_is_asked_is_there(county) -> None:
    order = county.asked(county.at(State.ACCEPTED, grid=10), Matter.PARK)
    assert order.affairs.pending.decider == 103
    after, what = changed(county, (Op.MOVE, A2, B))
    outcome = carried(order, after, what)
    assert outcome.order.affairs.pending.decider == 105
    assert outcome.order.affairs.pending.branch == 107


def test_nobody_decides_what_their_own_branch_asked_for(county) -> None:
    order = county.asked(county.at(State.ACCEPTED, grid=10), Matter.PARK)
    after, what = changed(county, (Op.CLOSE, A2, A))
    pending = carried(order, after, what).order.affairs.pending
    assert (pending.branch, pending.decider) == (103, 101)


def test_a_return_to_the_branch_that_takes_the_village_in_has_come_about(county) -> None:
    routed = county.at(State.ROUTED, grid=10)
    own = next(one for one in county.people.values() if may_return(routed, one, county.world))
    order = county.does(routed, Action.RETURN, own, data={"reason_code": "other_place"})
    assert order.affairs.pending.decider == 103
    after, what = changed(county, (Op.CLOSE, A2, A))
    moved = carried(order, after, what).order
    assert (moved.branch_id, moved.affairs.pending) == (103, None)
    assert Clock.DISPATCH in moved.clocks
    assert Clock.DECIDE not in moved.clocks


def test_the_table_lets_nobody_else_carry_it_over(county) -> None:
    order = county.order(grid=10)
    for actor in county.people.values():
        with pytest.raises(Exception, match="not_yours"):
            county.does(order, Action.TRANSFER, actor)
    assert Command(Action.TRANSFER).grid_id is None


CODES = [A, B, A1, A2, B1, B2, "141123100001001", "141123101001001"]
operations = st.tuples(
    st.sampled_from(Op),
    st.sampled_from(CODES),
    st.sampled_from([*CODES, "141123", "N1", "N2", "N3"]),
    st.sampled_from(["甲", "乙"]),
    st.none() | st.sampled_from(CODES),
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(operations, min_size=1, max_size=3), min_size=1, max_size=4),
    st.sampled_from(["0101", "0901", "0201", "0301"]),
    st.sampled_from([2, 4, 5, 7, 8, 9, 10, 12, 14]),
    st.sampled_from([State.ROUTED, State.OFFERED, State.ACCEPTED, State.RESOLVED]),
    st.data(),
)
def test_after_any_changes_it_is_held_by_somebody_above_it_and_the_ledger_tells_it(
    county, lists, category, grid, state, data
) -> None:
    first = county.filed(category, grid)
    order, events = first.order, list(first.events)
    if state is not State.ROUTED:
        order = county.at(state, category, grid)
    now, before = county, order
    for number, lines in enumerate(lists, 1):
        done = changed(now, *lines, number=number)
        if done is None:
            continue
        now, what = done
        located = data.draw(st.none() | st.sampled_from([one.id for one in now.world.tree.grids() if one.active]))
        outcome = carried(order, now, what, located)
        if outcome is not None:
            order = outcome.order
            events.extend(outcome.events)
        assert holds(order, now)
        assert (order.clocks, order.promises, order.state) == (before.clocks, before.promises, before.state)
        assert carried(order, now, what, located) is None
    if state is State.ROUTED:
        told = retell(events)
        assert {name: getattr(order, name) for name in told} == told

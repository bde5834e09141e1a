"""An open order carried over as the tree of grids changes: to a grid and a branch that are there; no clock moves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain.acting import done
from dispatch.domain.affairs import Affairs, Pending, told_affairs
from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import branch_above, held_by, owner_of, standing
from dispatch.domain.notices import notices
from dispatch.domain.order import SYSTEM, Command, Order, Outcome
from dispatch.domain.timing import own, tier_of
from dispatch.domain.vocabulary import Action, Clock, Matter, Party, State
from dispatch.domain.world import World
from grid_model.changes import Fate
from grid_model.tree import UnknownGrid

CARRIED = (
    State.RECEIVED,
    State.ROUTED,
    State.OFFERED,
    State.ACCEPTED,
    State.PARKED,
    State.RESOLVED,
    State.MERGED,
    State.CLOSED,
)
"""The states in which an order is carried over: one that was closed only while it may still be opened again."""


_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TreeChange:
    """One version of the tree: its number, when it came into being, and what became of which grid."""

    number: int
    at: datetime
    fates: Mapping[int, Fate]


def transferred(order: Order, located: int | None, change: TreeChange, now: datetime, world: World) -> Outcome | None:
    """Return ``order`` where it belongs after a change of the tree, or None where nothing about it changes.

    Args:
        order: in one of the states ``CARRIED``.
        located: the grid in which its point or its household lies now, where that is known.
        change: the version of the tree.
        now: when it is carried over.
        world: the county after the change.
    """
    grid_id = destination(order.grid_id, located, change, world)
    command = Command(Action.TRANSFER, grid_id=grid_id)
    effect = transfer(Deed(order, command, Party.SYSTEM, SYSTEM, now, world))
    fields = effect.fields
    if all(getattr(order, name) == value for name, value in fields.items()):
        return None
    data: dict[str, Any] = {"because": _because(order, change, world), "tree_version": change.number}
    if grid_id != order.grid_id:
        before = world.history.path(world.tree, order.grid_id, change.at - _INSTANT)
        data |= {"grid_before": order.grid_id, "path_before": before}
    after, event = done(order, replace(command, data=data), Party.SYSTEM, SYSTEM, now, world, effect)
    told = notices(order, after, (event,)) if after.branch_id != order.branch_id else ()
    return Outcome(after, (event,), told)


def destination(grid_id: int, located: int | None, change: TreeChange, world: World) -> int:
    """Return the active grid an order at ``grid_id`` belongs to after a change.

    Of a grid that was split it is where its point or household lies, if that is within one of the parts; else the grid
    itself, while active, or else the lowest above all parts.
    """
    fate = change.fates.get(grid_id)
    if fate is not None:
        within = located is not None and any(world.tree.within(located, part) for part in fate.successors)
        grid_id = located if within and located is not None else fate.heir
    grid = world.tree.grid(grid_id)
    while not grid.active and grid.parent_id is not None:
        grid = world.tree.grid(grid.parent_id)
    return grid.id


def transfer(deed: Deed) -> Effect:
    """Move an order to ``deed.command.grid_id``; who holds it, supervises it or decides about it changes only if gone.

    A branch is gone for an order when it is no longer active, or no longer at or above the order's grid. Whoever
    handles the order, or is asked, keeps it; its clocks and promises stay as they are.
    """
    order, world = deed.order, deed.world
    grid_id = order.grid_id if deed.command.grid_id is None else deed.command.grid_id
    moved = replace(order, grid_id=grid_id)
    held = _there(order.branch_id, moved, world)
    supervised = _there(order.supervisor_id, moved, world)
    fields: dict[str, Any] = {"grid_id": grid_id, "supervisor_id": supervised}
    if held != order.branch_id:
        fields |= held_by(replace(moved, supervisor_id=supervised), held, world)
    data: dict[str, Any] = {"grid": grid_id}
    affairs = _affairs(moved, world)
    if affairs != order.affairs:
        fields["affairs"], data["affairs"] = affairs, told_affairs(affairs)
    if order.affairs.pending is not None and affairs.pending is None:  # it came about: whoever has it now dispatches it
        return Effect(fields, data, {Clock.DISPATCH: own(Clock.DISPATCH, tier_of(moved), deed.now, world)})
    return Effect(fields, data)


def _there(branch_id: int | None, order: Order, world: World) -> int | None:
    """Return the branch, or who takes its place for an order that lies at its new grid already.

    Whoever takes its place stands no lower in the tree than it did: a level once reached is kept.
    """
    if branch_id is None:
        return None
    branches, tree = world.branches, world.tree
    old = branches.get(branch_id)
    if old.active and tree.within(order.grid_id, old.grid_id):
        return branch_id
    owner = owner_of(order.category, world).value
    start = old.grid_id if tree.within(order.grid_id, old.grid_id) else order.grid_id
    found = branches.nearest(start, order.category, owner)
    while found is not None and tree.depth(found.grid_id) > tree.depth(old.grid_id):
        above = branches.above(found.id, order.category, owner)
        if above is None:
            break
        found = above
    if found is not None:
        return found.id
    return standing(branch_id, world)  # nobody takes such matters there: what was at the root's desk stays with it


def _affairs(order: Order, world: World) -> Affairs:
    """Put whoever stands in for a branch that is gone in its place, in what waits for a decision or an answer."""
    affairs = order.affairs
    pending = affairs.pending
    if pending is not None:
        pending = _pending(pending, order, world)
    assists = tuple(
        replace(one, branch=standing(one.branch, world) or one.branch, told=standing(one.told, world) or one.told)
        if one.open
        else one
        for one in affairs.assists
    )
    return replace(affairs, pending=pending, assists=assists)


def _pending(pending: Pending, order: Order, world: World) -> Pending | None:
    """What is asked, where both sides are there; None where a return has come about, as both are one branch by now.

    What else a branch asked for is never decided by itself: where it has become its own decider, that above it decides.
    """
    branch = standing(pending.branch, world) or pending.branch
    decider = _there(pending.decider, order, world) or pending.decider
    if decider == branch != pending.branch or decider == branch != pending.decider:
        if pending.matter is Matter.RETURN:
            return None
        decider = branch_above(branch, order.category, world) or decider
    return replace(pending, decider=decider, branch=branch, suggested=standing(pending.suggested, world))


def _because(order: Order, change: TreeChange, world: World) -> str:
    """Name the operation that reaches the order: that of its grid, of one above it, or of its branch's grid."""
    seats = [world.branches.get(one).grid_id for one in (order.branch_id, order.supervisor_id) if one is not None]
    for start in (order.grid_id, *seats):
        try:
            chain = world.tree.chain(start)
        except UnknownGrid:
            continue
        for at in chain:
            fate = change.fates.get(at)
            if fate is not None:
                return fate.ops[-1].value
    return next((fate.ops[-1].value for fate in change.fates.values() if fate.closed), Action.TRANSFER.value)

"""Who holds an order, who supervises it, and who may be offered it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain.affairs import Affairs, Aside
from dispatch.domain.order import Grant, Order
from dispatch.domain.vocabulary import SERVING, Clock, Owner, Role
from dispatch.domain.world import World
from grid_model.routing import DESKS, DISPATCHING


def owner_of(category: str, world: World) -> Owner:
    """Return who ``category`` belongs to; one that is no longer listed is the grid's."""
    known = world.categories.get(category)
    return Owner.GRID if known is None else known.owner


def branch_above(branch_id: int | None, category: str, world: World) -> int | None:
    """Return the branch an order rises to from ``branch_id``, or None at the root."""
    if branch_id is None:
        return None
    above = world.branches.above(branch_id, category, owner_of(category, world).value)
    return None if above is None else above.id


def standing(branch_id: int | None, world: World) -> int | None:
    """Return the branch, or the one that stands in for it where it is no more."""
    if branch_id is None or world.branches.get(branch_id).active:
        return branch_id
    other = world.branches.dispatching(branch_id)
    return branch_id if other is None else other.id


def may_take(branch_id: int, order: Order, world: World) -> bool:
    """Tell whether a branch may hold ``order``: one at or above its place, of the kind that the matter needs."""
    branch = world.branches.get(branch_id)
    kinds = DESKS if owner_of(order.category, world) is Owner.DEPARTMENT else DISPATCHING
    fits = branch.active and branch.kind in kinds and branch.competent(order.category)
    return fits and world.tree.within(order.grid_id, branch.grid_id)


def aside(order: Order, now: datetime) -> Affairs:
    """Return the affairs of an order with its appeal set aside, while something else is asked."""
    appeal, due = order.affairs.pending, order.clocks.get(Clock.DECIDE, now)
    return order.affairs if appeal is None else replace(order.affairs, aside=Aside(appeal, max(due - now, timedelta())))


def seat_of(order: Order, world: World) -> int | None:
    """Return the grid of the branch that holds ``order``, or None where none does."""
    return None if order.branch_id is None else world.branches.get(order.branch_id).grid_id


def seat_above(order: Order, world: World) -> int | None:
    """Return the grid of the branch an order would rise to, or at the root of the one that holds it."""
    above = branch_above(order.branch_id, order.category, world)
    return seat_of(order, world) if above is None else world.branches.get(above).grid_id


def held_by(order: Order, branch_id: int | None, world: World) -> dict[str, Any]:
    """The fields that change when another branch holds an order: a level of supervision once reached is kept."""
    held = (*order.co_branches, *(() if order.branch_id is None else (order.branch_id,)))
    return {
        "branch_id": branch_id,
        "supervisor_id": _higher(order.supervisor_id, branch_id, world),
        "co_branches": tuple(dict.fromkeys(branch for branch in held if branch != branch_id)),
    }


def _higher(present: int | None, following: int | None, world: World) -> int | None:
    """Return the one of two branches that stands higher in the tree: ``following`` unless ``present`` is above it."""
    if present is None or following is None:
        return following if present is None else present
    grids = [world.branches.get(branch).grid_id for branch in (present, following)]
    return present if grids[0] != grids[1] and world.tree.within(grids[1], grids[0]) else following


def risen(order: Order, branch_id: int | None, world: World) -> dict[str, Any]:
    """The fields of an order that moves up to ``branch_id``; its level counts only what nobody had reached before."""
    fields = held_by(order, branch_id, world)
    before, after = (
        None if branch is None else world.tree.depth(world.branches.get(branch).grid_id)
        for branch in (order.supervisor_id, fields["supervisor_id"])
    )
    higher = before is not None and after is not None and after < before
    return {**fields, "level": order.level + higher}


def who_may(order: Order, world: World, reach: int | None = None) -> Callable[[Iterable[Grant]], bool]:
    """Return what tells of somebody's roles whether they may be offered ``order``: who serves below its branch.

    ``reach`` is the grid below which a dispatcher from higher up may choose; a department's matter is never pushed
    down to the grassroots (DOMAIN §4.3).
    """
    seat = seat_of(order, world) if reach is None else reach
    if seat is None or order.branch_id is None:
        return lambda _grants: False
    if owner_of(order.category, world) is Owner.DEPARTMENT:  # another desk is chosen by routing, not by offering
        desk = order.branch_id
        return lambda grants: any(one.role is Role.DESK_OFFICER and one.branch_id == desk for one in grants)
    grassroots, within = SERVING - {Role.DESK_OFFICER}, world.tree.within
    return lambda grants: any(one.role in grassroots and within(one.grid_id, seat) for one in grants)

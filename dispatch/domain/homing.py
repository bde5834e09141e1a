"""After an emergency every open order goes where it would be without it, and the ledger says so (平急转换)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch.domain.acting import done
from dispatch.domain.deeds import Effect
from dispatch.domain.effects import routed
from dispatch.domain.holding import held_by, owner_of, who_may
from dispatch.domain.notices import notices
from dispatch.domain.offering import FROM_THE_START
from dispatch.domain.order import SYSTEM, Command, Event, Grant, Order, Outcome
from dispatch.domain.vocabulary import Action, Party, State
from dispatch.domain.world import World
from grid_model.routing import route

BECAUSE = "emergency_ended"
"""The reason of what is done here, as it stands in the ledger."""


def homeward(
    order: Order,
    temporary: Collection[int],
    served: Mapping[int, tuple[Grant, ...]],
    now: datetime,
    world: World,
) -> Outcome | None:
    """Return ``order`` without what served through an emergency alone, or None where nothing of it does.

    Whoever handles it or is asked for it only through the emergency gives it back, to be dispatched anew. What a
    temporary branch held goes to the branch that takes such matters there; whoever handles it keeps it.

    Args:
        order: an open order.
        temporary: the branches of the emergency; none of them is active in ``world`` any more.
        served: everybody who served through it, with the roles that they still hold.
        now: when it is done.
        world: the county after it.
    """
    start, events = order, list[Event]()
    found = route(world.tree, world.branches, order.grid_id, order.category, owner_of(order.category, world).value)
    held = order.branch_id in temporary
    # one whose place is not clear stays unrouted, whoever supervises it
    supervised = order.supervisor_id in temporary and order.state is not State.RECEIVED
    moves = found.branch_id is not None and (held or supervised)
    home = found.branch_id if held and moves else order.branch_id
    if _released(replace(order, branch_id=home), served, world):
        order, event = _by_system(order, Command(Action.RECALL, data={"because": BECAUSE}), None, now, world)
        events.append(event)
    if moves:
        data: dict[str, Any] = {"because": BECAUSE, "grid": order.grid_id, "category": order.category}
        if held:
            data |= routed(found)
        asked = {"assignee_id": None} if order.state is State.OFFERED else {}
        standing = replace(order, supervisor_id=_standing(order.supervisor_id, temporary, world))
        effect = Effect({**FROM_THE_START, **asked, **held_by(standing, home, world)})
        order, event = _by_system(order, Command(Action.ROUTE, data=data), effect, now, world)
        events.append(event)
    return Outcome(order, tuple(events), notices(start, order, events)) if events else None


def _released(order: Order, served: Mapping[int, tuple[Grant, ...]], world: World) -> bool:
    """Tell whether somebody has it, or is asked, who could not be any more."""
    people = order.offered if order.state is State.OFFERED else ()
    if order.state is State.ACCEPTED and order.assignee_id is not None:
        people = (order.assignee_id,)
    may = who_may(order, world)
    return any(person in served and not may(served[person]) for person in people)


def _standing(branch_id: int | None, temporary: Collection[int], world: World) -> int | None:
    """Return the branch, or the one that stands in for a temporary one that is no more."""
    if branch_id is None or branch_id not in temporary:
        return branch_id
    other = world.branches.dispatching(branch_id)
    return branch_id if other is None else other.id


def _by_system(
    order: Order, command: Command, effect: Effect | None, now: datetime, world: World
) -> tuple[Order, Event]:
    return done(order, command, Party.SYSTEM, SYSTEM, now, world, effect)

"""After an emergency every open order goes where it would be without it, and the ledger says so (平急转换)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dispatch.domain.acting import done
from dispatch.domain.assisting import waited_for
from dispatch.domain.deciding import decider_of
from dispatch.domain.deeds import Effect
from dispatch.domain.effects import routed
from dispatch.domain.holding import branch_above, held_by, owner_of, seat_above, standing, who_may
from dispatch.domain.notices import notices
from dispatch.domain.offering import FROM_THE_START
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Grant, Order, Outcome
from dispatch.domain.vocabulary import SERVING, Action, Clock, Matter, Party, State
from dispatch.domain.world import World
from grid_model.routing import Route, route

BECAUSE = "emergency_ended"
"""The reason of what is done here, as it stands in the ledger."""


@dataclass(frozen=True, slots=True)
class Served:
    """Somebody who served through an emergency: the roles they had ``through`` it, and those they ``keep``."""

    through: tuple[Grant, ...]
    keep: tuple[Grant, ...]


def homeward(
    order: Order,
    temporary: Collection[int],
    served: Mapping[int, Served],
    now: datetime,
    world: World,
) -> Outcome | None:
    """Return ``order`` without what served through an emergency alone, or None where nothing of it does.

    Whoever handles it or is asked for it only through the emergency gives it back; of several who are asked the others
    are asked still. What a temporary branch held goes to the branch that takes such matters there; whoever handles it
    keeps it. One that is resolved already waits for its grade as before, and only who answers for it changes.

    Args:
        order: an open order, or one that waits for its grade.
        temporary: the branches of the emergency; none of them is active in ``world`` any more.
        served: everybody who served through it.
        now: when it is done.
        world: the county after it.
    """
    start, events = order, list[Event]()
    found = route(world.tree, world.branches, order.grid_id, order.category, owner_of(order.category, world).value)
    held = order.branch_id in temporary
    # one whose place is not clear stays unrouted, whoever supervises it
    supervised = order.supervisor_id in temporary and order.state is not State.RECEIVED
    moves = found.branch_id is not None and (held or supervised)
    home = (_superior(order, world) or found.branch_id) if held and moves else order.branch_id
    leaving = _leaving(replace(order, branch_id=home), served, world)
    commands: list[tuple[Command, Party, Actor]] = []
    if leaving and order.state is State.OFFERED and len(leaving) < len(order.offered):
        if not moves:  # else nobody is asked any more
            said = Command(Action.DECLINE, data={"because": BECAUSE})
            commands = [(said, Party.INVITEE, Actor(person)) for person in leaving]
    elif leaving:
        commands = [(Command(Action.RECALL, data={"because": BECAUSE}), Party.SYSTEM, SYSTEM)]
    for command, party, actor in commands:
        order, event = done(order, command, party, actor, now, world)
        events.append(event)
    if moves:
        order, event = _moved(order, home, found if held else None, temporary, now, world)
        events.append(event)
    for effect in _rid(order, temporary, world):
        said = Command(Action.NOTE, data={"because": BECAUSE, "internal": True})
        order, event = done(order, said, Party.SYSTEM, SYSTEM, now, world, effect)
        events.append(event)
    if order.affairs.holding and not waited_for(order, now, world):
        command = Command(Action.RESUME, data={"because": BECAUSE})
        order, event = done(order, command, Party.SYSTEM, SYSTEM, now, world)
        events.append(event)
    return Outcome(order, tuple(events), notices(start, order, events)) if events else None


def _superior(order: Order, world: World) -> int | None:
    """The branch that decides about a returned order: it stands above the one that returned it; None of others."""
    pending = order.affairs.pending
    if pending is None or pending.matter is not Matter.RETURN:
        return None
    return branch_above(standing(pending.branch, world), order.category, world)


def _rid(order: Order, temporary: Collection[int], world: World) -> Iterator[Effect]:
    """What is left of the emergency in its affairs: answers that nobody can give, what nobody there can decide."""
    affairs, pending = order.affairs, order.affairs.pending
    if any(one.branch in temporary for one in affairs.open_assists()):
        assists = (replace(one, void=True) if one.open and one.branch in temporary else one for one in affairs.assists)
        affairs = replace(affairs, assists=tuple(assists))
    data: dict[str, Any] = {}
    if pending is not None and pending.decider in temporary:
        decider = _superior(order, world) or decider_of(order, world) or pending.decider
        if decider != pending.decider:
            affairs = replace(affairs, pending=replace(pending, decider=decider))
            data = {"tell": [decider]}
    if affairs is not order.affairs:
        yield Effect({"affairs": affairs}, data)


def _moved(
    order: Order, home: int | None, found: Route | None, temporary: Collection[int], now: datetime, world: World
) -> tuple[Order, Event]:
    """Give the order to the branch ``home``, found by that route where a temporary one held it."""
    data: dict[str, Any] = {"because": BECAUSE}
    supervisor = standing(order.supervisor_id, world) if order.supervisor_id in temporary else order.supervisor_id
    fields = held_by(replace(order, supervisor_id=supervisor), home, world)
    if order.state is State.RESOLVED:  # what was done stays done
        data["internal"] = True
        return done(order, Command(Action.NOTE, data=data), Party.SYSTEM, SYSTEM, now, world, Effect(fields))
    data |= {"grid": order.grid_id, "category": order.category}
    if found is not None:
        data |= routed(found)
    asked = {"assignee_id": None} if order.state is State.OFFERED else {}
    effect = Effect({**FROM_THE_START, **asked, **fields})
    if order.state is State.ROUTED and order.affairs.asked_for(Matter.RETURN):  # nobody is asked while it is decided
        effect = replace(effect, clocks={Clock.DISPATCH: None})
    return done(order, Command(Action.ROUTE, data=data), Party.SYSTEM, SYSTEM, now, world, effect)


def _leaving(order: Order, served: Mapping[int, Served], world: World) -> list[int]:
    """Return who has the order, or is asked, and could not be any more without the emergency."""
    people = order.offered if order.state is State.OFFERED else ()
    if order.state in (State.ACCEPTED, State.PARKED) and order.assignee_id is not None:
        people = (order.assignee_id,)
    found = [(person, served[person]) for person in people if person in served]
    if not found:
        return []
    # the ladder's last rungs reach below the branch above, whatever other roles somebody has for a while
    may = who_may(order, world, seat_above(order, world))
    return [
        person
        for person, one in found
        if not may(one.keep) and (may(one.through) or not any(grant.role in SERVING for grant in one.keep))
    ]

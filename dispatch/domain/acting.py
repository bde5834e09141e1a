"""``act``: one row down the lifecycle table; the same arguments always give the same outcome."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch.domain import access, errors, lifecycle
from dispatch.domain.effects import EFFECTS, REOPENING_GRADES, Deed, may_rate, may_reopen, no_effect, not_now
from dispatch.domain.ledger import digest, event_hash, told
from dispatch.domain.notices import notices
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Order, Outcome
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Party, State
from dispatch.domain.world import World

_ENDS = frozenset({State.CLOSED, State.WITHDRAWN, State.REDIRECTED})
_ASSIGNED = frozenset({Party.OFFEREE, Party.HANDLER})


def act(order: Order, command: Command, actor: Actor, now: datetime, world: World) -> Outcome:
    """Do ``command`` to ``order`` and return the outcome.

    Raises:
        NotYours: the actor may not do this to this order.
        NotNow: the order's state does not allow it.
        Invalid: the command lacks something, or points outside the actor's reach.
    """
    party = permitted(order, command.action, actor, world)
    after, event = _apply(order, command, party, actor, now, world)
    events = [event]
    if command.action is Action.RATE and command.grade in REOPENING_GRADES and may_reopen(after, now):
        follow = Command(Action.REOPEN, data={"because": "grade"})
        after, event = _apply(after, follow, Party.SYSTEM, SYSTEM, now, world)
        events.append(event)
    return Outcome(after, tuple(events), notices(order, after, events))


def permitted(order: Order, action: Action, actor: Actor, world: World) -> Party:
    """Return the capacity in which ``actor`` may do ``action`` now, or raise NotYours or NotNow."""
    capacities = access.parties(order, actor, world)
    for party in Party:  # in the table's own order, so that the choice is always the same
        if party in capacities and lifecycle.row(order.state, action, party) is not None:
            return party
    if capacities & _ASSIGNED:  # whoever accepts twice is too late for it, not a stranger to it
        capacities |= _ASSIGNED
    if not access.visible(order, actor, world) or not capacities & lifecycle.ever(action):
        raise errors.NotYours
    if action in lifecycle.possible(order.state):
        raise errors.NotYours
    raise not_now(order, action)


def actions(order: Order, actor: Actor, now: datetime, world: World) -> tuple[Action, ...]:
    """Return what ``actor`` may do to ``order`` next, in the vocabulary's order; pages draw their buttons from this."""
    capacities = access.parties(order, actor, world)
    open_to = {a for a in lifecycle.possible(order.state) for p in capacities if lifecycle.row(order.state, a, p)}
    if not may_rate(order, actor):
        open_to.discard(Action.RATE)
    if not may_reopen(order, now):
        open_to.discard(Action.REOPEN)
    return tuple(action for action in Action if action in open_to)


def _apply(
    order: Order, command: Command, party: Party, actor: Actor, now: datetime, world: World
) -> tuple[Order, Event]:
    row = lifecycle.row(order.state, command.action, party)
    if row is None:
        raise not_now(order, command.action)
    effect = EFFECTS.get(command.action, no_effect)(Deed(order, command, party, actor, now, world))
    moved = replace(order, state=row.to_state, version=order.version + 1, **effect.fields)
    clocks = {clock: at for clock, at in order.clocks.items() if clock not in row.stops}
    for clock in row.starts:
        due = _start(clock, moved, now, world)
        if due is not None:
            clocks[clock] = due
    clocks.update(dict.fromkeys(row.at_once, now))
    for clock, at in effect.clocks.items():
        clocks.pop(clock, None) if at is None else clocks.__setitem__(clock, at)
    if row.to_state in _ENDS:
        moved = replace(moved, ended_at=order.ended_at or now, listed=False)
    data = {**command.data, **effect.data}
    if command.missed is not None:
        data["missed"] = command.missed.value
    event = chained(order.head, replace(moved, clocks=clocks), order.state, command, party, actor, now, data)
    return replace(moved, clocks=clocks, head=event.hash), event


def chained(
    previous: bytes,
    after: Order,
    from_state: State,
    command: Command,
    party: Party,
    actor: Actor,
    now: datetime,
    data: dict[str, Any],
) -> Event:
    """Return the event that leads to ``after``, hashed onto ``previous``; its data says what runs, who supervises."""
    texts = dict(command.texts)
    data["supervisor"] = after.supervisor_id
    data["clocks"] = told(after.clocks)
    if texts:
        data["digest"] = digest(command.salt, texts)
    event = Event(
        region=after.region,
        order_id=after.id,
        version=after.version,
        at=now,
        due_at=command.due_at,
        action=command.action,
        party=party,
        actor_id=actor.person_id,
        from_state=from_state,
        to_state=after.state,
        level=after.level,
        branch_id=after.branch_id,
        assignee_id=after.assignee_id,
        data=data,
        request_key=command.request_key,
        hash=b"",
        texts=texts,
        salt=command.salt if texts else b"",
    )
    return replace(event, hash=event_hash(previous, event))


def _start(clock: Clock, order: Order, now: datetime, world: World) -> datetime | None:
    rise = world.policy.rise_due(order.urgency, now, world.calendar)
    if clock is Clock.ACCEPT:  # only after it was accepted once before: the next one has a level's window
        running = order.clocks.get(Clock.RESOLVE, rise)
        return min(rise, running) if running > now else rise
    if clock is Clock.CONTACT and order.contacted_at is not None:
        return None
    if clock in MILESTONES:  # the promise stands; whoever accepts late has a level's window before it is missed
        return order.clocks.get(clock) or max(order.promises[clock], rise)
    return world.policy.due(clock, order.urgency, now, world.calendar)

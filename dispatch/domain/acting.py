"""``act``: one row down the lifecycle table; the same arguments always give the same outcome."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from dispatch.domain import access, errors, lifecycle
from dispatch.domain.affairs import NONE, told_affairs
from dispatch.domain.assisting import waited_for
from dispatch.domain.deeds import Deed, Effect, no_effect, not_now
from dispatch.domain.effects import EFFECTS, may_reopen
from dispatch.domain.following_up import POOR
from dispatch.domain.ladder import fitted, ladder_of
from dispatch.domain.ledger import digest, event_hash, told
from dispatch.domain.notices import leaves_at, notices
from dispatch.domain.openings import opened
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Order, Outcome
from dispatch.domain.pausing import going_on
from dispatch.domain.settling import settled
from dispatch.domain.timing import OWN, Basis, Running, own, put, rise, stop, tier_of, told_set
from dispatch.domain.values import changed
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Party, State
from dispatch.domain.world import World

_ENDS = frozenset({State.CLOSED, State.WITHDRAWN, State.REDIRECTED})
_ANSWERS = (Action.ACCEPT, Action.DECLINE)
_HAD = (State.ACCEPTED, State.RESOLVED, State.CLOSED)
"""The states of an order that somebody took."""
_THAWING = (Action.RESUME, Action.PARK)
"""What ends a standstill though the order stays in hand."""
_ASSIGNED = frozenset({Party.OFFEREE, Party.HANDLER})


def act(order: Order, command: Command, actor: Actor, now: datetime, world: World) -> Outcome:
    """Do ``command`` to ``order`` and return the outcome.

    Raises:
        NotYours: the actor may not do this to this order.
        NotNow: the order's state does not allow it.
        Invalid: the command lacks something, or points outside the actor's reach.
        Taken: of several who were asked somebody else was first.
    """
    party = permitted(order, command.action, actor, world)
    after, event = done(order, command, party, actor, now, world)
    events = [event]
    follow = _follows(after, command, party, now, world)
    if follow is not None:
        after, event = done(after, follow, Party.SYSTEM, SYSTEM, now, world)
        events.append(event)
    return Outcome(after, tuple(events), notices(order, after, events))


def _follows(after: Order, command: Command, party: Party, now: datetime, world: World) -> Command | None:
    """What the system does at once because of what somebody did."""
    if command.action is Action.RATE and command.grade in POOR and may_reopen(after, now):
        return Command(Action.REOPEN, data={"because": "grade"})
    if after.state is not State.ACCEPTED or after.paused_at is None:
        return None
    if command.action is Action.NOTE and party is Party.RESIDENT and not after.affairs.holding:
        return Command(Action.RESUME, data={"because": "answered"})
    if command.action in (Action.ANSWER, Action.WAIVE) and after.affairs.holding and not waited_for(after, now, world):
        return Command(Action.RESUME, data={"because": "answered"})
    return None


def permitted(order: Order, action: Action, actor: Actor, world: World) -> Party:
    """Return the capacity in which ``actor`` may do ``action`` now, or raise NotYours or NotNow."""
    capacities = access.parties(order, actor, world)
    party = _capacity(order.state, action, capacities)
    if party is not None:
        return party
    if action in _ANSWERS and actor.person_id in order.tried and actor.person_id not in order.declined:
        if order.assignee_id not in (None, actor.person_id) and order.state in _HAD:
            raise errors.Taken(state=order.state.value, version=order.version)
        if order.state is State.OFFERED:
            raise errors.OfferEnded(state=order.state.value, version=order.version)
        raise not_now(order, action)  # they were asked, so they are no strangers to it
    if capacities & _ASSIGNED:  # whoever accepts twice is too late for it, not a stranger to it
        capacities |= _ASSIGNED
    if not access.visible(order, actor, world) or not capacities & lifecycle.ever(action):
        raise errors.NotYours
    if action in lifecycle.possible(order.state):
        raise errors.NotYours
    raise not_now(order, action)


def actions(order: Order, actor: Actor, now: datetime, world: World) -> tuple[Action, ...]:
    """Return what ``actor`` may do to ``order`` next, in the vocabulary's order; pages draw their buttons from this."""
    return opened(_allowed(order.state, access.parties(order, actor, world)), order, actor, now, world)


@lru_cache(maxsize=1024)  # every order that is shown asks, and there are not many ways to stand to one
def _allowed(state: State, capacities: frozenset[Party]) -> tuple[tuple[Action, Party], ...]:
    """What the table lets somebody of these capacities do, each in the first of them, in the vocabulary's order."""
    found = ((action, _capacity(state, action, capacities)) for action in Action)
    return tuple((action, party) for action, party in found if party is not None)


def _capacity(state: State, action: Action, capacities: frozenset[Party]) -> Party | None:
    """The first of somebody's capacities, in the vocabulary's order, in which they may do that."""
    return next((p for p in Party if p in capacities and lifecycle.row(state, action, p) is not None), None)


def done(
    order: Order,
    command: Command,
    party: Party,
    actor: Actor,
    now: datetime,
    world: World,
    effect: Effect | None = None,
) -> tuple[Order, Event]:
    """Do one row of the table, whoever may; ``effect`` is what it comes to where that is known already."""
    row = lifecycle.row(order.state, command.action, party)
    if row is None:
        raise not_now(order, command.action)
    thawed: dict[str, Any] = {}
    if order.paused_at is None:
        if row.action is Action.RESUME:
            raise not_now(order, row.action)
    elif row.action in _THAWING or row.to_state not in (State.ACCEPTED, State.PARKED):
        clocks, fields, thawed = going_on(order, now, world)  # what stood still runs on
        order = changed(order, clocks={**order.clocks, **clocks}, **fields)
    if effect is None:
        effect = EFFECTS.get(command.action, no_effect)(Deed(order, command, party, actor, now, world))
    data = {**command.data, **thawed, **effect.data}
    if command.missed is not None:
        data["missed"] = command.missed.value
    running = dict(order.clocks)
    moved = _moved(order, row, effect, now)
    started = _clocked(moved, row, effect, running, now, world)
    moved = settled(order, moved, row, running, now)
    if started:
        data["set"] = told_set(started)
    if effect.promises:
        data["promised"] = told_set(effect.promises)
    moved = changed(moved, clocks=running)
    event = chained(order.head, moved, order.state, command, party, actor, now, data)
    return changed(moved, head=event.hash), event


def _moved(order: Order, row: lifecycle.Row, effect: Effect, now: datetime) -> Order:
    """Return the order in its new state."""
    fields = dict(effect.fields)
    if row.to_state is not State.OFFERED:
        fields["offered"] = ()
    if row.to_state in _ENDS:
        fields.update(ended_at=order.ended_at or now, listed=False)
    moved = changed(order, state=row.to_state, version=order.version + 1, **fields)
    if moved.held:
        moved = changed(moved, held={clock: at for clock, at in moved.held.items() if clock not in row.stops})
    return moved


def _clocked(
    moved: Order, row: lifecycle.Row, effect: Effect, running: dict[Clock, datetime], now: datetime, world: World
) -> dict[Clock, Running]:
    """Stop and start clocks in ``running``; return those that were set."""
    for clock in row.stops:
        stop(running, clock)
    found = {**_started(row, moved, running, now, world), **effect.clocks}
    started: dict[Clock, Running] = {}
    window = found.get(Clock.DISPATCH)
    if window is not None and Clock.DISPATCH in row.starts:
        accept = found.get(Clock.ACCEPT)
        due = running.get(Clock.ACCEPT) if accept is None else accept.due
        found[Clock.DISPATCH] = fitted(window, len(ladder_of(moved, now, world)), moved.urgency, due, now)
    for clock, one in found.items():
        if one is None:
            stop(running, clock)
        else:
            put(running, clock, one, moved.grid_id, now, world)
            if clock in effect.clocks or one.due != moved.promises.get(clock):
                started[clock] = one  # what runs as it was promised stands in the ledger where it was promised
    if row.at_once or effect.at_once:  # in quiet hours nobody is asked anew, unless it is urgent
        waking = leaves_at(moved, now, world)
        running.update(dict.fromkeys((*row.at_once, *effect.at_once), waking))
    return started


def _started(
    row: lifecycle.Row, moved: Order, clocks: dict[Clock, datetime], now: datetime, world: World
) -> dict[Clock, Running | None]:
    """Return the clocks that begin to run; a milestone that runs already runs on."""
    started: dict[Clock, Running | None] = {}
    for clock in row.starts:
        one = _start(clock, moved, clocks, now, world, apart=row.from_state is State.MERGED)
        if one is not None:
            started[clock] = one
    return started


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
    if after.affairs is not NONE and after.affairs != NONE:  # most have the very one, and there is much to compare
        data["affairs"] = told_affairs(after.affairs)
    if after.held:
        data["held"] = told(after.held)
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
    return changed(event, hash=event_hash(previous, event))


def _start(
    clock: Clock, order: Order, clocks: dict[Clock, datetime], now: datetime, world: World, *, apart: bool
) -> Running | None:
    tier = tier_of(order)
    if clock is Clock.ACCEPT and not apart:  # it was accepted once before: the next one has a level's window
        anew = rise(tier, now, world)
        resolve = clocks.get(Clock.RESOLVE, anew.due)
        return replace(anew, due=resolve) if now < resolve < anew.due else anew
    if clock in MILESTONES:  # the promise stands; where it has passed already, a level's window begins
        if clock in clocks or (clock is Clock.CONTACT and order.contacted_at is not None):
            return None
        promise = order.promises.get(clock)
        if promise is None:  # orders of its kind don't have it
            return None
        if promise <= now:
            return rise(tier, now, world)
        return Running(promise, Basis(order.promised_at, OWN, world.length(clock, tier, order.promised_at)))
    return own(clock, tier, now, world)

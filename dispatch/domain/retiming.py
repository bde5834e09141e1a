"""Deadlines reckoned anew because the calendar or the policy changed; the old promise stays in the ledger beside it."""

from dataclasses import replace
from datetime import datetime

from dispatch.domain.acting import done
from dispatch.domain.deeds import Effect
from dispatch.domain.ledger import told
from dispatch.domain.notices import notices
from dispatch.domain.order import SYSTEM, Command, Order, Outcome
from dispatch.domain.pausing import STANDING
from dispatch.domain.timing import OWN, RUNG, Basis, Reckoning, Running, rise, run, tier_of
from dispatch.domain.vocabulary import OPEN_STATES, Action, Clock, Party, State
from dispatch.domain.world import World
from grid_model.shares import deferred

RETIMED = (*OPEN_STATES, State.RESOLVED)
"""The states in which clocks run that can change."""


def retimed(order: Order, reckoning: Reckoning, because: str, now: datetime, world: World) -> Outcome | None:
    """Return ``order`` with its clocks and promises as the present policy and calendar have them, None if none differs.

    What becomes shorter does not run out before a level's window from ``now`` has passed, unless it would have anyway:
    nobody could have kept a deadline that was set afterwards (ours).
    """
    changed: dict[Clock, Running] = {}
    held = dict(order.held)
    for clock, due in {**order.clocks, **order.held}.items():
        basis = reckoning.bases.get(clock)
        if basis is None or basis.rule == RUNG:  # a warning, or a window that somebody was told
            continue
        fresh = _fresh(order, clock, basis, reckoning, now, world)
        fresh = replace(fresh, due=_not_at_once(order, fresh.due, due, now, world))
        if fresh.due == due:
            continue
        if clock in held:
            held[clock] = fresh.due
        else:
            changed[clock] = fresh
    promised = _promised(order, reckoning, now, world)
    if not changed and not promised and held == order.held:
        return None
    promises = {**order.promises, **{clock: one.due for clock, one in promised.items()}}
    words = {"promises": told(promises), "promises_before": told(order.promises)} if promised else {}
    fields = {"held": held, "promises": promises}
    effect = Effect(fields, {**words, "clocks_before": told(order.clocks)}, changed, promised)
    command = Command(Action.RETIME, data={"because": because})
    after, event = done(order, command, Party.SYSTEM, SYSTEM, now, world, effect)
    return Outcome(after, (event,), notices(order, after, (event,)))


def _promised(order: Order, reckoning: Reckoning, now: datetime, world: World) -> dict[Clock, Running]:
    """The promises not kept yet that become others."""
    found = {}
    for clock, basis in reckoning.promises.items():
        due = order.promises.get(clock)
        if due is None or order.kept(clock):
            continue
        fresh = _fresh(order, clock, basis, reckoning, now, world)
        fresh = replace(fresh, due=_not_at_once(order, fresh.due, due, now, world))
        if fresh.due != due:
            found[clock] = fresh
    return found


def _fresh(order: Order, clock: Clock, basis: Basis, reckoning: Reckoning, now: datetime, world: World) -> Running:
    tier = tier_of(order)
    length = world.length(clock, tier, now) if basis.rule == OWN else world.rise_length(tier, now)
    fresh = run(replace(basis, length=length), order.grid_id, world)
    if clock in STANDING:
        calendar = world.calendar_at(order.grid_id)
        for pause in reckoning.pauses:
            if pause.until is not None and basis.start <= pause.since < fresh.due:
                due = deferred(fresh.due, pause.since, pause.until, length.unit, calendar)
                fresh = replace(fresh, due=due)
    resolve = order.clocks.get(Clock.RESOLVE)
    if clock is Clock.ACCEPT and basis.rule != OWN and resolve is not None and basis.start < resolve < fresh.due:
        return replace(fresh, due=resolve)  # as when it began: nobody may take longer to accept than to resolve
    return fresh


def _not_at_once(order: Order, fresh: datetime, due: datetime, now: datetime, world: World) -> datetime:
    if fresh >= due:
        return fresh
    return max(fresh, min(due, rise(tier_of(order), now, world).due))

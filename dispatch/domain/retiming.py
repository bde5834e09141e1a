"""Deadlines reckoned anew because the calendar or the policy changed; the old promise stays in the ledger beside it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch.domain.acting import done
from dispatch.domain.deeds import Effect
from dispatch.domain.kinds import ways
from dispatch.domain.ledger import told
from dispatch.domain.notices import notices
from dispatch.domain.order import SYSTEM, Command, Order, Outcome
from dispatch.domain.timing import EXTENDED, GIVEN, OWN, RUNG, Basis, Pause, Reckoning, Running, rise, run, tier_of
from dispatch.domain.vocabulary import MILESTONES, OPEN_STATES, Action, Clock, Party, State
from dispatch.domain.world import Tier, World
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
        fresh = _rerun(order, clock, due, reckoning, now, world)
        if fresh is None or fresh.due == due:
            continue
        if clock in held:
            held[clock] = fresh.due
        else:
            changed[clock] = fresh
    capped = order.clocks.get(Clock.ACCEPT)
    if capped is not None and capped == order.clocks.get(Clock.RESOLVE):  # nobody may take longer to accept
        _cap(order, changed, reckoning, now, world)
    promised = _promised(order, reckoning, now, world)
    if not changed and not promised and held == order.held:
        return None
    promises = {**order.promises, **{clock: one.due for clock, one in promised.items()}}
    words: dict[str, Any] = {}
    if promised:
        words = {"promises": told(promises), "promises_before": told(order.promises)}
    fields = {"held": held, "promises": promises}
    sooner = {clock for clock, one in changed.items() if clock in MILESTONES and one.due < order.clocks[clock]}
    changed |= {clock: replace(changed[clock], warned_from=now) for clock in sooner}
    words |= {"shorter": True} if sooner else {}
    effect = Effect(fields, {**words, "clocks_before": told(order.clocks)}, changed, promised)
    command = Command(Action.RETIME, data={"because": because})
    after, event = done(order, command, Party.SYSTEM, SYSTEM, now, world, effect)
    return Outcome(after, (event,), notices(order, after, (event,)))


def _rerun(
    order: Order, clock: Clock, due: datetime, reckoning: Reckoning, now: datetime, world: World
) -> Running | None:
    """A clock as it runs now; None for a warning, for a window that somebody was told, and for one that is answered."""
    basis = reckoning.bases.get(clock)
    if basis is None or _fixed(order, basis) or (clock not in MILESTONES and due <= now):
        return None
    fresh = _fresh(order, clock, basis, reckoning.tiers[clock], reckoning.paused.get(clock, ()), now, world)
    if fresh.due < due and clock not in MILESTONES:  # nobody was promised it: it runs its own length from now
        whole = run(replace(fresh.basis, start=now), order.grid_id, world).due
        return replace(fresh, due=max(fresh.due, min(due, whole)))
    return replace(fresh, due=_not_at_once(order, fresh.due, due, now, world))


def _fixed(order: Order, basis: Basis) -> bool:
    """Whether no rule moves the clock: somebody was told of the window, or a date was named or put off."""
    return basis.rule in (RUNG, GIVEN) or (basis.rule == EXTENDED and ways(order.kind).named)


def _promised(order: Order, reckoning: Reckoning, now: datetime, world: World) -> dict[Clock, Running]:
    """The promises not kept yet that become others."""
    found = {}
    for clock, basis in reckoning.promises.items():
        due = order.promises.get(clock)
        if due is None or _fixed(order, basis) or (order.kept(clock) and clock not in order.held):
            continue
        pauses = reckoning.promise_paused[clock]
        fresh = _fresh(order, clock, basis, reckoning.promise_tiers[clock], pauses, now, world)
        fresh = replace(fresh, due=_not_at_once(order, fresh.due, due, now, world))
        if fresh.due != due:
            found[clock] = fresh
    return found


def _fresh(
    order: Order, clock: Clock, basis: Basis, tier: Tier, pauses: tuple[Pause, ...], now: datetime, world: World
) -> Running:
    """A clock as the present rules have it: those of the order's place, for what it was when the clock was set."""
    here = replace(tier, grid_id=order.grid_id)
    length = basis.length  # what the superior has granted stands; only the calendar may move it
    if basis.rule != EXTENDED:
        length = world.length(clock, here, now) if basis.rule == OWN else world.rise_length(here, now)
    fresh = run(replace(basis, length=length), tier.grid_id, world)
    for pause in pauses:
        if pause.until is not None and pause.since < fresh.due:
            calendar = world.calendar_at(pause.grid_id)
            fresh = replace(fresh, due=deferred(fresh.due, pause.since, pause.until, length.unit, calendar))
    return fresh


def _cap(order: Order, changed: dict[Clock, Running], reckoning: Reckoning, now: datetime, world: World) -> None:
    """Let the clock for acceptance end with the one for the result, as it did, unless its own time is shorter."""
    due = order.clocks[Clock.ACCEPT]
    own = _rerun(order, Clock.ACCEPT, due, reckoning, now, world)
    resolve = changed[Clock.RESOLVE].due if Clock.RESOLVE in changed else order.clocks[Clock.RESOLVE]
    if own is None:
        return
    changed.pop(Clock.ACCEPT, None)
    capped = replace(own, due=min(own.due, resolve))
    if capped.due != due:
        changed[Clock.ACCEPT] = capped


def _not_at_once(order: Order, fresh: datetime, due: datetime, now: datetime, world: World) -> datetime:
    if fresh >= due:
        return fresh
    return max(fresh, min(due, rise(tier_of(order), now, world).due))

"""While the resident is waited for, once and for a day at most, the clocks of the promise stand still (DOMAIN §2)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.ledger import told
from dispatch.domain.order import Order
from dispatch.domain.timing import own, tier_of
from dispatch.domain.vocabulary import WARNINGS, Action, Clock, State
from dispatch.domain.world import World
from grid_model.durations import Duration
from grid_model.shares import deferred, share

STANDING = (Clock.CONTACT, Clock.RESOLVE)
"""The clocks that wait for the resident while the handler does."""


def may_pause(order: Order, now: datetime) -> bool:
    """Tell whether the resident may be waited for: once an order, and while a clock of the promise still runs."""
    return not order.waited and bool(running(order, now))


def running(order: Order, now: datetime) -> dict[Clock, datetime]:
    """Return the clocks that can stand still; what has run out already is missed, and rises whoever is waited for."""
    return {clock: order.clocks[clock] for clock in STANDING if order.clocks.get(clock, now) > now}


def pause(deed: Deed) -> Effect:
    """Let the clocks of the promise stand still."""
    order = deed.order
    if order.waited:
        raise errors.WaitedBefore
    if not may_pause(order, deed.now):
        raise not_now(order, Action.PAUSE)
    held = running(order, deed.now)
    fields = {"held": held, "paused_at": deed.now, "waited": True}
    return Effect(fields, {}, dict.fromkeys(held))


def resume(deed: Deed) -> Effect:
    """Let them run on: ``going_on`` puts the clocks back, whatever ends the pause; the root is reminded again."""
    words = {"because": "parked"} if deed.order.state is State.PARKED else {}
    if not deed.order.listed or Clock.REMIND in deed.order.clocks:
        return Effect(data=words)
    return Effect(data=words, clocks={Clock.REMIND: own(Clock.REMIND, tier_of(deed.order), deed.now, deed.world)})


def going_on(order: Order, now: datetime, world: World) -> tuple[dict[Clock, datetime], dict[str, Any], dict[str, Any]]:
    """Return the clocks that run on at ``now``, the order's changed fields, and what the event tells of it.

    The promises that stood still move by the pause; the old ones stay in the ledger beside the new. A pause is over
    when its time is, however late that is noticed.
    """
    if order.paused_at is None:
        return {}, {}, {}
    ends = Clock.REVIEW if order.state is State.PARKED else Clock.RESUME
    since, until = order.paused_at, min(now, order.clocks.get(ends, now))
    clocks: dict[Clock, datetime] = {}
    promises = dict(order.promises)
    calendar = world.calendar_at(order.grid_id)
    for clock, due in order.held.items():
        unit = _length(order, clock, due, now, world).unit
        clocks[clock] = deferred(due, since, until, unit, calendar)
        promise = order.promises.get(clock, since)
        if promise > since:
            unit = _length(order, clock, promise, now, world).unit
            promises[clock] = deferred(promise, since, until, unit, calendar)
        if due == promise:
            clocks.update(_warnings(order, clock, clocks[clock], (since, until), now, world))
    fields: dict[str, Any] = {"held": {}, "paused_at": None, "promises": promises}
    if order.affairs.holding:
        fields["affairs"] = replace(order.affairs, holding=False)
    words = {"promises": told(promises), "promises_before": told(order.promises), "resumed": until.isoformat()}
    return clocks, fields, words


def _warnings(
    order: Order, clock: Clock, due: datetime, pause: tuple[datetime, datetime], now: datetime, world: World
) -> dict[Clock, datetime]:
    """The warnings that were still to come at the pause, which come as much later."""
    unit, calendar = _length(order, clock, order.held[clock], now, world).unit, world.calendar_at(order.grid_id)
    found = {}
    for warning, percent in WARNINGS[clock]:
        at = share(order.promised_at, order.held[clock], percent, unit, calendar)
        later = min(due, deferred(at, *pause, unit, calendar))
        if at > pause[0] and later > now:  # the others were given, or are void by now
            found[warning] = later
    return found


def _length(order: Order, clock: Clock, due: datetime, now: datetime, world: World) -> Duration:
    """How long the clock runs that is due then: the promise's own, or a level's."""
    tier = tier_of(order)
    if due != order.promises.get(clock):
        return world.rise_length(tier, now)
    if clock is Clock.RESOLVE and order.affairs.lengthened is not None:  # a date was named, or put off
        return Duration.parse(order.affairs.lengthened)
    return world.length(clock, tier, now)

"""While the resident is waited for, once and for a day at most, the clocks of the promise stand still (DOMAIN §2)."""

from datetime import datetime
from typing import Any

from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.ledger import told
from dispatch.domain.order import Order
from dispatch.domain.timing import tier_of
from dispatch.domain.vocabulary import Action, Clock
from dispatch.domain.world import World
from grid_model.shares import deferred

STANDING = (Clock.CONTACT, Clock.RESOLVE)
"""The clocks that wait for the resident while the handler does."""


def may_pause(order: Order) -> bool:
    """Tell whether the resident may be waited for: once an order."""
    return not order.waited and any(clock in order.clocks for clock in STANDING)


def pause(deed: Deed) -> Effect:
    """Let the clocks of the promise stand still."""
    order = deed.order
    if not may_pause(order):
        raise not_now(order, Action.PAUSE)
    held = {clock: order.clocks[clock] for clock in STANDING if clock in order.clocks}
    fields = {"held": held, "paused_at": deed.now, "waited": True}
    return Effect(fields, {}, dict.fromkeys(held))


def resume(deed: Deed) -> Effect:
    """Let them run on: ``going_on`` puts the clocks back, whatever ends the pause."""
    if deed.order.paused_at is None:
        raise not_now(deed.order, Action.RESUME)
    return Effect()


def going_on(order: Order, now: datetime, world: World) -> tuple[dict[Clock, datetime], dict[str, Any], dict[str, Any]]:
    """Return the clocks that run on at ``now``, the order's changed fields, and what the event tells of it.

    The promises that stood still move by the pause; the old ones stay in the ledger beside the new.
    """
    if order.paused_at is None:
        return {}, {}, {}
    since = order.paused_at
    clocks = {clock: _moved(order, clock, at, since, now, world) for clock, at in order.held.items()}
    waiting = {clock: at for clock, at in order.promises.items() if clock in order.held and at > since}
    moved = {clock: _moved(order, clock, at, since, now, world) for clock, at in waiting.items()}
    promises = {**order.promises, **moved}
    fields = {"held": {}, "paused_at": None, "promises": promises}
    return clocks, fields, {"promises": told(promises), "promises_before": told(order.promises)}


def _moved(order: Order, clock: Clock, due: datetime, since: datetime, now: datetime, world: World) -> datetime:
    tier = tier_of(order)
    own = due == order.promises.get(clock)
    length = world.length(clock, tier, order.promised_at) if own else world.rise_length(tier, since)
    return deferred(due, since, now, length.unit, world.calendar_at(order.grid_id))

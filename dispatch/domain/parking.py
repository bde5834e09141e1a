"""挂账 and 会办停时: what can't be done now stands still, with a day on which it is taken up again (DOMAIN §2, §5)."""

from dataclasses import replace
from datetime import datetime

from dispatch.domain import errors
from dispatch.domain.assisting import departments
from dispatch.domain.deciding import asked
from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.order import Order
from dispatch.domain.pausing import STANDING, running
from dispatch.domain.timing import named
from dispatch.domain.vocabulary import Action, Clock, Matter
from dispatch.domain.world import World


def park(deed: Deed) -> Effect:
    """Grant that an order is parked: its clocks stand still, and it is taken up again by itself on its day."""
    order, pending = deed.order, asked(deed, Matter.PARK)
    end = pending.until
    if end is None or not may_park(order, deed.now):
        raise errors.ReviewPassed
    affairs = replace(order.affairs, pending=None, parked_at=order.affairs.parked_at or deed.now)
    held = {clock: order.clocks[clock] for clock in STANDING if clock in order.clocks}
    fields = {"affairs": affairs, "held": held, "paused_at": deed.now}
    words = {"matter": pending.matter.value, "until": end.isoformat()}
    return Effect(fields, words, {**dict.fromkeys(held), Clock.REVIEW: named(end, deed.now)})


def may_park(order: Order, now: datetime) -> bool:
    """Tell whether parking is asked for, and its day still lies ahead."""
    pending = order.affairs.pending
    return order.affairs.asked_for(Matter.PARK) and pending is not None and (pending.until or now) > now


def hold(deed: Deed) -> Effect:
    """Grant that the clocks stand still until the co-handlers have answered, or their time is up."""
    order, pending = deed.order, asked(deed, Matter.HOLD)
    if not may_hold(order, deed.now, deed.world):
        raise not_now(order, Action.HOLD)
    waited = [one.due for one in departments(order, deed.world) if one.due > deed.now]
    held = running(order, deed.now)
    affairs = replace(order.affairs, pending=None, holding=True)
    fields = {"affairs": affairs, "held": held, "paused_at": deed.now}
    words = {"matter": pending.matter.value, "until": max(waited).isoformat()}
    return Effect(fields, words, {**dict.fromkeys(held), Clock.RESUME: named(max(waited), deed.now)})


def may_hold(order: Order, now: datetime, world: World) -> bool:
    """Tell whether the clocks can stand still for a department: one has yet to answer and has time for it."""
    waited = any(one.due > now for one in departments(order, world))
    return order.paused_at is None and waited and bool(running(order, now))

"""挂账 and 会办停时: what can't be done now stands still, with a day on which it is taken up again (DOMAIN §2, §5)."""

from dataclasses import replace
from datetime import datetime
from math import ceil

from dispatch.domain import errors
from dispatch.domain.assisting import departments
from dispatch.domain.deciding import asked
from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.pausing import STANDING, running
from dispatch.domain.timing import GIVEN, Basis, Running
from dispatch.domain.vocabulary import Action, Clock, Matter
from grid_model.durations import Duration, Unit


def park(deed: Deed) -> Effect:
    """Grant that an order is parked: its clocks stand still, and it is taken up again by itself on its day."""
    order, pending = deed.order, asked(deed, Matter.PARK)
    until = pending.until
    if until is None or until <= deed.now:
        raise errors.ReviewPassed
    affairs = replace(order.affairs, pending=None, parked_at=order.affairs.parked_at or deed.now)
    held = {clock: order.clocks[clock] for clock in STANDING if clock in order.clocks}
    fields = {"affairs": affairs, "held": held, "paused_at": deed.now}
    words = {"matter": pending.matter.value, "until": until.isoformat()}
    return Effect(fields, words, {**dict.fromkeys(held), Clock.REVIEW: _until(until, deed.now)})


def hold(deed: Deed) -> Effect:
    """Grant that the clocks stand still until the co-handlers have answered, or their time is up."""
    order, pending = deed.order, asked(deed, Matter.HOLD)
    waited = [one.due for one in departments(order, deed.world) if one.due > deed.now]
    held = running(order, deed.now)
    if order.paused_at is not None or not waited or not held:
        raise not_now(order, Action.HOLD)
    affairs = replace(order.affairs, pending=None, holding=True)
    fields = {"affairs": affairs, "held": held, "paused_at": deed.now}
    words = {"matter": pending.matter.value, "until": max(waited).isoformat()}
    return Effect(fields, words, {**dict.fromkeys(held), Clock.RESUME: _until(max(waited), deed.now)})


def _until(end: datetime, now: datetime) -> Running:
    """A clock that ends at a moment somebody has named; its length is told in whole minutes."""
    minutes = max(ceil((end - now).total_seconds() / 60), 1)
    days, rest = divmod(minutes, 24 * 60)
    length = Duration(days, Unit.DAY) if days and not rest else Duration(min(minutes, 10_000), Unit.MINUTE)
    return Running(end, Basis(now, GIVEN, length))

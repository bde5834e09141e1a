"""What a missed clock does: the order rises a level, or its supervision does; at the root it is listed (DOMAIN §3)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from dispatch.domain import errors
from dispatch.domain.affairs import Watch
from dispatch.domain.affairs import missed as having_missed
from dispatch.domain.assisting import late
from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import branch_above, risen
from dispatch.domain.kinds import ways
from dispatch.domain.offering import FROM_THE_START
from dispatch.domain.timing import Running, given, named, own, rise, tier_of
from dispatch.domain.vocabulary import MILESTONES, Clock, Matter, Party, State
from grid_model.durations import Duration, Unit


def escalate(deed: Deed) -> Effect:
    """Raise the order a level; one that is handled stays where it is, and its supervision rises."""
    order, world = deed.order, deed.world
    missed, due = deed.command.missed or Clock.ACCEPT, deed.command.due_at or deed.now
    again: dict[Clock, Running | None] = {missed: rise(tier_of(order), due, world)}
    affairs = having_missed(order.affairs)
    if order.state is State.ACCEPTED:  # the member keeps it, the supervising level rises
        above = branch_above(order.supervisor_id, order.category, world)
        return Effect({"supervisor_id": above, "level": order.level + 1, "affairs": affairs}, {}, again)
    above = branch_above(order.branch_id, order.category, world)
    fields = {**risen(order, above, world), "assignee_id": None, **FROM_THE_START, "affairs": affairs}
    pending = order.affairs.pending
    if pending is not None and pending.matter is Matter.RETURN and above is not None:
        # whoever has it now decides where it belongs, and it is offered to nobody before that
        fields["affairs"] = replace(affairs, pending=replace(pending, decider=above))
        again |= {Clock.DISPATCH: None, Clock.DECIDE: own(Clock.DECIDE, tier_of(order), due, world)}
    return Effect(fields, {}, again)


def supervise(deed: Deed) -> Effect:
    """A supervisor's word changes nothing; a milestone missed raises supervision, or at the root lists the order."""
    if deed.party is not Party.SYSTEM:
        return _supervised_by(deed)
    order, world, missed = deed.order, deed.world, deed.command.missed
    if missed is Clock.ASSIST:
        return late(deed)
    if missed is Clock.SUPERVISE:
        return _due(deed)
    affairs = having_missed(order.affairs) if missed in MILESTONES else order.affairs
    above = branch_above(order.supervisor_id, order.category, world)
    if missed in (Clock.CONTACT, Clock.RESOLVE) and above is not None:
        again = rise(tier_of(order), deed.command.due_at or deed.now, world)
        return Effect({"supervisor_id": above, "level": order.level + 1, "affairs": affairs}, {}, {missed: again})
    clocks: dict[Clock, Running | None] = {Clock.REMIND: own(Clock.REMIND, tier_of(order), deed.now, world)}
    if missed is not None and missed is not Clock.REMIND:
        clocks[missed] = None
    waits = order.state is State.ROUTED and not order.affairs.asked_for(Matter.RETURN) and not ways(order.kind).named
    at_once = (Clock.DISPATCH,) if waits and Clock.DISPATCH not in order.clocks else ()
    return Effect({"listed": True, "affairs": affairs}, {"listed": True}, clocks, at_once=at_once)


MOST_DAYS = 365
"""How far away the day may be that a supervisor sets."""


def _supervised_by(deed: Deed) -> Effect:
    """A supervisor's word, and the day until which they want to hear of it: then they are reminded, and so is it.

    Several may set one each: a later one takes nothing from an earlier one.
    """
    on = deed.command.on
    if on is None:
        return Effect()
    local = deed.world.calendar_at(deed.order.grid_id).local(deed.now)
    days = (on - local.date()).days
    if not 1 <= days <= MOST_DAYS:
        raise errors.Invalid(
            errors.fault("on", "督办期限须在明天至一年之内", "the day must lie within a year from tomorrow")
        )
    until = given(deed.now, Duration(days, Unit.DAY), deed.order.grid_id, deed.world)
    person, affairs = deed.actor.person_id, deed.order.affairs
    if person is None:
        raise errors.NotYours
    watches = (*(one for one in affairs.watches if one.by != person), Watch(person, until.due))
    first = until if until.due <= min(one.until for one in watches) else _next(watches, deed.now)
    fields = {"affairs": replace(affairs, watches=watches)}
    return Effect(fields, {"until": until.due.isoformat()}, {Clock.SUPERVISE: first})


def _next(watches: Iterable[Watch], now: datetime) -> Running | None:
    """The clock of whoever wants to hear of it first."""
    first = min((one.until for one in watches), default=None)
    return None if first is None else named(first, min(now, first))


def _due(deed: Deed) -> Effect:
    """The day has come that a supervisor had set: they are told, and whoever has it."""
    affairs = deed.order.affairs
    at = deed.command.due_at or deed.now
    due = [one for one in affairs.watches if one.until <= at]
    left = tuple(one for one in affairs.watches if one.until > at)
    told = {"watching": [one.by for one in due]} if due else {}
    return Effect({"affairs": replace(affairs, watches=left)}, told, {Clock.SUPERVISE: _next(left, deed.now)})


def warn(deed: Deed) -> Effect:
    """Warn that a milestone draws near: nothing changes, and the warning is not given again."""
    missed = deed.command.missed
    return Effect(clocks={} if missed is None else {missed: None})

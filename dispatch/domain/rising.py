"""What a missed clock does: the order rises a level, or its supervision does; at the root it is listed (DOMAIN §3)."""

from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import branch_above, risen
from dispatch.domain.offering import FROM_THE_START
from dispatch.domain.timing import Running, own, rise, tier_of
from dispatch.domain.vocabulary import Clock, Party, State


def escalate(deed: Deed) -> Effect:
    """Raise the order a level; one that is handled stays where it is, and its supervision rises."""
    order, world = deed.order, deed.world
    missed, due = deed.command.missed or Clock.ACCEPT, deed.command.due_at or deed.now
    again = {missed: rise(tier_of(order), due, world)}
    if order.state is State.ACCEPTED:  # the member keeps it, the supervising level rises
        above = branch_above(order.supervisor_id, order.category, world)
        return Effect({"supervisor_id": above, "level": order.level + 1}, {}, again)
    above = branch_above(order.branch_id, order.category, world)
    return Effect({**risen(order, above, world), "assignee_id": None, **FROM_THE_START}, {}, again)


def supervise(deed: Deed) -> Effect:
    """A supervisor's word changes nothing; a milestone missed raises supervision, or at the root lists the order."""
    if deed.party is not Party.SYSTEM:
        return Effect()
    order, world, missed = deed.order, deed.world, deed.command.missed
    above = branch_above(order.supervisor_id, order.category, world)
    if missed in (Clock.CONTACT, Clock.RESOLVE) and above is not None:
        again = rise(tier_of(order), deed.command.due_at or deed.now, world)
        return Effect({"supervisor_id": above, "level": order.level + 1}, {}, {missed: again})
    clocks: dict[Clock, Running | None] = {Clock.REMIND: own(Clock.REMIND, tier_of(order), deed.now, world)}
    if missed is not None and missed is not Clock.REMIND:
        clocks[missed] = None
    at_once = (Clock.DISPATCH,) if order.state is State.ROUTED and Clock.DISPATCH not in order.clocks else ()
    return Effect({"listed": True}, {"listed": True}, clocks, at_once=at_once)


def warn(deed: Deed) -> Effect:
    """Warn that a milestone draws near: nothing changes, and the warning is not given again."""
    missed = deed.command.missed
    return Effect(clocks={} if missed is None else {missed: None})

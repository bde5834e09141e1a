"""What offering does to an order: whom it is offered to, who says no, who has it (派单、婉拒、接单)."""

from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import seat_above, seat_of, who_may
from dispatch.domain.kinds import ways
from dispatch.domain.ladder import fitted, ladder_of
from dispatch.domain.order import Actor, Order
from dispatch.domain.timing import RUNG, Basis, own, run, tier_of
from dispatch.domain.vocabulary import Action, Clock, Party, Role, Rung

LEAVING = frozenset({"leave", "emergency_ended"})
"""Why somebody may give an order back without having said no to it."""

_FURTHER = frozenset({Rung.DIRECT, Rung.SIBLINGS})

FROM_THE_START = {"rung": 0, "tried": ()}
"""The fields of an order that nobody at the branch which holds it was asked about yet."""


def reach(deed: Deed) -> int | None:
    """Return the highest grid whose subtree the actor may dispatch in: their own, at or above whoever holds the order.

    The ladder reaches further: the household's own carer, and the sibling branches, serve below the branch above.
    """
    order, world = deed.order, deed.world
    seat = seat_of(order, world)
    if seat is None:
        return None
    tree = world.tree
    rung = deed.command.rung
    if rung is not None and rung.kind in _FURTHER:
        return seat_above(order, world)
    roles = (Role.SECRETARY, Role.SUPERVISOR)
    own = (grant.grid_id for grant in deed.actor.grants if grant.role in roles and tree.within(seat, grant.grid_id))
    return min(own, key=tree.depth, default=seat)


def _asking(deed: Deed) -> int | None:
    """As ``reach``; by hand, too, a household's own carer may be asked wherever they serve below the branch above."""
    within = reach(deed)
    if within is None or deed.order.household_id is None:
        return within
    above = seat_above(deed.order, deed.world)
    return within if above is None else min(within, above, key=deed.world.tree.depth)


def offer(deed: Deed) -> Effect:
    """Offer an order to one member, or to several of whom the first to accept has it."""
    order, command, world = deed.order, deed.command, deed.world
    if not access.routes(order, deed.actor):
        raise errors.NotYours
    members, may = command.members, who_may(order, world, _asking(deed))
    if not members or not all(may(member.grants) for member in members):
        raise errors.Invalid(
            errors.fault(
                "member",
                "只能派给本支部辖区内在册的承办人（部门事项只能派给部门承办人）",
                "only somebody who serves below this branch can be chosen (for a department matter: a desk officer)",
            )
        )
    _only_whom_it_names(deed)
    asked = tuple(dict.fromkeys(member.person_id for member in members))
    fields = {
        "assignee_id": asked[0] if len(asked) == 1 else None,
        "offered": asked,
        "tried": tuple(dict.fromkeys((*order.tried, *asked))),
    }
    data = {"offered": list(asked)}
    rung = command.rung
    if rung is None:
        # who was named may accept until it rises: there is nobody else whose turn it would be
        return Effect(fields, data, {Clock.OFFER: None} if ways(order.kind).named else {})
    window = None  # the last rung has no window of its own: whoever is asked may accept until the order rises
    if rung.window is not None:
        whole = run(Basis(deed.now, RUNG, rung.window), order.grid_id, world)
        window = fitted(whole, rung.after, order.urgency, order.clocks.get(Clock.ACCEPT), deed.now)
    return Effect(
        {**fields, "rung": rung.number}, {**data, "rung": rung.number, "kind": rung.kind.value}, {Clock.OFFER: window}
    )


def _only_whom_it_names(deed: Deed) -> None:
    """Refuse a rung of the ladder where an order names who is to do it, and anybody else where that is who filed it."""
    order, command = deed.order, deed.command
    kind = ways(order.kind)
    if kind.named and command.rung is not None:
        raise errors.Invalid(
            errors.fault("rung", "请点名派单：这一单不逐级询问", "name somebody: nobody is asked for it by the ladder")
        )
    if not kind.own:
        return
    if any(member.person_id != order.filed_by for member in command.members):
        raise errors.Invalid(
            errors.fault("member", "承诺只能由承诺人自己践行", "only whoever pledged it can carry out a pledge")
        )
    if not may_offer(order, deed.actor):
        raise errors.NotYours


def may_offer(order: Order, actor: Actor) -> bool:
    """Tell whether ``actor`` may offer it: nobody what they pledged themselves, as secretary of their own branch."""
    return not ways(order.kind).own or actor.person_id is None or actor.person_id != order.filed_by


def accept(deed: Deed) -> Effect:
    """Give the order to whoever accepts it."""
    return Effect({"assignee_id": deed.actor.person_id})


def decline(deed: Deed) -> Effect:
    """Take whoever says no out of those asked; the system does not ask them again for this order."""
    order, person = deed.order, deed.actor.person_id
    left = tuple(one for one in order.offered if one != person)
    said_no = order.declined
    if person is not None and deed.command.data.get("because") not in LEAVING:
        said_no = tuple(dict.fromkeys((*order.declined, person)))
    return Effect({"assignee_id": None, "offered": left, "declined": said_no})


def released(deed: Deed) -> Effect:
    """Take the order from whoever had it or was asked; from somebody who had accepted it, the ladder begins anew."""
    order, held = deed.order, dict[str, Any]()
    if order.offered == () and order.assignee_id is not None:
        held = dict(FROM_THE_START)
        if deed.command.action is Action.HAND_BACK:  # they have said no, only later
            held["declined"] = tuple(dict.fromkeys((*order.declined, order.assignee_id)))
    return Effect({"assignee_id": None, **held})


def nobody(deed: Deed) -> Effect:
    """Note something; where the system notes that nobody can be asked, it looks again after a secretary's window.

    Somebody may come back from a leave, or into their hours. The whole ladder was tried, so from then on its last rung
    is asked; what is listed at the root is looked at again with each reminder.
    """
    if deed.party is not Party.SYSTEM or not deed.command.data.get("nobody"):
        return Effect()
    order, world = deed.order, deed.world
    if ways(order.kind).named:  # the secretary knows, and the clock for acceptance decides
        return Effect(clocks={Clock.DISPATCH: None})
    again = None if order.listed else own(Clock.DISPATCH, tier_of(order), deed.now, world)
    rungs = len(ladder_of(order, deed.now, world))
    return Effect({"rung": max(order.rung, rungs)}, {"rung": max(order.rung, rungs)}, {Clock.DISPATCH: again})

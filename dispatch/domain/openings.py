"""Beside the table: what an order's own story still allows, so that no button is drawn that would only refuse."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from dispatch.domain import access, deciding, following_up, parking
from dispatch.domain.assisting import complete, may_whistle
from dispatch.domain.effects import may_reopen
from dispatch.domain.kinds import answers_for
from dispatch.domain.offering import may_offer
from dispatch.domain.order import Actor, Order
from dispatch.domain.pausing import may_pause
from dispatch.domain.returning import may_return
from dispatch.domain.vocabulary import Action, Matter, Party, State
from dispatch.domain.world import World


class _Asked(NamedTuple):
    """Of what, by whom, when and where it is asked what may be done."""

    order: Order
    actor: Actor
    now: datetime
    world: World

    def wanted(self, matter: Matter) -> bool:
        return self.order.affairs.asked_for(matter)


def _refusable(a: _Asked, _: Party) -> bool:
    pending = a.order.affairs.pending
    if pending is None or pending.matter is Matter.APPEAL:
        return False
    return (a.order.state is State.ROUTED) == (pending.matter is Matter.RETURN)


_CHECKS: dict[Action, Callable[[_Asked, Party], bool]] = {
    Action.ROUTE: lambda a, _: access.routes(a.order, a.actor),
    Action.OFFER: lambda a, _: may_offer(a.order, a.actor) and access.routes(a.order, a.actor),
    Action.RATE: lambda a, party: following_up.may_rate(a.order, a.actor, party),
    Action.REOPEN: lambda a, party: may_reopen(a.order, a.now) and answers_for(a.order.kind, party),
    Action.CLOSE: lambda a, _: following_up.may_close(a.order, a.actor),
    Action.PAUSE: lambda a, _: may_pause(a.order, a.now),
    Action.RESUME: lambda a, _: a.order.paused_at is not None,
    Action.RESOLVE: lambda a, _: complete(a.order),
    Action.RETURN: lambda a, _: may_return(a.order, a.actor, a.world),
    Action.REFUSE: _refusable,
    Action.ASK: lambda a, _: deciding.may_ask(a.order),
    Action.EXTEND: lambda a, _: a.wanted(Matter.EXTEND),
    Action.COMPLEX: lambda a, _: a.wanted(Matter.COMPLEX),
    Action.PARK: lambda a, _: parking.may_park(a.order, a.now),
    Action.HOLD: lambda a, _: a.wanted(Matter.HOLD) and parking.may_hold(a.order, a.now, a.world),
    Action.JUDGE: lambda a, _: a.wanted(Matter.APPEAL),
    Action.WHISTLE: lambda a, _: may_whistle(a.order),
    Action.WAIVE: lambda a, _: bool(access.waivable(a.order, a.actor)),
    Action.UNMERGE: lambda a, _: a.order.state is State.MERGED,  # it is done to the part, and the other follows
    Action.MERGE: lambda a, _: not a.order.affairs.absorbed and complete(a.order),
    Action.ABSORB: lambda a, _: a.order.paused_at is None,
    Action.FOLLOW_UP: lambda a, _: a.order.affairs.follow_up is not None,
    Action.REVIEW: lambda a, _: following_up.may_review(a.order, a.now),
    Action.APPEAL: lambda a, _: following_up.may_appeal(a.order, None),
    Action.URGE: lambda a, _: following_up.may_urge(a.order, a.now, a.world),
}


def opened(
    allowed: Iterable[tuple[Action, Party]], order: Order, actor: Actor, now: datetime, world: World
) -> tuple[Action, ...]:
    """Return which of the actions that the table allows would be done, as far as the order's own story says.

    Args:
        allowed: the actions, each with the capacity in which it would be done.
        order: to which.
        actor: by whom.
        now: when.
        world: in which county.
    """
    asked = _Asked(order, actor, now, world)
    found = []
    for action, party in allowed:
        check = _CHECKS.get(action)
        if check is None or check(asked, party):
            found.append(action)
    return tuple(found)

"""Beside the table: what an order's own story still allows, so that no button is drawn that would only refuse."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class _Asked:
    """One action that the table has, for one order and actor."""

    order: Order
    party: Party
    actor: Actor
    now: datetime
    world: World

    def wanted(self, matter: Matter) -> bool:
        return self.order.affairs.asked_for(matter)


def _refusable(a: _Asked) -> bool:
    pending = a.order.affairs.pending
    if pending is None or pending.matter is Matter.APPEAL:
        return False
    return (a.order.state is State.ROUTED) == (pending.matter is Matter.RETURN)


_CHECKS: dict[Action, Callable[[_Asked], bool]] = {
    Action.ROUTE: lambda a: access.routes(a.order, a.actor),
    Action.OFFER: lambda a: may_offer(a.order, a.actor) and access.routes(a.order, a.actor),
    Action.RATE: lambda a: following_up.may_rate(a.order, a.actor, a.party),
    Action.REOPEN: lambda a: may_reopen(a.order, a.now) and answers_for(a.order.kind, a.party),
    Action.CLOSE: lambda a: following_up.may_close(a.order, a.actor),
    Action.PAUSE: lambda a: may_pause(a.order, a.now),
    Action.RESUME: lambda a: a.order.paused_at is not None,
    Action.RESOLVE: lambda a: complete(a.order),
    Action.RETURN: lambda a: may_return(a.order, a.actor, a.world),
    Action.REFUSE: _refusable,
    Action.ASK: lambda a: deciding.may_ask(a.order),
    Action.EXTEND: lambda a: a.wanted(Matter.EXTEND),
    Action.COMPLEX: lambda a: a.wanted(Matter.COMPLEX),
    Action.PARK: lambda a: parking.may_park(a.order, a.now),
    Action.HOLD: lambda a: a.wanted(Matter.HOLD) and parking.may_hold(a.order, a.now, a.world),
    Action.JUDGE: lambda a: a.wanted(Matter.APPEAL),
    Action.WHISTLE: lambda a: may_whistle(a.order),
    Action.WAIVE: lambda a: bool(access.waivable(a.order, a.actor)),
    Action.UNMERGE: lambda a: a.order.state is State.MERGED,  # it is done to the part, and the other follows
    Action.MERGE: lambda a: not a.order.affairs.absorbed and complete(a.order),
    Action.ABSORB: lambda a: a.order.paused_at is None,
    Action.FOLLOW_UP: lambda a: a.order.affairs.follow_up is not None,
    Action.REVIEW: lambda a: following_up.may_review(a.order, a.now),
    Action.APPEAL: lambda a: following_up.may_appeal(a.order, None),
    Action.URGE: lambda a: following_up.may_urge(a.order, a.now, a.world),
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
    found = []
    for action, party in allowed:
        check = _CHECKS.get(action)
        if check is None or check(_Asked(order, party, actor, now, world)):
            found.append(action)
    return tuple(found)

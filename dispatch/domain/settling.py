"""What an action leaves of the affairs of an order: a request that is void by now, and the clocks that go with them."""

from dataclasses import replace
from datetime import datetime

from dispatch.domain.affairs import Affairs, Pending
from dispatch.domain.assisting import led
from dispatch.domain.lifecycle import Row
from dispatch.domain.order import Order
from dispatch.domain.vocabulary import WORKED_ON, Action, Clock, Matter, Party, State

_IN_HAND = frozenset({Matter.EXTEND, Matter.COMPLEX, Matter.PARK, Matter.HOLD})
_DECIDING = frozenset({Action.ROUTE, Action.OFFER, Action.REFUSE})
_LEFT = frozenset({State.WITHDRAWN, State.REDIRECTED})


def settled(before: Order, after: Order, row: Row, running: dict[Clock, datetime], now: datetime) -> Order:
    """Return ``after`` without what was asked and is void by now; ``running`` loses and keeps clocks accordingly."""
    affairs = after.affairs
    if after.branch_id is not None:
        affairs = led(affairs, after.branch_id)  # whoever leads owes itself no answer
    affairs = _without(affairs, after, row)
    if affairs.pending is None and affairs.aside is not None:  # the appeal is heard on, in the time that was left
        running[Clock.DECIDE] = now + affairs.aside.left
        affairs = _without(replace(affairs, pending=affairs.aside.pending, aside=None), after, row)
    if affairs.pending is None:
        running.pop(Clock.DECIDE, None)
    elif Clock.DECIDE not in running and Clock.DECIDE in before.clocks:  # a row that stops all clocks means the others
        running[Clock.DECIDE] = before.clocks[Clock.DECIDE]
    waited = affairs.next_assist() if after.state in WORKED_ON else None
    if waited is None:
        running.pop(Clock.ASSIST, None)
    else:  # after it was taken apart, or is done again, whoever has yet to answer is reminded as before
        running[Clock.ASSIST] = waited.next_at
    if after.state not in WORKED_ON and after.state is not State.RECEIVED:
        running.pop(Clock.SUPERVISE, None)
        affairs = replace(affairs, watches=()) if affairs.watches else affairs
    if after.state in _LEFT and affairs.follow_up is not None:
        affairs = replace(affairs, follow_up=None)  # there was no result to ask about
    if after.state is not State.PARKED:
        running.pop(Clock.REVIEW, None)
    return after if affairs is after.affairs else replace(after, affairs=affairs)


def _without(affairs: Affairs, after: Order, row: Row) -> Affairs:
    """What is left of the affairs of an order that is ``after`` now; what was not judged may be brought again."""
    pending = affairs.pending
    if pending is None or not _void(pending, after, row):
        return affairs
    heard = tuple(one for one in affairs.appealed if one is not pending.subject)
    return replace(affairs, pending=None, appealed=heard)


def _void(pending: Pending, after: Order, row: Row) -> bool:
    """Whether nobody need decide any more: the order moved on, or the decision was taken by doing."""
    if pending.matter in _IN_HAND:
        return after.state is not State.ACCEPTED
    if pending.matter is Matter.RETURN:
        # where an emergency ends and the order goes home, nobody has decided anything
        return after.state is not State.ROUTED or (row.action in _DECIDING and row.parties != (Party.SYSTEM,))
    return after.state in (State.WITHDRAWN, State.REDIRECTED, State.MERGED)

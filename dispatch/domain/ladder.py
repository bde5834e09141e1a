"""The ladder of offers as one order climbs it: its rungs, and whom each asks (DOMAIN §3)."""

from dataclasses import replace
from datetime import datetime, timedelta

from dispatch.domain.asking import OPEN, Asking
from dispatch.domain.choosing import MOST_ASKED, Choice
from dispatch.domain.holding import owner_of
from dispatch.domain.order import Member, Order
from dispatch.domain.timing import RUNG, Running
from dispatch.domain.vocabulary import Owner, Rung, Urgency
from dispatch.domain.world import World


def ladder_of(order: Order, now: datetime, world: World) -> tuple[Asking, ...]:
    """Return the rungs of ``order`` at ``now``; the last stands until the accept clock raises it.

    A department's matter is not offered beyond its own desk, so its ladder ends before the siblings.
    """
    ladder = world.policy_at(order.grid_id, now).ladder(order.urgency, order.category)
    if owner_of(order.category, world) is not Owner.DEPARTMENT:
        return ladder
    own = [asking for asking in ladder if asking.rung is not Rung.SIBLINGS]
    return (*own[:-1], replace(own[-1], window=None)) if own else ()


LEAST = {
    Urgency.CRITICAL: timedelta(minutes=2),
    Urgency.URGENT: timedelta(minutes=2),
    Urgency.GENERAL: timedelta(minutes=15),
    Urgency.COMPLEX: timedelta(minutes=15),
}
"""What a window leaves to each rung after it before the order rises, so that all of them are asked (ours)."""


def fitted(window: Running, after: int, urgency: Urgency, accept: datetime | None, now: datetime) -> Running:
    """Return the window of a rung, or the secretary's, cut short so that the ``after`` rungs that follow are asked.

    Where there is less time than these need, what is left until the accept clock is shared out evenly.
    """
    if accept is None or accept <= now:
        return window
    share = timedelta(seconds=(accept - now) // timedelta(seconds=after + 1))
    latest = max(accept - after * LEAST[urgency], now + share)
    if window.due <= latest or latest <= now:
        return window
    return replace(window, due=latest, basis=replace(window.basis, rule=RUNG))


def next_rung(order: Order, ladder: tuple[Asking, ...]) -> int:
    """Return the number, from 1, of the rung that is climbed next.

    An open last rung is asked anew, where an offer by hand came between or everybody asked has declined.
    """
    if ladder and order.rung >= len(ladder) and ladder[-1].rung in OPEN:
        return len(ladder)
    return order.rung + 1


def asked(choice: Choice, asking: Asking, order: Order) -> tuple[Member, ...]:
    """Return whom a rung asks: on an open one whoever was asked before, and so many further people as it says."""
    if asking.rung not in OPEN or asking.size is None:
        return choice.first(asking.size)
    able = choice.able()
    again = [one for one in able if one.person_id in order.tried]
    further = [one for one in able if one.person_id not in order.tried]
    return (*further[: asking.size], *again)[:MOST_ASKED]

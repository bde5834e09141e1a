"""The ladder of offers as one order climbs it: its rungs, and whom each asks (DOMAIN §3)."""

from dataclasses import replace
from datetime import datetime

from dispatch.domain.asking import OPEN, Asking
from dispatch.domain.choosing import MOST_ASKED, Choice
from dispatch.domain.holding import owner_of
from dispatch.domain.order import Member, Order
from dispatch.domain.vocabulary import Owner, Rung
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

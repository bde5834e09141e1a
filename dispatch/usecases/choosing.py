"""Reads, for a batch of orders, whom they could be offered to; the choice itself is ``dispatch.domain.choosing``."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from dispatch.domain.access import outermost
from dispatch.domain.choosing import Choice, Chooser, wide
from dispatch.domain.order import Order
from dispatch.domain.siblings import siblings
from dispatch.domain.world import World
from dispatch.storage import people
from grid_model.routing import UnknownBranch


async def choices(connection: Any, orders: Sequence[Order], now: datetime, world: World) -> list[Choice]:
    """Return, for each order, who could be chosen by hand; one query for all. ``connection`` may be a Database.

    Raises:
        UnknownBranch, UnknownGrid: an order lies where this world, read before an import, knows nothing.
    """
    choosing = await chooser(connection, orders, now, world)
    return [choosing.choice(order, now) for order in orders]


async def chooser(
    connection: Any, orders: Sequence[Order], now: datetime, world: World, *, around: Collection[int] = ()
) -> Chooser:
    """Read whom these orders could be offered to, in one query; one that lies in an unknown place is left out.

    The carers of their households are among them, wherever they serve.

    ``around`` holds the ids of those orders whose sibling branches may be asked too: there are many of these, so their
    people are read only where they are called for.
    """
    spans: set[tuple[int, int]] = set()
    branch_ids: set[int] = set()
    for order in orders:
        if order.branch_id is not None:
            with suppress(UnknownBranch):
                spans.add(world.tree.interval(world.branches.get(order.branch_id).grid_id))
                further = siblings(order.branch_id, order.category, world) if order.id in around else ()
                for branch_id in (order.branch_id, *further):
                    branch_ids.update((branch_id, *world.branches.members_of(branch_id)))
    near = outermost(span for span in spans if not wide(span))
    today = now.astimezone(world.calendar.zone).date()
    households = sorted({order.household_id for order in orders if order.household_id is not None})
    carers = await people.carers(connection, households) if households else {}
    carer_ids = sorted(set(carers.values()))
    serving = await people.serving(connection, sorted(branch_ids), list(near), today, carer_ids)
    return Chooser(serving, carers, world)

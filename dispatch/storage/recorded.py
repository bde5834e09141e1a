"""Recorded history, order by order in bounded memory, and those who could be asked; all of it only read."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from dispatch.domain.order import Event
from dispatch.domain.serving import Serving
from dispatch.storage import people, rows
from dispatch.storage.database import LONG_S
from dispatch.storage.queries import load

SQL = load("whatif")

BATCH = 5_000
"""How many events are in memory at once."""


async def histories(
    connection: Any, region: int, since: datetime, before: datetime, until: datetime
) -> AsyncIterator[tuple[list[Event], int | None]]:
    """Yield the events of each order that was filed from ``since`` until before ``before``, and its household.

    Events come oldest first, up to ``until``, and without their explanations; ``connection`` must be inside a
    transaction.
    """
    events: list[Event] = []
    household: int | None = None
    async for row in connection.cursor(SQL["histories"], region, since, before, until, prefetch=BATCH, timeout=LONG_S):
        if events and row["order_id"] != events[0].order_id:
            yield events, household
            events = []
        events.append(rows.event(row))
        household = row["household_id"]
    if events:
        yield events, household


async def messages(connection: Any, region: int, since: datetime, before: datetime, until: datetime) -> tuple[int, int]:
    """Return how many notices those orders came to, and how many of them quiet hours held back."""
    row = await connection.fetchrow(SQL["messages"], region, since, before, until, timeout=LONG_S)
    return row["messages"], row["moved"]


async def cast(connection: Any, interval: tuple[int, int], today: date) -> list[Serving]:
    """Return everybody who serves today in an interval of the tree, with every leave they have or had."""
    leaves: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in await connection.fetch(SQL["leaves"], timeout=LONG_S):
        leaves[row["person_id"]].append((row["first_day"], row["last_day"]))
    serving = await people.serving(connection, [], [interval], today)
    return [replace(one, leaves=tuple(leaves.get(one.person_id, ()))) for one in serving]

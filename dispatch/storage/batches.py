"""What a batch of offers rests on: the orders that wait below a grid, and those it has offered before."""

from typing import Any

import orjson

from dispatch.domain.order import Order
from dispatch.storage import rows
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("batches")


async def alone(connection: Any, emergency: int) -> bool:
    """Tell whether this transaction alone may spread orders in an emergency, until it ends."""
    return bool(await connection.fetchval(SQL["alone"], emergency))


async def waiting(database: Database, interval: tuple[int, int], batch: str, most: int) -> list[Order]:
    """Return the orders in an interval of the tree that wait for a member, those soonest due first.

    An order whose standing offer was made by a batch waits for that member; one that ``batch`` has offered before is
    not offered by it again.
    """
    found = await database.fetch(SQL["waiting"], *interval, batch, most, timeout=LONG_S)
    return [rows.order(row) for row in found]


async def offered(database: Database, batch: str) -> list[tuple[int, int, str, dict[str, Any]]]:
    """Return what ``batch`` has offered so far: (region, order, code of the member, the points of each ground)."""
    found = await database.fetch(SQL["offered"], batch, timeout=LONG_S)
    return [(row["region"], row["order_id"], row["code"], orjson.loads(row["cost"])) for row in found]

"""What a batch of offers rests on: the orders that wait below a grid, and those it has offered before."""

from datetime import date, datetime
from typing import Any

import orjson

from dispatch.domain.order import Actor, Grant, Order
from dispatch.domain.vocabulary import Role
from dispatch.storage import rows
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("batches")


async def declared_by(database: Database, emergency: int, today: date) -> Actor | None:
    """Return who declared an emergency with the roles they hold today, or None where they serve no more."""
    found = await database.fetch(SQL["declared_by"], emergency, today)
    if not found:
        return None
    return Actor(found[0]["id"], tuple(Grant(Role(row["role"]), row["grid_id"], row["branch_id"]) for row in found))


async def waiting(database: Database, interval: tuple[int, int], batch: str, most: int) -> list[Order]:
    """Return the orders in an interval of the tree that wait for a member, those soonest due first.

    An order whose standing offer was made by a batch waits for that member; one that ``batch`` has offered before is
    not offered by it again.
    """
    found = await database.fetch(SQL["waiting"], *interval, batch, most, timeout=LONG_S)
    return [rows.order(row) for row in found]


async def offered(
    database: Database, interval: tuple[int, int], batch: str, since: datetime
) -> list[tuple[int, int, str, dict[str, Any]]]:
    """Return what ``batch`` has offered since then: (region, order, code of the member, the points of each ground)."""
    found = await database.fetch(SQL["offered"], *interval, batch, since, timeout=LONG_S)
    return [(row["region"], row["order_id"], row["code"], orjson.loads(row["cost"])) for row in found]

"""Which open orders are to be reckoned anew, in PostgreSQL; asked for by whoever changes the rules."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain.order import Event
from dispatch.domain.retiming import RETIMED
from dispatch.storage import rows
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("retimings")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A piece of work: all open orders of an interval of the tree, after those that were looked at before."""

    id: int
    because: str
    after: tuple[int, int]
    interval: tuple[int, int]


async def ask(connection: Any, grid_id: int, because: str, now: datetime) -> None:
    """Have every open order below a grid reckoned anew; in the transaction that changes the rules."""
    await connection.execute(SQL["ask"], grid_id, because, now)


async def waiting(database: Database) -> bool:
    """Tell whether there is such work."""
    row = await database.fetchrow(SQL["waiting"])
    return bool(row[0])


async def claim(connection: Any) -> Waiting | None:
    """Lock and return the oldest piece of work that nobody is at, or None."""
    row = await connection.fetchrow(SQL["next"])
    if row is None:
        return None
    return Waiting(row["id"], row["because"], (row["after_region"], row["after_id"]), (row["lo"], row["hi"]))


async def orders(connection: Any, work: Waiting, most: int) -> list[Any]:
    """Lock and return the next orders of a piece of work, as rows: one that can't be read fails alone."""
    states = [state.value for state in RETIMED]
    found: list[Any] = await connection.fetch(SQL["orders"], *work.interval, *work.after, most, states)
    return found


async def events(connection: Any, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[Event]]:
    """Return all events of these orders, oldest first."""
    found: defaultdict[tuple[int, int], list[Event]] = defaultdict(list)
    for row in await connection.fetch(SQL["events"], [key[0] for key in keys], [key[1] for key in keys]):
        found[row["region"], row["order_id"]].append(rows.event(row))
    return found


async def go_on(connection: Any, work: Waiting, after: tuple[int, int], changed: int, done_at: datetime | None) -> None:
    """Put on record how far the work has come."""
    await connection.execute(SQL["go_on"], work.id, *after, changed, done_at)

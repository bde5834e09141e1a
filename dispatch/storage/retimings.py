"""Which open orders are to be reckoned anew, in PostgreSQL; asked for by whoever changes the rules."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain.retiming import RETIMED
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("retimings")

AGAIN = timedelta(minutes=1)
"""How long after the first walk the second one begins, by the machine's clock: longer than a statement may take, and
than a process goes on by the old rules whose listening connection died. As long for an order that failed, times the
number of tries."""

Place = tuple[int, int, int]
"""Where a walk is: (grid, region, order)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A piece of work: all open orders of an interval of the tree after a place, or ``alone``, which failed before."""

    id: int
    because: str
    after: Place
    interval: tuple[int, int]
    alone: Place | None


async def ask(connection: Any, grid_id: int, because: str, now: datetime) -> None:
    """Have every open order below a grid reckoned anew; in the transaction that changes the rules."""
    await connection.execute(SQL["ask"], grid_id, because, now)


async def waiting(database: Database) -> list[int]:
    """Return the ids of such work, the oldest first, whose time has come and that nobody is at."""
    return [row["id"] for row in await database.fetch(SQL["waiting"])]


async def claim(connection: Any, among: Sequence[int]) -> Waiting | None:
    """Lock and return the oldest piece of work ``among`` these that nobody is at, or None."""
    row = await connection.fetchrow(SQL["claim"], among)
    if row is None:
        return None
    alone = None if row["order_id"] is None else (row["grid_id"], row["region"], row["order_id"])
    after = (row["after_grid"], row["after_region"], row["after_id"])
    return Waiting(row["id"], row["because"], after, (row["lo"], row["hi"]), alone)


async def keys(connection: Any, work: Waiting, most: int) -> list[Place]:
    """Return at most ``most`` orders of a piece of work that come next, none where it is at its end."""
    if work.alone is not None:
        return [work.alone] if work.after < work.alone else []
    return [tuple(row) for row in await connection.fetch(SQL["keys"], *work.interval, *work.after, most)]


async def orders(connection: Any, places: Sequence[Place]) -> list[Any]:
    """Lock and return those of these orders whose clocks can change, as rows: one that can't be read fails alone."""
    states = [state.value for state in RETIMED]
    found: list[Any] = await connection.fetch(SQL["orders"], *_columns(places), states)
    return found


async def look(connection: Any, places: Sequence[Place]) -> list[Any]:
    """Return what ``orders`` does, and lock nothing."""
    states = [state.value for state in RETIMED]
    found: list[Any] = await connection.fetch(SQL["look"], *_columns(places), states)
    return found


async def beginning(connection: Any, interval: tuple[int, int], most: int) -> list[Place]:
    """Return the first open orders of an interval of the tree, at most ``most``."""
    return [tuple(row) for row in await connection.fetch(SQL["keys"], *interval, 0, 0, 0, most)]


async def events(connection: Any, places: Sequence[Place]) -> dict[tuple[int, int], list[Any]]:
    """Return all events of these orders, oldest first, as rows."""
    found: defaultdict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in await connection.fetch(SQL["events"], *_columns(places)):
        found[row["region"], row["order_id"]].append(row)
    return found


def _columns(places: Sequence[Place]) -> tuple[list[int], list[int]]:
    return [region for _, region, _ in places], [order_id for _, _, order_id in places]


async def go_on(connection: Any, work: Waiting, after: Place, changed: int) -> None:
    """Put on record how far the work has come."""
    await connection.execute(SQL["go_on"], work.id, *after, changed)


async def over(connection: Any, work: Waiting, now: datetime) -> None:
    """Put on record that a walk has come to its end: the second one follows, or the work is done."""
    await connection.execute(SQL["over"], work.id, now, AGAIN)


async def failed(connection: Any, work: Waiting, region: int, order_id: int) -> None:
    """Have an order that failed tried again, by itself."""
    if work.alone is None:
        await connection.execute(SQL["ask_alone"], work.id, region, order_id, AGAIN)
    else:
        await connection.execute(SQL["failed_again"], work.id, AGAIN)

"""Which open orders are to be carried over after a change of the tree, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain.transferring import CARRIED, TreeChange
from dispatch.storage import tree, tree_texts
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.retimings import AGAIN

SQL = tree.SQL

Key = tuple[int, int]
"""Of an order: (region, id)."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over the orders at some grids and of some branches, after a key."""

    change: TreeChange
    grids: tuple[int, ...]
    branches: tuple[int, ...]
    after: Key


async def waiting(database: Database) -> list[int]:
    """Return the versions whose orders are to be carried over now, the oldest first, and that nobody is at."""
    return [row["version"] for row in await database.fetch(SQL["waiting"])]


async def claim(connection: Any, among: Sequence[int]) -> Walk | None:
    """Lock and return the walk of the oldest ``among`` these that nobody is at, or None."""
    row = await connection.fetchrow(SQL["claim"], among)
    if row is None:
        return None
    change = TreeChange(row["version"], row["applied_at"], tree_texts.fates(row["fates"]))
    return Walk(change, tuple(row["grids"]), tuple(row["branches"]), (row["after_region"], row["after_id"]))


async def keys(connection: Any, walk: Walk, most: int, closed_after: datetime) -> list[Key]:
    """Return at most ``most`` orders that come next, none where the walk is at its end."""
    found = await connection.fetch(
        SQL["keys"], walk.grids, walk.branches, *walk.after, most, closed_after, timeout=LONG_S
    )
    return [(row["region"], row["id"]) for row in found]


async def orders(connection: Any, keys: Sequence[Key]) -> list[Any]:
    """Lock and return these orders as rows, each with its place as given and the grid of its household."""
    columns = ([region for region, _ in keys], [order_id for _, order_id in keys])
    found: list[Any] = await connection.fetch(SQL["orders"], *columns, [state.value for state in CARRIED])
    return found


async def go_on(connection: Any, walk: Walk, after: Key, moved: int, failed: int) -> None:
    """Put on record how far the walk has come."""
    await connection.execute(SQL["go_on"], walk.change.number, *after, moved, failed)


async def over(connection: Any, walk: Walk, now: datetime) -> None:
    """Put on record that a walk has come to its end: another follows, or the work is done."""
    await connection.execute(SQL["over"], walk.change.number, now, AGAIN)

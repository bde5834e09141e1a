"""What an order may be a duplicate of: open orders near by, of its class and of the same days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.domain.order import Order
from dispatch.storage import rows
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("similar")

MOST = 500
"""How many candidates are compared at the most, the newest."""


@dataclass(frozen=True, slots=True)
class Around:
    """Where candidates are looked for.

    Attributes:
        region: the region they lie in.
        spans: half-open intervals of the tree, of which one holds them.
        matter: the class of their category, its first two digits.
        since: they were filed no earlier than this, and no later than ``until``.
        apart: the id of the order they are compared with, which is not among them; None before it is filed.
    """

    region: int
    spans: Sequence[tuple[int, int]]
    matter: str
    since: datetime
    until: datetime
    apart: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that may be a duplicate; ``text`` is the beginning of what was told, ``address`` is as given."""

    id: int
    category: str
    grid_id: int
    submitted_at: datetime
    text: str
    address: str | None


async def candidates(database: Database, around: Around) -> list[Candidate]:
    """Return at most ``MOST`` candidates, newest first; those whose contents were erased are none."""
    found = await database.fetch(
        SQL["candidates"],
        around.region,
        [lo for lo, _ in around.spans],
        [hi for _, hi in around.spans],
        around.matter,
        around.since,
        around.until,
        around.apart,
        MOST,
    )
    return [
        Candidate(row["id"], row["category"], row["grid_id"], row["submitted_at"], row["text"], row["address"])
        for row in found
    ]


async def chosen(database: Database, region: int, ids: Sequence[int]) -> dict[int, tuple[Order, str]]:
    """Return those orders of ``region`` by their ids, each with what was told; erased ones are left out."""
    found = await database.fetch(SQL["chosen"], region, list(ids))
    return {row["id"]: (rows.order(row), row["text"]) for row in found}

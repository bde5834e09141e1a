"""What was returned, appealed against, followed up and parked, out of the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("reports")


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a report, with the order's key and what only this report asks for."""

    region: int
    order_id: int
    at: datetime
    category: str
    grid_id: int
    actor: str | None
    data: Mapping[str, Any]
    more: Mapping[str, Any]


_COMMON = frozenset({"region", "order_id", "version", "at", "category", "grid_id", "actor_code", "data"})


async def lines(
    database: Database, report: str, spans: Sequence[tuple[int, int]], since: datetime, until: datetime, most: int
) -> list[Line]:
    """Return at most ``most`` lines of a report, newest first, of orders in these intervals of the tree."""
    lows, highs = [lo for lo, _ in spans], [hi for _, hi in spans]
    found = await database.fetch(SQL[report], lows, highs, since, until, most)
    return [
        Line(
            region=row["region"],
            order_id=row["order_id"],
            at=row["at"],
            category=row["category"],
            grid_id=row["grid_id"],
            actor=row["actor_code"],
            data=orjson.loads(row["data"]),
            more={name: value for name, value in row.items() if name not in _COMMON},
        )
        for row in found
    ]

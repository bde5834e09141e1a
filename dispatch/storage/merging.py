"""Orders that change together in PostgreSQL: locked in one order everywhere, so that two requests never lock up."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain.order import Order
from dispatch.domain.vocabulary import Party
from dispatch.storage import rows
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("merging")

Key = tuple[int, int]
"""Of an order: (region, id)."""


@dataclass(frozen=True, slots=True)
class Said:
    """A note on an order that is not within the house alone, unless its text was erased."""

    at: datetime
    party: Party
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """An order that was merged into another: what its resident asked for, None when erased, and what was noted."""

    order: Order
    text: str | None
    said: tuple[Said, ...]


async def lock(connection: Any, keys: Iterable[Key]) -> dict[Key, Order]:
    """Lock and return the orders with these keys, as they are once nobody else has them; what isn't there is left."""
    found = await connection.fetch(SQL["lock"], *_columns(keys))
    return {(row["region"], row["id"]): rows.order(row) for row in found}


async def answered(connection: Any, keys: Iterable[Key], request_key: bytes) -> dict[Key, bytes]:
    """Return, for the orders on which the same Idempotency-Key acted before, with which digests of key and body."""
    found = await connection.fetch(SQL["answered"], *_columns(keys), request_key)
    return {(row["region"], row["order_id"]): bytes(row["request_key"]) for row in found}


def _columns(keys: Iterable[Key]) -> tuple[list[int], list[int]]:
    listed = list(keys)
    return [region for region, _ in listed], [order_id for _, order_id in listed]


async def parts(database: Database, region: int, order_id: int) -> list[Part]:
    """Return the orders that were merged into one, the oldest first."""
    found = await database.fetch(SQL["absorbed"], region, order_id)
    said = defaultdict[int, list[Said]](list)
    for row in await database.fetch(SQL["said"], region, [row["id"] for row in found]):
        said[row["order_id"]].append(Said(row["at"], Party(row["party"]), row["text"]))
    return [Part(rows.order(row), row["text"], tuple(said[row["id"]])) for row in found]

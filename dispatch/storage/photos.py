"""Photos in PostgreSQL: loose while they wait for their order, then the order's, in the transaction that files it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.photos import PhotoKind
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("photos")

BATCH = 200
"""How many photos are erased in one statement."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A photo that waits for its order; ``digest`` is salted."""

    id: str
    at: datetime
    salt: bytes
    digest: str
    jpeg: bytes


async def add_loose(database: Database, photo: Loose) -> None:
    """Keep a photo until an order claims it; one that is there already under its id stays as it is."""
    await database.execute(SQL["add_loose"], photo.id, photo.at, photo.salt, photo.digest, photo.jpeg)


async def loose(database: Database, ids: Sequence[str], since: datetime) -> dict[str, str]:
    """Return the digests of those photos that wait since after ``since``, by their ids."""
    return {row["id"]: row["digest"] for row in await database.fetch(SQL["loose"], list(ids), since)}


async def claim(
    connection: Any, region: int, order_id: int, waiting: Mapping[str, str], *, version: int, kind: PhotoKind
) -> bool:
    """Make photos, by ids with their digests, an order's; False where another was first, or they are gone.

    It belongs into a transaction that is undone then.
    """
    ids, digests = list(waiting), list(waiting.values())
    claimed = await connection.fetch(SQL["claim"], region, order_id, ids, digests, version, kind.value)
    return len(claimed) == len(waiting)


async def picture(database: Database, region: int, order_id: int, photo: str) -> bytes:
    """Return the JPEG of one photo of an order, or raise PhotoNotFound."""
    row = await database.fetchrow(SQL["picture"], region, order_id, photo)
    if row is None:
        raise errors.PhotoNotFound
    jpeg: bytes = row["jpeg"]
    return jpeg


async def drop_loose(database: Database, until: datetime) -> int:
    """Erase photos that no order claimed since ``until``, and return how many."""
    dropped = 0
    while True:
        found = await database.fetch(SQL["drop_loose"], until, BATCH, timeout=LONG_S)
        dropped += len(found)
        if len(found) < BATCH:
            return dropped

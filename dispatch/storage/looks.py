"""Who looked at what an order hides, in PostgreSQL; one row for each reason in ten minutes."""

from dataclasses import dataclass
from datetime import datetime

from dispatch.domain.looking import since, slot
from dispatch.domain.vocabulary import ContactReason
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("looks")

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked, from ``at`` on for ten minutes; without a reason it was at the place as given."""

    by: str
    at: datetime
    reason: ContactReason | None


async def look(database: Database, key: Key, person_id: int, now: datetime, *, place: bool) -> datetime | None:
    """Return when the person tapped for the contact, None unless it is still shown; ``place`` notes a look at that."""
    row = await database.fetchrow(SQL["look"], *key, person_id, since(now), slot(now), place, now)
    tapped: datetime | None = row["at"]
    return tapped


async def reveal(database: Database, key: Key, person_id: int, reason: ContactReason, now: datetime) -> datetime:
    """Put a tap for the contact on record, unless one for the same reason still counts; return the newest that does."""
    row = await database.fetchrow(SQL["reveal"], *key, person_id, reason.value, slot(now), now, since(now))
    tapped: datetime = row["at"]
    return tapped


async def looks(database: Database, key: Key) -> list[Look]:
    """Return who looked at what the order hides, oldest first."""
    found = await database.fetch(SQL["looks"], *key)
    return [Look(row["code"], row["at"], ContactReason(row["reason"]) if row["reason"] else None) for row in found]

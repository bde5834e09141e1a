"""Notices that wait to leave."""

from dataclasses import dataclass
from datetime import datetime

from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("outbox")


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice: of which event, to a person or to the secretaries of a branch. No personal data."""

    region: int
    order_id: int
    version: int
    notice: str
    person_id: int | None
    branch_id: int | None
    created_at: datetime


async def claim(database: Database, region: int, now: datetime, most: int) -> list[Letter]:
    """Return at most ``most`` notices that may leave by ``now``; nobody else will get them."""
    return [Letter(*row) for row in await database.fetch(SQL["claim"], region, now, most)]


async def forget_old_keys(database: Database, before: datetime) -> None:
    """Forget request keys from before ``before``."""
    await database.execute(SQL["forget_old_keys"], before)

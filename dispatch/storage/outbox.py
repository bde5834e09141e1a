"""Notices that wait to leave."""

from datetime import datetime

from dispatch.domain.notices import Letter
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("outbox")


async def claim(database: Database, region: int, now: datetime, most: int) -> list[Letter]:
    """Return at most ``most`` notices that may leave by ``now``; nobody else will get them."""
    return [Letter(*row) for row in await database.fetch(SQL["claim"], region, now, most)]

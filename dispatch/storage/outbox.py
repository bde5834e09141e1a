"""Notices that wait to leave."""

from collections.abc import Sequence
from datetime import datetime

from dispatch.domain.notices import Letter
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("outbox")


async def claim(database: Database, region: int, now: datetime, most: int) -> list[Letter]:
    """Return at most ``most`` notices that may leave by ``now``; nobody else will get them."""
    return [Letter(*row) for row in await database.fetch(SQL["claim"], region, now, most)]


async def put_back(database: Database, region: int, letters: Sequence[Letter], until: datetime) -> None:
    """Let notices that were claimed and could not leave wait until ``until``, for whoever claims them then."""
    await database.execute(
        SQL["put_back"],
        region,
        until,
        [letter.order_id for letter in letters],
        [letter.version for letter in letters],
        [letter.person_id for letter in letters],
        [letter.branch_id for letter in letters],
    )

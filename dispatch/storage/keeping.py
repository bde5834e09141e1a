"""What is not kept for ever: request keys, and what is personal of orders that ended long ago."""

from datetime import datetime

from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("keeping")


async def forget_old_keys(database: Database, before: datetime) -> None:
    """Forget request keys from before ``before``."""
    await database.execute(SQL["forget_old_keys"], before, timeout=LONG_S)


async def erase(database: Database, ended_before: datetime, looks_before: datetime) -> int:
    """Erase what is personal of orders that ended before ``ended_before``, and who looked before ``looks_before``.

    Returns how many orders it was. The ledger keeps salted digests, which say nothing without what they were made of.
    """
    row = await database.fetchrow(SQL["erase"], ended_before, looks_before, timeout=LONG_S)
    return int(row[0])

"""What is not kept for ever: request keys, and what is personal of orders that ended long ago."""

from datetime import datetime

from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("keeping")

BATCH = 500
"""How many orders are looked at in one statement, so that none holds up anybody's work."""

_BEFORE_ALL = (-(2**31), -(2**63))


async def forget_old_keys(database: Database, before: datetime) -> None:
    """Forget request keys from before ``before``."""
    await database.execute(SQL["forget_old_keys"], before, timeout=LONG_S)


async def erase(database: Database, ended_by: datetime, looks_before: datetime, batch: int = BATCH) -> int:
    """Erase what is personal of orders that had ended by ``ended_by``, and who looked at them before ``looks_before``.

    Each order is stripped in one statement, so whoever is killed on the way leaves nothing half done, and who begins
    again, or at the same time, only does what is left.

    Returns:
        How many orders it was. The ledger keeps salted digests, which say nothing without what they were made of.
    """
    erased = await _through(database, "erase", ended_by, batch)
    await _through(database, "erase_late", ended_by, batch)
    while (await database.fetchrow(SQL["forget_looks"], ended_by, looks_before, batch, timeout=LONG_S))[0] == batch:
        pass
    return erased


async def _through(database: Database, query: str, ended_by: datetime, batch: int) -> int:
    """Go through all orders that something is kept of, in the order of their keys."""
    erased: int = 0
    key = _BEFORE_ALL
    while True:
        row = await database.fetchrow(SQL[query], ended_by, *key, batch, timeout=LONG_S)
        if row is None:
            return erased
        erased += row["erased"]
        if row["seen"] < batch:
            return erased
        key = row["region"], row["order_id"]

"""Serial numbers by region, taken from the database in blocks so that filing an order asks nobody."""

import asyncio

from dispatch.storage import orders
from dispatch.storage.database import Database

BLOCK = 256
"""How many numbers a process takes at once; those it does not use before it stops are never used."""


class Serials:
    """Hands out serial numbers; safe for any number of processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._blocks: dict[int, tuple[int, int]] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    async def take(self, region: int) -> int:
        """Return a serial number of ``region`` that nobody else will get."""
        following, end = self._blocks.get(region, (0, 0))
        if following == end:
            async with self._locks.setdefault(region, asyncio.Lock()):
                following, end = self._blocks.get(region, (0, 0))
                if following == end:  # nobody took a block while we waited
                    following = await orders.reserve_serials(self._database, region, BLOCK)
                    end = following + BLOCK
                    self._blocks[region] = (following, end)
                following, end = self._blocks[region]
        self._blocks[region] = (following + 1, end)
        return following

"""Brakes on guessing: passwords by phone number, query codes by order, both by address; in memory, per process.

What is counted stays bounded by the number of addresses: a phone number or an order is counted only after its address.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from weakref import WeakValueDictionary

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from dispatch.domain import errors

PASSWORD_TRIES = parse("10/10minutes")
PASSWORD_TRIES_OF_ADDRESS = parse("200/10minutes")  # a whole township office may stand behind one address
QUERY_CODE_TRIES = parse("10/10minutes")
QUERY_CODE_TRIES_OF_ADDRESS = parse("100/10minutes")
WAIT_S = 600


@dataclass(frozen=True, slots=True)
class Brake:
    """At most ``most`` wrong tries of the kind ``name`` by whatever ``key`` stands for."""

    most: RateLimitItem
    name: str
    key: str

    @property
    def blind(self) -> str:
        """What is kept of it: no phone number stays as it is, not even in memory."""
        return f"{self.name}:{hashlib.sha256(self.key.encode()).hexdigest()}"


class Brakes:
    """Counts wrong tries and refuses further ones for a while."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._under_way: Counter[str] = Counter()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, brake: Brake) -> asyncio.Lock:
        """Return the lock under which one key is tried: who is right, several times at once, is not refused."""
        return self._turns.setdefault(brake.blind, asyncio.Lock())

    async def check(self, *brakes: Brake) -> None:
        """Raise TooMany where tries that were wrong, and those under way, leave no room for one more."""
        for brake in brakes:
            stats = await self._limiter.get_window_stats(brake.most, brake.blind)
            if stats.remaining <= self._under_way[brake.blind]:
                raise errors.TooMany(seconds=WAIT_S)

    @contextlib.asynccontextmanager
    async def tried(self, *brakes: Brake) -> AsyncIterator[None]:
        """Hold a try against ``brakes`` while it lasts, so that tries at once can't overshoot; call ``wrong`` if it is.

        Raises:
            TooMany: there is no room for it.
        """
        await self.check(*brakes)
        names = [brake.blind for brake in brakes]
        self._under_way.update(names)
        try:
            yield
        finally:
            self._under_way.subtract(names)
            for name in names:
                if not self._under_way[name]:
                    del self._under_way[name]

    async def wrong(self, *brakes: Brake) -> None:
        """Count one wrong try."""
        for brake in brakes:
            await self._limiter.hit(brake.most, brake.blind)

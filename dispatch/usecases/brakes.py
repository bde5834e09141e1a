"""Brakes on guessing: passwords by phone number and address, query codes by order (held in memory, per process)."""

import asyncio
import hashlib
from weakref import WeakValueDictionary

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from dispatch.domain import errors

PASSWORD_TRIES = parse("10/10minutes")
ADDRESS_TRIES = parse("200/10minutes")  # a whole township office may stand behind one address
QUERY_CODE_TRIES = parse("10/10minutes")
WAIT_S = 600


class Brakes:
    """Counts wrong tries and refuses further ones for a while."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, key: str) -> asyncio.Lock:
        """Return the lock under which ``key`` is tried: tries sent at once are counted one after another."""
        return self._turns.setdefault(_blind(key), asyncio.Lock())

    async def check(self, what: RateLimitItem, name: str, key: str) -> None:
        """Raise TooMany where ``key`` was tried wrongly too often."""
        if not await self._limiter.test(what, name, _blind(key)):
            raise errors.TooMany(seconds=WAIT_S)

    async def wrong(self, what: RateLimitItem, name: str, key: str) -> None:
        """Count one wrong try."""
        await self._limiter.hit(what, name, _blind(key))


def _blind(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()  # no phone number is kept, not even in memory

"""The pool of connections to PostgreSQL, and the one place where its failures become words of the domain."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg

from dispatch.domain import errors

RETRY_AFTER_S = 2
"""What a client is told to wait when the database does not answer, in seconds."""

ACQUIRE_S = 3.0
"""The longest anybody waits for a free connection, in seconds; as long again for giving back one that hangs."""

AT_HAND_S = 1.0
"""How long a connection is kept at hand that nobody needs, in seconds."""

STATEMENT_S = 10.0
"""The longest a statement may take that names no other limit, in seconds: requests wait for these."""

IDLE_S = 60
"""How long a transaction may be left without a statement before the server undoes it, in seconds: whoever hangs in the
middle of one gives its locks back. What must pause longer says so, in its own transaction only."""

LONG_S = 3_600.0
"""The longest a statement over whole tables may take, in seconds; nobody waits for these."""

ALIVE_S = 5.0
"""How long a listening connection may take to answer a trivial statement, in seconds."""

_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class RejectedError(RuntimeError):
    """PostgreSQL refused a row: it breaks a law of the schema, or can't be stored. Nothing was written."""


@contextlib.contextmanager
def answering() -> Any:
    """Turn a database that is away into ``Unavailable``, and a row it refuses into ``RejectedError``."""
    try:
        yield
    except _GONE as gone:
        raise errors.Unavailable(seconds=RETRY_AFTER_S) from gone
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as rejected:
        raise RejectedError(type(rejected).__name__) from rejected


async def _no_reset(_connection: Any) -> None:
    """Nothing is left on a connection by statements of ours, so the pool need not ask the server to clean it."""


def _closed(connection: Any) -> bool:
    """Whether a connection of the pool has been closed meanwhile; one that has its pool has taken back."""
    try:
        closed: bool = connection.is_closed()
    except asyncpg.InterfaceError:
        return True
    return closed


class Database:
    """A pool of connections; every statement goes through here.

    What a statement is done with is kept at hand for the next one, up to half of the pool: to acquire a connection of
    asyncpg's pool and to release it costs three times as much as a small statement.
    """

    def __init__(self, pool: Any, url: str) -> None:
        self.pool = pool
        self.url = url
        self.most: int = pool.get_max_size()
        """How many connections there may be."""
        self._at_hand: list[tuple[float, Any]] = []  # since when, the newest last
        self._most_at_hand = self.most // 2
        self._waiting = 0
        self._tidying: asyncio.TimerHandle | None = None
        self._releasing: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, url: str, *, most: int = 16) -> "Database":
        """Connect to ``url`` with at most ``most`` connections."""
        with answering():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=most,
                reset=_no_reset,
                command_timeout=STATEMENT_S,
                timeout=5,
                server_settings={
                    "application_name": "grid-dispatch",
                    "timezone": "UTC",
                    "idle_in_transaction_session_timeout": f"{IDLE_S}s",
                },
            )
        return cls(pool, url)

    async def close(self) -> None:
        """Close every connection, waiting for statements under way."""
        self._most_at_hand = 0
        self._tidy(unused_s=0)
        await self.pool.close()

    async def fetch(self, query: str, *args: Any, timeout: float | None = None) -> list[Any]:  # noqa: ASYNC109 - asyncpg's
        """Run one statement and return its rows; ``timeout`` in seconds, ``STATEMENT_S`` if not given."""
        async with self._connection() as connection:
            rows: list[Any] = await connection.fetch(query, *args, timeout=timeout)
        return rows

    async def fetchrow(self, query: str, *args: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - as above
        """Run one statement and return its first row or None."""
        async with self._connection() as connection:
            return await connection.fetchrow(query, *args, timeout=timeout)

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - as above
        """Run one statement and return its tag."""
        async with self._connection() as connection:
            tag: str = await connection.execute(query, *args, timeout=timeout)
        return tag

    @contextlib.asynccontextmanager
    async def transaction(self, *, isolation: str | None = None, readonly: bool = False) -> AsyncIterator[Any]:
        """Give one connection inside a transaction, for work that is not on a request's path."""
        async with self._connection() as connection, connection.transaction(isolation=isolation, readonly=readonly):
            yield connection

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        with answering():
            connection = await self._taken()
            try:
                yield connection
            except BaseException:  # whatever it is left in, the pool sees to it
                await self.pool.release(connection)
                raise
            if not self._kept(connection):
                await self.pool.release(connection)

    async def _taken(self) -> Any:
        while self._at_hand:
            _, connection = self._at_hand.pop()
            if not _closed(connection):
                return connection
            await self.pool.release(connection)
        self._waiting += 1
        try:
            return await self.pool.acquire(timeout=ACQUIRE_S)
        finally:
            self._waiting -= 1

    def _kept(self, connection: Any) -> bool:
        """Keep a connection at hand, unless somebody waits for the pool or enough are."""
        if self._waiting or len(self._at_hand) >= self._most_at_hand or _closed(connection):
            return False
        loop = asyncio.get_running_loop()
        self._at_hand.append((loop.time(), connection))
        if self._tidying is None:
            self._tidying = loop.call_later(AT_HAND_S, self._tidy)
        return True

    def _tidy(self, unused_s: float = AT_HAND_S) -> None:
        """Release what nobody has needed for so long; the pool closes in time what it has too many."""
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        loop = asyncio.get_running_loop()
        until = loop.time() - unused_s
        unused = [connection for since, connection in self._at_hand if since <= until]
        del self._at_hand[: len(unused)]
        for connection in unused:
            task = loop.create_task(self._release(connection))
            self._releasing.add(task)
            task.add_done_callback(self._releasing.discard)
        if self._at_hand:
            self._tidying = loop.call_later(AT_HAND_S, self._tidy)

    async def _release(self, connection: Any) -> None:
        with contextlib.suppress(*_GONE):
            await self.pool.release(connection)

    async def listen(self, channel: str, heard: Callable[[], None]) -> Any:
        """Call ``heard`` at each notification on ``channel``; return the connection, to be closed by the caller."""
        with answering():
            connection = await asyncpg.connect(self.url, timeout=5)
            await connection.add_listener(channel, lambda *_: heard())
        return connection


async def still_there(connection: Any) -> None:
    """Ask a listening connection for a sign of life; one that gives none is cut, and ``Unavailable`` raised."""
    with answering():
        try:
            await connection.execute("SELECT 1", timeout=ALIVE_S)
        except BaseException:
            connection.terminate()
            raise

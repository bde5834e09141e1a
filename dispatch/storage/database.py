"""The pool of connections to PostgreSQL, and the one place where its failures become words of the domain."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg

from dispatch.domain import errors

RETRY_AFTER_S = 2
"""What a client is told to wait when the database does not answer, in seconds."""

ACQUIRE_S = 3.0
"""The longest anybody waits for a free connection, in seconds; as long again for giving back one that hangs."""

STATEMENT_S = 10.0
"""The longest a statement may take that names no other limit, in seconds: requests wait for these."""

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


class Database:
    """A pool of connections; every statement goes through here."""

    def __init__(self, pool: Any, url: str) -> None:
        self.pool = pool
        self.url = url

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
                server_settings={"application_name": "grid-dispatch", "timezone": "UTC"},
            )
        return cls(pool, url)

    async def close(self) -> None:
        """Close every connection, waiting for statements under way."""
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
            async with self.pool.acquire(timeout=ACQUIRE_S) as connection:
                yield connection

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

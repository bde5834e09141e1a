"""A load generator: few instructions a request, so that two cores are left to what is measured.

Closed loops ask again as soon as they are answered and tell how much there is to be had. Latency is quoted of an open
loop only: requests begin at their time, whether or not those before them are answered, and wait on the clock if they
must, as people would.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bench.figures import quantile

Ask = Callable[["Connection"], Awaitable[int]]
"""One piece of work on a connection; returns the HTTP status that it ended with."""

BROKEN = 599
"""What is counted where there was no answer at all."""


class Connection(asyncio.Protocol):
    """One connection that is kept; one request at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._got = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def close(self) -> None:
        """Disconnect."""
        self._transport.close()

    @property
    def closing(self) -> bool:
        """Whether it has ended, from whichever side."""
        return bool(self._transport.is_closing())

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and return the status and the body of its answer.

        Raises:
            ConnectionError: the connection has ended, or ends before the answer.
        """
        if self.closing:
            raise ConnectionResetError("the service has closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the service closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Collect an answer until it is whole; every answer of the service says its length."""
        got = self._got
        got += data
        end = got.find(b"\r\n\r\n")
        if end < 0:
            return
        at = got.find(b"Content-Length: ")
        length = int(got[at + 16 : got.index(b"\r\n", at)]) if 0 <= at < end else 0
        whole = end + 4 + length
        if len(got) < whole:
            return
        answer = int(got[9:12]), bytes(got[end + 4 : whole])
        del got[:whole]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


def request(
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    key: str | None = None,
    code: str | None = None,
) -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if key is not None:
        lines.append(f"Idempotency-Key: {key}")
    if code is not None:
        lines.append(f"X-Query-Code: {code}")
    raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(raw)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


@dataclass(slots=True)
class Loaded:
    """What a load did: how many pieces of work in how many seconds, each one's latency in seconds, each status.

    ``broken`` says of each piece of work that got no answer why; it is among the latencies, with the status ``BROKEN``.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Pieces of work a second."""
        return len(self.latencies) / self.seconds

    def at(self, share: float) -> float:
        """Return the latency in seconds that this share of the work kept, 0.99 for instance."""
        return quantile(self.latencies, share)

    def refused(self) -> int:
        """How many answers were no success."""
        return sum(count for status, count in self.statuses.items() if status >= 400)  # noqa: PLR2004 - as HTTP says

    def wrong(self) -> str | None:
        """Say what was no success, if anything; None where all of it was."""
        if not self.latencies:
            return "nothing was answered"
        refused = self.refused()
        if not refused:
            return None
        counted = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()) if status >= 400)  # noqa: PLR2004
        return f"{refused} of {len(self.latencies)} refused: {counted}" + (f"; {self.broken[0]}" if self.broken else "")

    async def tried(self, connection: Connection, ask: Ask, due: float) -> bool:
        """Do one piece of work and count it; tell whether the connection may be used again."""
        try:
            status = await ask(connection)
        except Exception as wrong:  # noqa: BLE001 - whatever it is, it was no answer
            status = BROKEN
            self.broken.append(f"{type(wrong).__name__}: {wrong}")
        self.statuses[status] += 1
        self.latencies.append(time.perf_counter() - due)
        return status != BROKEN and not connection.closing


async def closed(address: tuple[str, int], connections: int, seconds: float, ask: Ask, *, most: int = 10**9) -> Loaded:
    """Ask on so many connections at once, each again as soon as it is answered, for so long.

    Raises:
        OSError: nobody listens there any more.
    """
    done, clock = Loaded(), time.perf_counter
    opened = [await Connection.open(*address) for _ in range(connections)]
    began = clock()
    until = began + seconds
    left = most

    async def loop(connection: Connection) -> None:
        nonlocal left
        while clock() < until and left > 0:
            left -= 1
            if not await done.tried(connection, ask, clock()):
                connection.close()
                connection = await Connection.open(*address)
        connection.close()

    await asyncio.gather(*(loop(one) for one in opened))
    done.seconds = clock() - began
    return done


async def open_loop(
    address: tuple[str, int], connections: int, seconds: float, rate: float, ask: Ask, *, seed: int = 1
) -> Loaded:
    """Begin ``rate`` requests a second at random times (a Poisson stream); latency counts from when they were due.

    Raises:
        OSError: nobody listens there any more.
    """
    done, clock = Loaded(), time.perf_counter
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await Connection.open(*address))
    drawn = random.Random(seed)
    began = clock()
    due = began

    async def one(due: float) -> None:
        connection = await free.get()
        try:
            if not await done.tried(connection, ask, due):
                connection.close()
                connection = await Connection.open(*address)
        finally:
            free.put_nowait(connection)

    async with asyncio.TaskGroup() as tasks:  # what fails in one of them is not lost with it
        while (due := due + drawn.expovariate(rate)) < began + seconds:
            if (pause := due - clock()) > 0:
                await asyncio.sleep(pause)
            tasks.create_task(one(due))
    done.seconds = clock() - began
    while not free.empty():
        free.get_nowait().close()
    return done

"""What moves on a page: told by server-sent events for as long as somebody looks, and read once for all who do."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal, TooMany
from dispatch.web.visit import HEADERS, Visit

STREAM_S = 300.0
"""How long a stream lasts; the browser then asks anew, and it is seen anew who asks."""

MOST_OF_ONE = 5
"""How many streams a session may have open: a browser opens six connections to a service, and pages need one."""

MOST = 500
"""How many a process has open at most: half of the 1,024 files that systems let it, the rest is for whoever asks."""

WAIT_S = 15
"""When whoever finds no room may come again; a board asks in turns meanwhile."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Something that is watched, under way or read."""

    begun: float
    task: asyncio.Task[Any]


class Watched:
    """What is watched, each thing of it read once for everybody who may, and the streams that tell it."""

    def __init__(self) -> None:
        """Begin with nothing watched."""
        self.closing = asyncio.Event()
        self._readings: dict[str, Reading] = {}
        self._visits: list[Visit] = []

    async def read(self, key: str, every_s: float, read: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Return what is watched under ``key``, not older than ``every_s``; that the visitor may see it was seen."""
        now = time.monotonic()
        reading = self._readings.get(key)
        if reading is None or now - reading.begun >= every_s:
            self._readings = {key: one for key, one in self._readings.items() if now - one.begun < STREAM_S}
            reading = self._readings[key] = Reading(now, asyncio.create_task(read()))
        return await asyncio.shield(reading.task)  # who leaves stops it for nobody else

    @contextlib.contextmanager
    def streaming(self, visit: Visit) -> Iterator[None]:
        """Count a stream for as long as it is open.

        Raises:
            TooMany: there are as many as one session, or the process, may have.
        """
        # those who have left are not taken away at once
        there = [one.token for one in self._visits if one.request.transport is not None]
        if len(there) >= MOST or there.count(visit.token) >= MOST_OF_ONE:
            raise TooMany(seconds=WAIT_S)
        self._visits.append(visit)
        try:
            yield
        finally:
            self._visits.remove(visit)


WATCHED: web.AppKey[Watched] = web.AppKey("watched", Watched)


def prepare(app: web.Application) -> None:
    """Let streams end when the service stops, so that it need not wait for those who watch."""
    app[WATCHED] = watched = Watched()

    async def close(_app: web.Application) -> None:
        watched.closing.set()

    app.on_shutdown.append(close)


async def told(visit: Visit, read: Callable[[], Awaitable[str]], every_s: float, lasts_s: float) -> web.StreamResponse:
    """Tell what ``read`` returns at first and whenever it has changed; once it refuses, the stream ends.

    Raises:
        TooMany: there is no room for one more.
    """
    watched = visit.request.app[WATCHED]
    with watched.streaming(visit):
        return await _told(visit, _messages(watched.closing, read, every_s, lasts_s))


async def _told(visit: Visit, messages: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={**HEADERS, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers pages would gather these for ever
    await response.prepare(visit.request)
    with contextlib.suppress(ConnectionError):  # whoever watched has left
        async for message in messages:
            await response.write(message)
    return response


async def _messages(
    closing: asyncio.Event, read: Callable[[], Awaitable[str]], every_s: float, lasts_s: float
) -> AsyncIterator[bytes]:
    told, ends = "", time.monotonic() + lasts_s
    while not closing.is_set() and time.monotonic() < ends:
        try:
            text = await read()
        except Refusal:
            return
        yield _event(text) if text != told else b":\n\n"
        told = text
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await closing.wait()


def _event(text: str) -> bytes:
    return "".join(f"data: {line}\n" for line in text.splitlines()).encode() + b"\n"

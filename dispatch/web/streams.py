"""What moves on a page: told by server-sent events for as long as somebody looks, and read once for all who do."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.web.visit import HEADERS, Visit

STREAM_S = 300.0
"""How long a stream lasts; the browser then asks anew, and it is seen anew who asks."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Something that is watched, under way or read."""

    begun: float
    task: asyncio.Task[Any]


class Watched:
    """What is watched, each thing of it read once for everybody who may."""

    def __init__(self) -> None:
        """Begin with nothing watched."""
        self.closing = asyncio.Event()
        self._readings: dict[str, Reading] = {}

    async def read(self, key: str, every_s: float, read: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Return what is watched under ``key``, not older than ``every_s``; that the visitor may see it was seen."""
        now = time.monotonic()
        reading = self._readings.get(key)
        if reading is None or now - reading.begun >= every_s:
            self._readings = {key: one for key, one in self._readings.items() if now - one.begun < STREAM_S}
            reading = self._readings[key] = Reading(now, asyncio.create_task(read()))
        return await asyncio.shield(reading.task)  # who leaves stops it for nobody else


WATCHED: web.AppKey[Watched] = web.AppKey("watched", Watched)


def prepare(app: web.Application) -> None:
    """Let streams end when the service stops, so that it need not wait for those who watch."""
    app[WATCHED] = watched = Watched()

    async def close(_app: web.Application) -> None:
        watched.closing.set()

    app.on_shutdown.append(close)


async def told(visit: Visit, read: Callable[[], Awaitable[str]], every_s: float, lasts_s: float) -> web.StreamResponse:
    """Tell what ``read`` returns at first and whenever it has changed; once it refuses, the stream ends."""
    response = web.StreamResponse(
        headers={**HEADERS, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers pages would gather these for ever
    await response.prepare(visit.request)
    with contextlib.suppress(ConnectionError):  # whoever watched has left
        async for message in _messages(visit.request.app[WATCHED].closing, read, every_s, lasts_s):
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

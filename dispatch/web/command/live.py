"""What moves on the pages of the command: told by server-sent events, and read once for all who watch a grid."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.web import looks
from dispatch.web.command import places
from dispatch.web.visit import HEADERS, Visit

EVERY_S = 3.0
"""How often it is seen whether anything has changed; as long is a reading shared."""

STREAM_S = 300.0
"""How long a stream lasts; the browser then asks anew, and it is seen anew who asks."""

LOOKS = {"page": "command/now.html", "wall": "command/wall_now.html"}
"""What is told, by where it is shown."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters of a grid, under way or read."""

    begun: float
    task: asyncio.Task[Any]


class Watched:
    """The counters that are watched, of each grid read once for everybody who may."""

    def __init__(self) -> None:
        """Begin with nothing watched."""
        self.closing = asyncio.Event()
        self._readings: dict[str, Reading] = {}

    async def counters(self, visit: Visit, code: str) -> Any:
        """Return the counters of a grid, not older than ``EVERY_S``; that the visitor may see them was seen before."""
        now = time.monotonic()
        reading = self._readings.get(code)
        if reading is None or now - reading.begun >= EVERY_S:
            self._readings = {key: one for key, one in self._readings.items() if now - one.begun < STREAM_S}
            fresh = replace(visit, now=visit.service.now())
            task = asyncio.create_task(fresh.ask("GET", "/counters", query={"grid": code}))
            reading = self._readings[code] = Reading(now, task)
        return await asyncio.shield(reading.task)  # who leaves stops it for nobody else


WATCHED: web.AppKey[Watched] = web.AppKey("watched", Watched)


def prepare(app: web.Application) -> None:
    """Let streams end when the service stops, so that it need not wait for those who watch."""
    app[WATCHED] = watched = Watched()

    async def close(_app: web.Application) -> None:
        watched.closing.set()

    app.on_shutdown.append(close)


async def live(visit: Visit) -> web.StreamResponse:
    """Tell the counters of a grid for as long as somebody watches, whenever they have changed."""
    first = await visit.ask("GET", "/counters", query={"grid": places.asked(visit)})  # refuses whoever may not
    response = web.StreamResponse(
        headers={**HEADERS, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers pages would gather these for ever
    await response.prepare(visit.request)
    with contextlib.suppress(ConnectionError):  # whoever watched has left
        async for message in _messages(visit, first["grid"]["code"]):
            await response.write(message)
    return response


async def _messages(visit: Visit, code: str) -> AsyncIterator[bytes]:
    watched, told = visit.request.app[WATCHED], ""
    template = LOOKS.get(visit.request.query.get("as", ""), LOOKS["page"])
    below = (await visit.ask("GET", "/grids/{code}/children", code=code))["items"]
    ends = time.monotonic() + STREAM_S
    while not watched.closing.is_set() and time.monotonic() < ends:
        try:
            found = await watched.counters(visit, code)
        except Refusal:
            return
        shown = {"found": places.counted(found), "rows": places.rows(found, below)}
        text = looks.render(template, visit.lang, visit.service.now(), **shown)
        yield _event(text) if text != told else b":\n\n"
        told = text
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await watched.closing.wait()


def _event(text: str) -> bytes:
    return "".join(f"data: {line}\n" for line in text.splitlines()).encode() + b"\n"

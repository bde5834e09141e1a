"""What moves on a board: that something has, and nothing of what; the board then asks for its columns."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from dispatch.web import streams
from dispatch.web.visit import Visit

EVERY_S = 2.0
"""How often it is seen whether anything has changed; as long is a reading shared."""


async def live(visit: Visit) -> web.StreamResponse:
    """Tell the mark of a board for as long as somebody has it open, whenever it has changed."""
    first = await visit.ask("GET", "/board/mark", query={"branch": visit.request.query.get("branch") or None})
    code = first["branch"]["id"]
    watched = visit.request.app[streams.WATCHED]

    async def asked() -> Any:
        return await replace(visit, now=visit.service.now()).ask("GET", "/board/mark", query={"branch": code})

    async def mark() -> str:
        return str((await watched.read(f"board {code}", EVERY_S, asked))["mark"])

    return await streams.told(visit, mark, EVERY_S, streams.STREAM_S)

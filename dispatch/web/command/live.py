"""What moves on the pages of the command: the counters of a grid, told whenever they have changed."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from dispatch.web import looks, streams
from dispatch.web.command import places
from dispatch.web.visit import Visit

EVERY_S = 3.0
"""How often it is seen whether anything has changed; as long is a reading shared."""

LOOKS = {"page": "command/now.html", "wall": "command/wall_now.html"}
"""What is told, by where it is shown."""


async def live(visit: Visit) -> web.StreamResponse:
    """Tell the counters of a grid for as long as somebody watches, whenever they have changed."""
    first = await visit.ask("GET", "/counters", query={"grid": places.asked(visit)})  # refuses whoever may not
    code = first["grid"]["code"]
    watched = visit.request.app[streams.WATCHED]
    template = LOOKS.get(visit.request.query.get("as", ""), LOOKS["page"])
    below = (await visit.ask("GET", "/grids/{code}/children", code=code))["items"]

    async def counters() -> Any:
        return await replace(visit, now=visit.service.now()).ask("GET", "/counters", query={"grid": code})

    async def shown() -> str:
        found = await watched.read(f"counters {code}", EVERY_S, counters)
        values = {"found": places.counted(found), "rows": places.rows(found, below)}
        return looks.render(template, visit.lang, visit.service.now(), **values)

    return await streams.told(visit, shown, EVERY_S, streams.STREAM_S)

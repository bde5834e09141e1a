"""How things stand in a part of the county: counters, map, tree to drill down, and what rises now and where."""

from typing import Any

import orjson
from aiohttp import web

from dispatch.web.command import live, places
from dispatch.web.door import Page
from dispatch.web.visit import HEADERS, Visit

RISES = 8
"""How many of the most pressing orders are shown."""

ON_WALL = 5
"""How many of them a wall has room for."""

OUTLINES_KEPT = "private, max-age=600"
"""The land of a county hardly changes; a browser need not ask for it at each step."""


async def show(visit: Visit) -> web.Response:
    """Show how a grid and all below it stand."""
    return visit.page("command/overview.html", **await _standing(visit))


async def wall(visit: Visit) -> web.Response:
    """Show the same to be read from afar, without anybody's words."""
    return visit.page("command/wall.html", **await _standing(visit))


async def rises(visit: Visit) -> web.Response:
    """Show the most pressing orders alone, for a page that is open to be kept fresh."""
    found = await visit.ask("GET", "/counters", query={"grid": places.asked(visit)})
    code = found["grid"]["code"]
    return visit.page("command/rises.html", **await _rises(visit, code))


async def outlines(visit: Visit) -> web.Response:
    """Give the outlines of the grids right below one, for the map."""
    found = await visit.ask("GET", "/grids/{code}/outlines", code=visit.path["code"])
    headers = {**HEADERS, "Cache-Control": OUTLINES_KEPT}
    response = web.Response(body=orjson.dumps(found), content_type="application/json", headers=headers)
    response.enable_compression()
    return response


async def _standing(visit: Visit) -> dict[str, Any]:
    found = await visit.ask("GET", "/counters", query={"grid": places.asked(visit)})
    code = found["grid"]["code"]
    below = (await visit.ask("GET", "/grids/{code}/children", code=code))["items"]
    return {
        "found": places.counted(found),
        "rows": places.rows(found, below),
        "way": await places.way(visit, code),
        **await _rises(visit, code),
    }


async def _rises(visit: Visit, code: str) -> dict[str, Any]:
    """Return the most pressing orders, and whether they lead to their pages: from a wall nobody follows them."""
    from_afar = visit.request.query.get("as") == "wall" or visit.request.path.endswith("/wall")
    query = {"grid": code, "sort": "pressing", "limit": ON_WALL if from_afar else RISES}
    return {"pressing": (await visit.ask("GET", "/orders", query=query))["items"], "linked": not from_afar}


PAGES = (
    Page("GET", "/command", show, login=True),
    Page("GET", "/command/live", live.live, login=True),
    Page("GET", "/command/rises", rises, login=True),
    Page("GET", "/command/wall", wall, login=True),
    Page("GET", "/command/outlines/{code}", outlines, login=True),
)

"""Grids, as several pages look at them."""

from typing import Any

from dispatch.web.visit import Visit


async def chain(visit: Visit, code: str) -> list[dict[str, Any]]:
    """Return a grid and all above it up to the root, each with its branches.

    Raises:
        GridNotFound: no grid has that code.
    """
    here = await visit.ask("GET", "/grids/{code}", code=code)
    return [here, *[await visit.ask("GET", "/grids/{code}", code=one["code"]) for one in here["chain"][1:]]]

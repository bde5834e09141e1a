"""The outlines of grids, for maps that need no other map."""

import asyncio
from typing import Any

from dispatch.usecases.service import Service


async def outlines(service: Service, grid: int) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection: the grids in use right below one, or that one where these have no land."""
    world = service.world
    found = await asyncio.to_thread(world.places.outlines, grid)  # to draw a county coarser takes a while
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": (called := world.tree.called(one.grid_id))[0], "name": called[1]},
                "geometry": one.geometry,
            }
            for one in found
        ],
    }

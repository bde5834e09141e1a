"""The land of the demo county: rectangles that tile each other exactly, from the county down to the leaf grids."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dispatch.demo.grids import UNIT, VILLAGE, Grid

_VILLAGE_AREA = {True: 1, False: 6}  # a rural village is this much larger than a community of a town
_WIDTH, _HEIGHT = 78, 100  # one degree of longitude against one of latitude at 38.4° north


class Rectangle(NamedTuple):
    """A piece of land in whole millionths of a degree, so that shared borders are equal to the last digit."""

    west: int
    south: int
    east: int
    north: int

    def geojson(self) -> str:
        """Give the GeoJSON geometry as text, in degrees, counterclockwise."""
        west, south, east, north = (edge / 1_000_000 for edge in self)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return json.dumps({"type": "Polygon", "coordinates": [ring]}, separators=(",", ":"))


COUNTY_LAND = Rectangle(110_550_000, 38_050_000, 111_470_000, 38_720_000)
"""The rough extent of the real county; what lies where inside it is ours."""


def rectangles(tree: Iterable[Grid]) -> dict[str, Rectangle]:
    """Give the land of every grid that has any, by code: children tile their parent, units have none.

    Args:
        tree: all grids, parents before their children, the root first.
    """
    land = [grid for grid in tree if grid.level != UNIT]
    weights = _weights(land)
    children: defaultdict[str, list[Grid]] = defaultdict(list)
    for grid in land:
        children[grid.parent].append(grid)
    found = {land[0].code: COUNTY_LAND}
    for grid in land:
        below = children[grid.code]
        if below:
            _cut(found[grid.code], [(child.code, weights[child.code]) for child in below], found)
    return found


def polygons(tree: Iterable[Grid]) -> list[dict[str, str]]:
    """Give the rows of the sheet ``polygons``: a code and its GeoJSON geometry as text."""
    return [{"code": code, "geojson": land.geojson()} for code, land in rectangles(tree).items()]


def _weights(land: Sequence[Grid]) -> dict[str, int]:
    """Weigh a township by its villages, a village by its kind, and what lies below by its leaves."""
    inner: defaultdict[str, int] = defaultdict(int)
    weights: dict[str, int] = {}
    for grid in reversed(land):
        weights[grid.code] = _VILLAGE_AREA[grid.is_community] if grid.level == VILLAGE else inner[grid.code] or 1
        inner[grid.parent] += weights[grid.code]
    return weights


def _cut(land: Rectangle, parts: Sequence[tuple[str, int]], found: dict[str, Rectangle]) -> None:
    """Cut the land in two across its longer side, as near to half the weight as the order allows, and go on."""
    if len(parts) == 1:
        found[parts[0][0]] = land
        return
    whole = sum(weight for _, weight in parts)
    best, before, running = 1, parts[0][1], 0
    for place, (_, weight) in enumerate(parts[:-1], start=1):
        running += weight
        if abs(2 * running - whole) < abs(2 * before - whole):
            best, before = place, running
    west, south, east, north = land
    if (east - west) * _WIDTH >= (north - south) * _HEIGHT:
        middle = west + (east - west) * before // whole
        halves = Rectangle(west, south, middle, north), Rectangle(middle, south, east, north)
    else:
        middle = south + (north - south) * before // whole
        halves = Rectangle(west, south, east, middle), Rectangle(west, middle, east, north)
    _cut(halves[0], parts[:best], found)
    _cut(halves[1], parts[best:], found)

"""The land of grids as GeoJSON, coarse enough to be drawn small (DOMAIN §4.1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

COARSENESS = 1000
"""What is smaller than the widest extent by so much is not drawn: at 1,000 pixels nobody sees it."""

DIGITS = 5
"""Digits of a degree behind the point that are kept: a metre."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The land of one grid: a GeoJSON ``Polygon`` or ``MultiPolygon`` in the degrees of the polygons it came of."""

    grid_id: int
    geometry: Mapping[str, Any]


def outlines(parts: Iterable[tuple[int, Sequence[bytes]]]) -> list[Outline]:
    """Outline grids that are drawn side by side; a border that two share stays shared.

    Args:
        parts: the id of each grid with the polygons, as WKB in degrees, that together are its land.

    Returns:
        One outline for each grid that has any land.
    """
    import shapely  # noqa: PLC0415 - it costs as much as all other imports together, and many processes never ask

    ids: list[int] = []
    lands: list[BaseGeometry] = []
    for grid_id, shapes in parts:
        found = shapely.make_valid(shapely.from_wkb(list(shapes)))
        land = _areas(found[0] if len(found) == 1 else shapely.union_all(found)) if len(found) else None
        if land is not None:
            ids.append(grid_id)
            lands.append(land)
    if not lands:
        return []
    west, south, east, north = shapely.total_bounds(lands)
    coarse = _coarser(lands, max(east - west, north - south) / COARSENESS)
    return [Outline(grid_id, _geojson(land)) for grid_id, land in zip(ids, coarse, strict=True)]


def _areas(land: "BaseGeometry") -> "BaseGeometry | None":
    """Return the areas alone: what was drawn crookedly may leave lines and points beside them."""
    import shapely  # noqa: PLC0415 - as above

    pieces = shapely.get_parts(shapely.get_parts(land))  # of a collection its members, of these each piece
    kept = [piece for piece in pieces if piece.geom_type == "Polygon"]
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept)


def _coarser(lands: "list[BaseGeometry]", tolerance: float) -> "list[BaseGeometry]":
    """Leave out corners that nobody sees; where the lands overlap, each of them by itself."""
    import shapely  # noqa: PLC0415 - as above

    if shapely.coverage_is_valid(lands):
        return list(shapely.coverage_simplify(lands, tolerance))
    return list(shapely.simplify(lands, tolerance, preserve_topology=True))


def _geojson(land: "BaseGeometry") -> Mapping[str, Any]:
    polygons = [
        [_ring(polygon.exterior), *(_ring(hole) for hole in polygon.interiors)]
        for polygon in getattr(land, "geoms", (land,))
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _ring(ring: Any) -> list[list[float]]:
    return [[round(lon, DIGITS), round(lat, DIGITS)] for lon, lat in ring.coords]

"""The border of a grid: from GeoJSON to the bytes that are stored."""

from dispatch.domain.county_faults import BadCellError
from dispatch.domain.county_sheets import Column

_AREAS = frozenset({"Polygon", "MultiPolygon"})
_WORLD = (-180, -90, 180, 90)


def shape_bytes(cell: str, _column: Column) -> bytes:
    """The geometry as WKB in two dimensions, longitude first, WGS 84.

    Raises:
        BadCellError: ``bad_geometry``, when it is no valid polygon on the globe.
    """
    import shapely  # noqa: PLC0415 - wanted where a county is brought in, and no request waits for that
    from shapely.errors import GEOSException  # noqa: PLC0415

    try:
        shape = shapely.force_2d(shapely.from_geojson(cell))
    except (GEOSException, ValueError) as error:
        raise BadCellError("bad_geometry", str(error).splitlines()[0]) from None
    if shape is None or shape.geom_type not in _AREAS or shape.is_empty:
        raise BadCellError("bad_geometry", "Polygon, MultiPolygon")
    if not shapely.is_valid(shape):
        raise BadCellError("bad_geometry", shapely.is_valid_reason(shape))
    if not shapely.box(*_WORLD).covers(shape):
        raise BadCellError("bad_geometry", "lon -180..180, lat -90..90")
    return bytes(shapely.to_wkb(shape, byte_order=1))

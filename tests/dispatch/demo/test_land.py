"""The land of the demo county is tiled: without gaps, without overlaps, at every level."""

import json
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, STRtree
from shapely.geometry import shape

from dispatch.demo.county import county

WEST, SOUTH, EAST, NORTH = 110.55, 38.05, 111.47, 38.72


class Land:
    """The polygons as an importer reads them, the grids they belong to, and an index of the leaves."""

    def __init__(self):
        sheets = county()
        self.parents = {row["code"]: row["parent_code"] for row in sheets["grids"] if row["kind"] != "unit"}
        self.rings = {row["code"]: json.loads(row["geojson"])["coordinates"][0] for row in sheets["polygons"]}
        divided = set(self.parents.values())
        self.leaves = [shape(json.loads(row["geojson"])) for row in sheets["polygons"] if row["code"] not in divided]
        self.index = STRtree(self.leaves)

    def area(self, code):
        """Twice the exact area in square degrees, by the shoelace formula on the decimals as written."""
        points = [(Fraction(str(lon)), Fraction(str(lat))) for lon, lat in self.rings[code]]
        return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(points))


LAND = Land()
CORNERS = sorted({tuple(point) for ring in LAND.rings.values() for point in ring})


def test_every_grid_but_the_units_has_a_polygon():
    assert set(LAND.rings) == set(LAND.parents)


def test_the_outline_is_the_countys_rough_extent():
    assert shape({"type": "Polygon", "coordinates": [LAND.rings["141123"]]}).bounds == (WEST, SOUTH, EAST, NORTH)


def test_rings_are_closed_counterclockwise_and_have_six_decimals_at_most():
    for code, ring in LAND.rings.items():
        assert ring[0] == ring[-1]
        assert LAND.area(code) > 0
        assert all(round(number, 6) == number for point in ring for number in point)


def test_the_areas_of_the_children_sum_to_the_parents_exactly():
    sums = defaultdict(Fraction)
    for code, parent in LAND.parents.items():
        sums[parent] += LAND.area(code)
    sums.pop("")
    for parent, total in sums.items():
        assert total == LAND.area(parent), parent


def test_children_lie_within_their_parent():
    for code, parent in LAND.parents.items():
        if parent:
            lons, lats = zip(*LAND.rings[code], strict=True)
            wider, taller = zip(*LAND.rings[parent], strict=True)
            assert min(wider) <= min(lons) < max(lons) <= max(wider)
            assert min(taller) <= min(lats) < max(lats) <= max(taller)


@pytest.mark.parametrize("relation", ["overlaps", "contains_properly", "crosses"])
def test_no_two_leaves_share_more_than_a_border(relation):
    assert LAND.index.query(LAND.leaves, predicate=relation).size == 0


def assert_in_one_leaf_or_on_a_border(lon, lat):
    point = Point(lon, lat)
    touching = [LAND.leaves[place] for place in LAND.index.query(point, predicate="intersects")]
    inside = [leaf for leaf in touching if leaf.contains(point)]
    assert touching
    assert len(inside) <= 1
    assert (len(inside) == 1) == (len(touching) == 1 and not touching[0].boundary.intersects(point))


@settings(deadline=None)
@given(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))
def test_a_point_in_the_county_lies_in_exactly_one_leaf_or_on_a_border(lon, lat):
    assert_in_one_leaf_or_on_a_border(lon, lat)


@settings(deadline=None)
@given(st.sampled_from(CORNERS), st.sampled_from(CORNERS))
def test_so_does_a_point_that_shares_its_degrees_with_corners(one, other):
    assert_in_one_leaf_or_on_a_border(one[0], other[1])


@settings(deadline=None)
@given(st.floats(EAST, 180, exclude_min=True), st.floats(SOUTH, NORTH))
def test_a_point_beyond_the_outline_lies_in_no_leaf(lon, lat):
    assert LAND.index.query(Point(lon, lat), predicate="intersects").size == 0

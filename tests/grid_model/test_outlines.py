"""Outlines are the land itself, drawn coarser: what lies side by side stays side by side."""

from itertools import pairwise

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping, shape

from grid_model.outlines import COARSENESS, outlines
from grid_model.places import Places
from grid_model.tree import Grid, Tree

EDGES = st.lists(st.integers(1, 99), unique=True, min_size=1, max_size=12).map(lambda cuts: [0, *sorted(cuts), 100])


def cell(west: float, south: float, east: float, north: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(110 + west, 38 + south, 110 + east, 38 + north)))


@given(EDGES, EDGES)
def test_a_county_of_cells_keeps_its_whole_land_and_every_shared_border(across, upward):
    cells = [
        cell(west / 100, south / 100, east / 100, north / 100)
        for west, east in pairwise(across)
        for south, north in pairwise(upward)
    ]
    found = outlines((number, [one]) for number, one in enumerate(cells))
    assert [one.grid_id for one in found] == list(range(len(cells)))
    drawn = [shape(one.geometry) for one in found]
    assert shapely.coverage_is_valid(drawn)
    assert shapely.union_all(drawn).area == pytest.approx(1.0, rel=1e-3)


@given(st.lists(st.floats(-1, 1), min_size=40, max_size=200))
def test_a_crooked_border_loses_corners_and_no_more_than_nobody_sees(wobbles):
    line = [(index / len(wobbles), 0.5 + wobble / 20) for index, wobble in enumerate(wobbles)] + [(1, 0.5)]
    south = shapely.Polygon([(0, 0), *line, (1, 0)])
    north = shapely.Polygon([(0, 1), *line, (1, 1)])
    found = outlines([(1, [shapely.to_wkb(south)]), (2, [shapely.to_wkb(north)])])
    for one, before in zip(found, (south, north), strict=True):
        after = shape(one.geometry)
        assert len(after.exterior.coords) <= len(before.exterior.coords)
        assert after.hausdorff_distance(before) <= 0.12
        assert abs(after.area - before.area) <= 2 / COARSENESS
    assert shapely.coverage_is_valid([shape(one.geometry) for one in found])


def test_pieces_make_one_land_and_what_has_none_is_left_out():
    parts = [cell(0, 0, 0.5, 1), cell(0.5, 0, 1, 1)]
    (whole,) = outlines([(7, parts), (8, [])])
    assert whole.grid_id == 7
    assert whole.geometry["type"] == "Polygon"
    assert shape(whole.geometry).equals(shapely.box(110, 38, 111, 39))
    (apart,) = outlines([(7, [cell(0, 0, 0.4, 1), cell(0.6, 0, 1, 1)])])
    assert apart.geometry["type"] == "MultiPolygon"
    assert outlines([]) == outlines([(1, [])]) == []


def test_what_overlaps_or_is_drawn_crookedly_is_outlined_nevertheless():
    bow = shapely.to_wkb(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    found = outlines([(1, [bow]), (2, [shapely.to_wkb(shapely.box(0, 0, 0.6, 0.6))])])
    assert [one.grid_id for one in found] == [1, 2]
    assert all(shape(one.geometry).is_valid for one in found)
    line = shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)]))
    assert outlines([(1, [line])]) == []


def test_a_hole_stays_a_hole():
    ring = shapely.Polygon(shapely.box(0, 0, 1, 1).exterior, [shapely.box(0.4, 0.4, 0.6, 0.6).exterior])
    (one,) = outlines([(1, [shapely.to_wkb(ring)])])
    assert shape(mapping(shape(one.geometry))).equals(ring)


GRIDS = [
    Grid(1, "1", "县", 0, "县", "county", None),
    Grid(2, "11", "东镇", 1, "乡镇", "township", 1),
    Grid(3, "12", "西镇", 1, "乡镇", "township", 1),
    Grid(4, "111", "东一村", 2, "村", "village", 2),
    Grid(5, "112", "东二村", 2, "村", "village", 2),
]


def test_a_grid_without_a_polygon_has_the_land_of_what_lies_below_it():
    tree = Tree(GRIDS)
    places = Places(tree, {4: cell(0, 0, 0.5, 1), 5: cell(0.5, 0, 1, 1)}, ())
    (east,) = places.outlines(1)
    assert east.grid_id == 2
    assert shape(east.geometry).equals(shapely.box(110, 38, 111, 39))
    assert [one.grid_id for one in places.outlines(2)] == [4, 5]
    assert [one.grid_id for one in places.outlines(4)] == [4]  # nothing lies below it: its own land
    assert places.outlines(3) == []
    assert places.outlines(1) is places.outlines(1)

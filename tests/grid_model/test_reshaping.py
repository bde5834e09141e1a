"""Outlines go with the ground: what is taken over is added, what is split off is taken away."""

import shapely

from grid_model.changes import Op, Operation
from grid_model.changing import change
from grid_model.places import Places
from grid_model.reshaping import reshaped
from grid_model.tree import Grid, Tree

GRIDS = [
    Grid(1, "r", "县", 0, "县", "county", None),
    Grid(2, "a", "甲", 1, "村", "village", 1),
    Grid(3, "b", "乙", 1, "村", "village", 1),
]


def box(left, right):
    return shapely.to_wkb(shapely.box(left, 0, right, 1))


OUTLINES = {1: box(0, 4), 2: box(0, 2), 3: box(2, 4)}


def placed(*operations):
    done = change(GRIDS, operations)
    shapes = {**OUTLINES, **reshaped(done, OUTLINES, {1, 2, 3})}
    return done, Places(Tree(done.grids), shapes)


def test_a_merged_grid_has_the_ground_of_both() -> None:
    _, places = placed(Operation(1, Op.MERGE, "a", "n", "新"), Operation(2, Op.MERGE, "b", "n"))
    assert {places.by_point(lon, 0.5).grid_id for lon in (0.5, 1.5, 2.5, 3.5)} == {-1}


def test_a_successor_takes_the_ground_over() -> None:
    _, places = placed(Operation(1, Op.CLOSE, "a", "b"))
    assert {places.by_point(lon, 0.5).grid_id for lon in (0.5, 3.5)} == {3}


def test_what_stays_of_a_split_loses_the_part_and_both_are_found() -> None:
    part = Operation(2, Op.SPLIT, "a", "n", "新", polygon=box(0, 1))
    _, places = placed(Operation(1, Op.SPLIT, "a", "a"), part)
    assert [places.by_point(lon, 0.5).grid_id for lon in (0.5, 1.5)] == [-1, 2]


def test_one_that_had_no_outline_gets_none() -> None:
    done = change(GRIDS, [Operation(1, Op.CLOSE, "a", "b")])
    assert reshaped(done, {2: OUTLINES[2]}, {1, 2, 3}) == {}

"""A grid is told as it was at the time, however often it changed since."""

from datetime import UTC, datetime, timedelta

import pytest

from grid_model.history import History, Past
from grid_model.tree import Grid, Tree, UnknownGrid

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
TREE = Tree(
    [
        Grid(1, "r", "县", 0, "县", "county", None),
        Grid(2, "a", "甲街道", 1, "镇", "town", 1),
        Grid(3, "b", "乙镇", 1, "镇", "town", 1),
        Grid(4, "v", "村", 2, "村", "village", 3),
    ]
)
HISTORY = History([Past(2, JUNE, "a", "甲镇", 1), Past(4, MAY, "v0", "老村", 2), Past(4, JUNE, "v", "村", 2)])
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "path"),
    [
        (MAY - INSTANT, "县 / 甲镇 / 老村"),
        (MAY, "县 / 甲镇 / 村"),
        (JUNE - INSTANT, "县 / 甲镇 / 村"),
        (JUNE, "县 / 乙镇 / 村"),
        (None, "县 / 乙镇 / 村"),
    ],
)
def test_the_path_is_that_of_the_moment(at, path) -> None:
    assert HISTORY.path(TREE, 4, at) == path


def test_code_and_name_are_those_of_the_moment() -> None:
    assert HISTORY.at(TREE, 4, MAY - INSTANT) == ("v0", "老村", 2)
    assert HISTORY.at(TREE, 4, JUNE) == ("v", "村", 3)


def test_without_a_past_it_is_the_tree() -> None:
    assert History().path(TREE, 4, MAY) == TREE.path(4)
    with pytest.raises(UnknownGrid):
        HISTORY.path(TREE, 9, MAY)


def test_names_that_nothing_bears_any_more_still_stand_for_their_grids() -> None:
    assert HISTORY.names(TREE) == [("甲镇", 2), ("老村", 4)]
    taken_again = Tree([*TREE.grids(), Grid(5, "x", "甲镇", 2, "镇", "town", 1)])
    assert HISTORY.names(taken_again) == [("老村", 4)]
    assert History().names(TREE) == []

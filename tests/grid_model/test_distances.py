"""Distances all at once are the distances one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_model.distances import distances
from grid_model.tree import Grid, Tree, UnknownGrid


@st.composite
def trees(draw):
    size = draw(st.integers(1, 30))
    above = [None, *(draw(st.integers(1, number)) for number in range(1, size))]
    return Tree(Grid(at, f"{at:03}", "网格", 1, "级", "grid", parent) for at, parent in enumerate(above, 1))


@given(trees(), st.data())
def test_they_are_the_trees_own(tree, data):
    grids = st.lists(st.integers(1, len(tree)), max_size=12)
    rows, columns = data.draw(grids), data.draw(grids)
    found = distances(tree, rows, columns)
    assert found.tolist() == [[tree.distance(row, column) for column in columns] for row in rows]


def test_a_grid_that_is_not_there_is_refused():
    tree = Tree([Grid(1, "1", "县", 1, "县", "county", None)])
    with pytest.raises(UnknownGrid):
        distances(tree, [1], [2])
    with pytest.raises(UnknownGrid):
        distances(tree, [2], [1])

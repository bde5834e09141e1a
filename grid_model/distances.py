"""How far many grids lie from many others, all at once; ``Tree.distance`` says it for two."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grid_model.tree import Tree


def distances(tree: Tree, from_grids: Sequence[int], to_grids: Sequence[int]) -> npt.NDArray[np.int32]:
    """Count the edges between each of ``from_grids`` (rows) and each of ``to_grids`` (columns).

    Subtrees are intervals, so each grid above a row's grid is the common ancestor of one slice of the columns in
    preorder, until a lower one takes part of it: one assignment for each level, whatever the number of columns.

    Raises:
        UnknownGrid: no grid has one of these ids.
    """
    positions = np.array([tree.position(grid) for grid in to_grids], dtype=np.int64)
    order = np.argsort(positions, kind="stable")
    sorted_positions = positions[order]
    shared = np.empty((len(from_grids), len(to_grids)), dtype=np.int32)
    for row, grid in enumerate(from_grids):
        for depth, ancestor in enumerate(reversed(tree.chain(grid))):
            first, last = np.searchsorted(sorted_positions, tree.interval(ancestor))
            shared[row, first:last] = depth
    common = np.empty_like(shared)
    common[:, order] = shared
    from_depths = np.array([tree.depth(grid) for grid in from_grids], dtype=np.int32)
    to_depths = np.array([tree.depth(grid) for grid in to_grids], dtype=np.int32)
    found: npt.NDArray[np.int32] = from_depths[:, None] + to_depths[None, :] - 2 * common
    return found

"""The levels of grids that a change of the tree makes or closes, so that whatever comes of it is a tree to anybody."""

from collections.abc import Iterable
from dataclasses import replace

from grid_model.tree import Grid, Tree


def settle_new(nodes: dict[int, Grid]) -> None:
    """Put new grids (ids below 0) at the level of what they were made from, or below their superior."""
    for fresh in [grid_id for grid_id in nodes if grid_id < 0]:
        line = []
        at: int | None = fresh
        while at is not None and at < 0:
            line.append(at)
            at = nodes[at].parent_id
        for grid_id in reversed(line):
            node = nodes[grid_id]
            above = nodes[node.parent_id or 0].level if node.parent_id is not None else -1
            nodes[grid_id] = replace(node, level=max(node.level, above + 1))


def levelled(grids: Iterable[Grid]) -> tuple[Grid, ...]:
    """Return all grids, with whatever is closed at a level below what it now lies under."""
    given = tuple(grids)
    if all(grid.active for grid in given):
        return given
    level: dict[int, int] = {}
    found = []
    for grid in Tree(given).grids():
        above = -1 if grid.parent_id is None else level[grid.parent_id]
        level[grid.id] = grid.level if grid.active else max(grid.level, above + 1)
        found.append(replace(grid, level=level[grid.id]))
    return tuple(found)

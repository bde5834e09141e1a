"""The tree of grids: networkx models it while it is built and checked, a frozen index of arrays answers requests."""

import gc
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from grid_model.faults import Fault, Reason, faults

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["COUNTY", "Fault", "Grid", "Reason", "Tree", "UnknownGrid", "build_graph", "faults"]

COUNTY = "county"
"""The only kind the code knows: it marks a region, the first column of every order's key."""

SPARSE = 8
"""Ids that reach beyond this many times the number of grids are looked up in a dict instead of a table."""


class UnknownGrid(LookupError):  # noqa: N818 - it names the thing refused, as all refusals here do
    """No grid has this id or code."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid; ``level`` counts downwards and may skip, its name and the kind are data."""

    id: int
    code: str
    name: str
    level: int
    level_name: str
    kind: str
    parent_id: int | None
    active: bool = True


def build_graph(grids: Iterable[Grid]) -> "nx.DiGraph":
    """Model the grids as a graph whose edges run from superior to child, children in the order of their codes.

    Each node is a grid's id and carries the ``Grid`` as its attribute ``grid``. Cycles and several roots are let
    through, so that they can be looked at.

    Raises:
        ValueError: two grids share an id.
        UnknownGrid: a superior is not among the grids.
    """
    import networkx as nx  # noqa: PLC0415 - a quarter of a process's start; those that only answer make no tree

    ordered = _in_code_order(grids)
    graph = nx.DiGraph()
    graph.add_nodes_from((grid.id, {"grid": grid}) for grid in ordered)
    graph.add_edges_from((grid.parent_id, grid.id) for grid in ordered if grid.parent_id is not None)
    return graph


def _in_code_order(grids: Iterable[Grid]) -> list[Grid]:
    ordered = sorted(grids, key=lambda grid: grid.code)
    known = {grid.id for grid in ordered}
    if len(known) != len(ordered):
        raise ValueError("two grids share an id")
    for grid in ordered:
        if grid.parent_id is not None and grid.parent_id not in known:
            raise UnknownGrid(f"grid {grid.code} lies under id {grid.parent_id}, which no grid has")
    return ordered


class Tree:
    """The frozen index of a tree of grids: some 36 bytes a grid beside its code and its name.

    Grids are numbered in preorder, children in the order of their codes, so that a subtree is an interval and what
    lies within what is two comparisons. Methods take and give ids; they raise ``UnknownGrid`` for one that no grid has.
    """

    __slots__ = (
        "_at",
        "_by_code",
        "_codes",
        "_depth",
        "_end",
        "_ids",
        "_names",
        "_parent",
        "_region",
        "_sort",
        "_sorts",
    )

    def __init__(self, grids: Iterable[Grid], *, known: bool = False) -> None:
        """Compute the index from the graph of the grids.

        Args:
            grids: in any order.
            known: they were made a tree before they were stored, so the same index is computed without the graph.

        Raises:
            ValueError: not exactly one root, a cycle, or an id or a code given twice (``faults`` says where).
            UnknownGrid: a superior is not among the grids.
        """
        with _collector_at_rest():
            in_code_order, children = _listed(grids) if known else _modelled(grids)
            self._index(in_code_order, _preorder(in_code_order, children))

    def _index(self, in_code_order: list[Grid], ordered: list[Grid]) -> None:
        at = {grid.id: position for position, grid in enumerate(ordered)}
        self._ids = array("q", at)
        self._at = _table(at)
        self._codes = [grid.code for grid in ordered]
        self._names = [grid.name for grid in ordered]
        self._by_code = array("i", (at[grid.id] for grid in in_code_order))
        self._parent = array("i", (-1 if grid.parent_id is None else at[grid.parent_id] for grid in ordered))
        self._depth, self._end = _depths_and_ends(self._parent)
        sorts: dict[tuple[int, str, str, bool], int] = {}
        self._sort = array(
            "i", (sorts.setdefault((g.level, g.level_name, g.kind, g.active), len(sorts)) for g in ordered)
        )
        self._sorts = list(sorts)
        self._region = array("i", bytes(4 * len(ordered)))
        for position, grid in enumerate(ordered):
            if grid.kind == COUNTY:
                end = self._end[position]
                self._region[position:end] = array("i", [position]) * (end - position)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def root(self) -> Grid:
        """The grid above all others."""
        return self._grid(0)

    def grids(self) -> Iterator[Grid]:
        """Yield every grid, in preorder."""
        return map(self._grid, range(len(self)))

    def grid(self, grid_id: int) -> Grid:
        """Give the grid with this id."""
        return self._grid(self.position(grid_id))

    def called(self, grid_id: int) -> tuple[str, str]:
        """Give the code and the name of the grid with this id."""
        position = self.position(grid_id)
        return self._codes[position], self._names[position]

    def by_code(self, code: str) -> Grid:
        """Give the grid with this code.

        Raises:
            UnknownGrid: no grid has it.
        """
        rank = bisect_left(self._by_code, code, key=self._codes.__getitem__)
        if rank == len(self) or self._codes[self._by_code[rank]] != code:
            raise UnknownGrid(f"no grid has the code {code!r}")
        return self._grid(self._by_code[rank])

    def position(self, grid_id: int) -> int:
        """Give the grid's number in preorder, from 0: the index to use in an array over the tree."""
        try:
            position = self._at[grid_id] if grid_id >= 0 or isinstance(self._at, dict) else -1
        except LookupError:
            position = -1
        if position < 0:
            raise UnknownGrid(f"no grid has the id {grid_id}")
        return position

    def at(self, position: int) -> int:
        """Give the id of the grid with this number in preorder."""
        return self._ids[position]

    def among(self, start: int, end: int) -> list[int]:
        """Give the ids of the grids with these numbers in preorder, the first included and the last not."""
        return self._ids[start:end].tolist() if start < end else []

    def superior(self, grid_id: int) -> int | None:
        """Give the grid directly above, or None at the root."""
        parent = self._parent[self.position(grid_id)]
        return None if parent < 0 else self._ids[parent]

    def chain(self, grid_id: int) -> tuple[int, ...]:
        """Give the grid itself and all above it, up to the root."""
        return tuple([self._ids[position] for position in self._climb(grid_id)])

    def interval(self, grid_id: int) -> tuple[int, int]:
        """Give the half-open interval of preorder numbers that the grid's subtree fills."""
        position = self.position(grid_id)
        return position, self._end[position]

    def within(self, inner: int, outer: int) -> bool:
        """Tell whether ``inner`` is ``outer`` or lies below it."""
        position = self.position(outer)
        return position <= self.position(inner) < self._end[position]

    def subtree(self, grid_id: int) -> tuple[int, ...]:
        """Give the grid and all below it, in preorder."""
        position = self.position(grid_id)
        return tuple(self._ids[position : self._end[position]])

    def children(self, grid_id: int) -> tuple[int, ...]:
        """Give the grids directly below, in the order of their codes."""
        found = []
        position, end = self.interval(grid_id)
        child = position + 1
        while child < end:
            found.append(self._ids[child])
            child = self._end[child]
        return tuple(found)

    def lowest_common_ancestor(self, grid_ids: Iterable[int]) -> int:
        """Give the lowest grid that holds all of these; one of them, if it holds the others.

        Raises:
            ValueError: no grid is given.
        """
        positions = [self.position(grid_id) for grid_id in grid_ids]
        if not positions:
            raise ValueError("no grid, no common ancestor")
        return self._ids[self._common(min(positions), max(positions))]

    def distance(self, one: int, other: int) -> int:
        """Count the edges between two grids."""
        a, b = self.position(one), self.position(other)
        return self._depth[a] + self._depth[b] - 2 * self._depth[self._common(min(a, b), max(a, b))]

    def depth(self, grid_id: int) -> int:
        """Count the edges up to the root."""
        return self._depth[self.position(grid_id)]

    def region(self, grid_id: int) -> Grid:
        """Give the county at or above the grid, or the root where there is none."""
        return self._grid(self._region[self.position(grid_id)])

    def path(self, grid_id: int) -> str:
        """Write the names from the root down to the grid, joined by `` / ``."""
        return " / ".join(reversed([self._names[position] for position in self._climb(grid_id)]))

    def counts_by_level(self, grid_id: int) -> dict[str, int]:
        """Count the active grids below this one by the name of their level, highest level first."""
        import numpy as np  # noqa: PLC0415 - heavy; a process that never counts does without it

        position, end = self.interval(grid_id)
        sorts = np.frombuffer(self._sort, dtype=np.int32)[position + 1 : end]
        tally = np.bincount(sorts, minlength=len(self._sorts)).tolist()
        counts: dict[str, int] = {}
        for (_, level_name, _, active), count in sorted(zip(self._sorts, tally, strict=True)):
            if count and active:
                counts[level_name] = counts.get(level_name, 0) + count
        return counts

    def _grid(self, position: int) -> Grid:
        level, level_name, kind, active = self._sorts[self._sort[position]]
        parent = self._parent[position]
        superior = None if parent < 0 else self._ids[parent]
        code, name = self._codes[position], self._names[position]
        return Grid(self._ids[position], code, name, level, level_name, kind, superior, active)

    def _climb(self, grid_id: int) -> list[int]:
        climbed = [self.position(grid_id)]
        while (above := self._parent[climbed[-1]]) >= 0:
            climbed.append(above)
        return climbed

    def _common(self, leftmost: int, rightmost: int) -> int:
        """Climb from the first in preorder until its subtree reaches the last; all between lie inside as well."""
        while self._end[leftmost] <= rightmost:
            leftmost = self._parent[leftmost]
        return leftmost


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the cyclic collector from walking a graph that only grows: over 660,000 grids it took half the time."""
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()


Children = Callable[[int], Iterable[int]]
"""Gives the ids below an id, in the order of their codes."""


def _modelled(grids: Iterable[Grid]) -> tuple[list[Grid], Children]:
    graph = build_graph(grids)
    return [grid for _, grid in graph.nodes(data="grid")], graph.successors


def _listed(grids: Iterable[Grid]) -> tuple[list[Grid], Children]:
    in_code_order = _in_code_order(grids)
    below: defaultdict[int, list[int]] = defaultdict(list)
    for grid in in_code_order:
        if grid.parent_id is not None:
            below[grid.parent_id].append(grid.id)
    return in_code_order, lambda grid_id: below.get(grid_id, ())


def _preorder(in_code_order: list[Grid], children: Children) -> list[Grid]:
    """Give the grids in preorder; walks with a stack, since a chain may be deeper than Python recurses."""
    grids = {grid.id: grid for grid in in_code_order}
    roots = [grid.id for grid in in_code_order if grid.parent_id is None]
    if len(roots) != 1:
        raise ValueError(f"a tree has one root, not {len(roots)}")
    if any(one.code == other.code for one, other in pairwise(in_code_order)):
        raise ValueError("two grids share a code")
    ordered = []
    stack = roots
    while stack:
        grid_id = stack.pop()
        ordered.append(grids[grid_id])
        stack.extend(reversed([*children(grid_id)]))
    if len(ordered) != len(grids):
        raise ValueError(f"{len(grids) - len(ordered)} grids lie on or below a cycle")
    return ordered


def _table(at: dict[int, int]) -> "array[int] | dict[int, int]":
    """Turn positions by id into a table with -1 for ids not given, unless so many are not that it would be wasteful."""
    if min(at) < 0 or max(at) > SPARSE * len(at) + 1024:
        return at
    table = array("i", [-1]) * (max(at) + 1)
    for grid_id, position in at.items():
        table[grid_id] = position
    return table


def _depths_and_ends(parent: "array[int]") -> tuple["array[int]", "array[int]"]:
    """Compute from preorder parents how deep each grid lies and where its subtree ends."""
    depth, end = array("i", [0]), array("i", range(1, len(parent) + 1))
    for position in range(1, len(parent)):
        depth.append(depth[parent[position]] + 1)
    for position in range(len(parent) - 1, 0, -1):
        above = parent[position]
        end[above] = max(end[above], end[position])
    return depth, end

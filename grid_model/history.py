"""What a grid was called and where it lay at some time, where that was otherwise than it is now."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from grid_model.tree import Tree


@dataclass(frozen=True, slots=True)
class Past:
    """A grid as it was until just before ``until``."""

    grid_id: int
    until: datetime
    code: str
    name: str
    parent_id: int | None


class History:
    """The past of the grids of a tree; only those that changed have one, so that it is small."""

    __slots__ = ("_past", "_until")

    def __init__(self, pasts: Iterable[Past] = ()) -> None:
        """Take every past, in any order."""
        found: defaultdict[int, list[Past]] = defaultdict(list)
        for past in sorted(pasts, key=lambda past: past.until):
            found[past.grid_id].append(past)
        self._past = {grid_id: tuple(of) for grid_id, of in found.items()}
        self._until = {grid_id: [past.until for past in of] for grid_id, of in found.items()}

    def by_code(self) -> dict[str, int]:
        """Return the grid that had each code last, by code."""
        found = ((past.until, past.code, past.grid_id) for pasts in self._past.values() for past in pasts)
        return {code: grid_id for _, code, grid_id in sorted(found)}

    def told(self) -> list[tuple[int, datetime, str, str, int]]:
        """Return all of it as plain rows, in one order whatever order it came in."""
        return sorted(
            (past.grid_id, past.until, past.code, past.name, past.parent_id or 0)
            for pasts in self._past.values()
            for past in pasts
        )

    def names(self, tree: Tree) -> list[tuple[str, int]]:
        """Return (name, id of the grid) for each name that grids had and none has now: people go on saying them."""
        told = {(past.name, past.grid_id) for pasts in self._past.values() for past in pasts}
        borne = {grid.name for grid in tree.grids()} if told else set()
        return sorted((name, grid_id) for name, grid_id in told if name not in borne)

    def __len__(self) -> int:
        return len(self._past)

    def at(self, tree: Tree, grid_id: int, at: datetime | None) -> tuple[str, str, int | None]:
        """Return (code, name, superior's id) of a grid at that moment; None is now.

        Raises:
            UnknownGrid: no grid has this id.
        """
        if at is not None and grid_id in self._past:
            place = bisect_right(self._until[grid_id], at)
            if place < len(self._past[grid_id]):
                past = self._past[grid_id][place]
                return past.code, past.name, past.parent_id
        grid = tree.grid(grid_id)
        return grid.code, grid.name, grid.parent_id

    def path(self, tree: Tree, grid_id: int, at: datetime | None) -> str:
        """Write the names from the root down to the grid as they were at that moment, joined by `` / ``.

        Raises:
            UnknownGrid: no grid has this id.
        """
        if at is None or not self._past:
            return tree.path(grid_id)
        names: list[str] = []
        above: int | None = grid_id
        while above is not None:
            _, name, above = self.at(tree, above, at)
            names.append(name)
        return " / ".join(reversed(names))

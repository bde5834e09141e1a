"""What a list of changes comes to in the tree as it stands: judged whole, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dispatch.domain.county_faults import Fault, fault
from dispatch.domain.resettling import Resettled, resettled
from dispatch.domain.tree_file import SHEET, renumbering, worded
from dispatch.domain.vocabulary import Role
from dispatch.storage import tree as versions
from grid_model.changes import Changed, Fate, Operation
from grid_model.changing import change
from grid_model.routing import Branch
from grid_model.tree import Grid, Tree

ENDING = frozenset({Role.DESK_OFFICER, Role.SECRETARY, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""The roles that end with a grid whose successor stands higher: they would see and decide more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The tree before and after, and what becomes of whom; new grids have ids below 0 until they are written.

    Attributes:
        scope: the lowest grid above all that is touched, of the tree before.
        carried: the grids whose open orders are looked at: closed or split ones, and all below what is moved.
    """

    before: Tree
    after: Tree
    operations: tuple[Operation, ...]
    changed: Changed
    branches: tuple[Branch, ...]
    moved: tuple[Resettled, ...]
    scope: int
    carried: frozenset[int]

    def past(self) -> list[Grid]:
        """Return the grids that are new or otherwise afterwards, as they were; levels and activity are not shown."""
        found = []
        for grid in self.before.grids():
            now = self.after.grid(grid.id)
            if (now.code, now.name, now.parent_id) != (grid.code, grid.name, grid.parent_id):
                found.append(grid)
        return found

    def wider(self) -> frozenset[int]:
        """Return the closed grids whose people would reach further where it goes: that stands higher than theirs did.

        A grid that is made stands as high as the highest of those it is made from.
        """
        closed = [fate for fate in self.changed.fates.values() if fate.closed]
        depth = self.before.depth
        height = {fate.first: depth(fate.first) for fate in closed if fate.first >= 0}
        for fate in closed:
            height[fate.first] = min(height.get(fate.first, depth(fate.grid_id)), depth(fate.grid_id))
        return frozenset(fate.grid_id for fate in closed if height[fate.first] < depth(fate.grid_id))

    def branches_after(self) -> list[Branch]:
        """Return all branches as they are afterwards."""
        moves = {one.branch_id: one for one in self.moved}
        return [
            replace(one, grid_id=moves[one.id].grid_id, active=moves[one.id].into is None) if one.id in moves else one
            for one in self.branches
        ]

    def named(self, ids: Sequence[int]) -> "Plan":
        """Return the plan with these ids for its new grids, the first for -1."""
        real = {-1 - place: grid_id for place, grid_id in enumerate(ids)}

        def name(grid_id: int) -> int:
            return real.get(grid_id, grid_id)

        grids = tuple(
            replace(one, id=name(one.id), parent_id=None if one.parent_id is None else name(one.parent_id))
            for one in self.changed.grids
        )
        fates = {
            one.grid_id: Fate(
                one.grid_id, one.ops, one.closed, tuple(map(name, one.successors)), name(one.heir), name(one.first)
            )
            for one in self.changed.fates.values()
        }
        outlines = {name(grid_id): shape for grid_id, shape in self.changed.polygons.items()}
        changed = Changed((), grids, fates, outlines)
        moved = tuple(replace(one, grid_id=name(one.grid_id)) for one in self.moved)
        return replace(self, after=Tree(grids), changed=changed, moved=moved)


async def judged(
    connection: Any, operations: Sequence[Operation], meant: Sequence[tuple[int, str, int | None]] = ()
) -> tuple[Plan | None, list[Fault]]:
    """Return what the operations come to in the tree as it stands, or everything that is wrong with them.

    ``meant`` says by row which grid a code meant when the list was asked for; a code that means another one by now is
    refused.
    """
    grids = await versions.grids(connection)
    by_code = {grid.code: grid for grid in grids}
    found = renumbering(by_code, operations)
    for row, code, grid_id in meant:
        if code in by_code and by_code[code].id != grid_id:
            found.append(fault(SHEET, row, "code_moved", code))
    changed = change(grids, operations)
    found += worded(changed.faults)
    ending = {by_code[one.code].id: one.row for one in operations if one.code in by_code}
    closed = [fate.grid_id for fate in changed.fates.values() if fate.closed]
    for grid_id in sorted(await versions.in_emergency(connection, closed)):
        code = next(grid.code for grid in grids if grid.id == grid_id)
        found.append(fault(SHEET, ending.get(grid_id, 0), "in_emergency", code))
    if found:
        return None, sorted(found, key=lambda one: one.row)
    branches = await versions.branches(connection)
    before, after = Tree(grids), Tree(changed.grids)
    touched = _touched(before, after, changed.fates)
    plan = Plan(
        before,
        after,
        tuple(operations),
        changed,
        tuple(branches),
        resettled(branches, changed.fates),
        before.lowest_common_ancestor(touched),
        frozenset(_carried(before, after, changed.fates)),
    )
    return plan, []


def _touched(before: Tree, after: Tree, fates: Mapping[int, Fate]) -> set[int]:
    """Everything whose administrator must agree: what changes, what it lay under, and what it comes to lie under."""
    found: set[int] = set()
    for fate in fates.values():
        grids = {fate.grid_id, *fate.successors}
        above = (after.superior(one) for one in grids)
        found |= {one for one in (*grids, *above, before.superior(fate.grid_id)) if one is not None and one >= 0}
    return found


def _carried(before: Tree, after: Tree, fates: Mapping[int, Fate]) -> set[int]:
    found = {fate.grid_id for fate in fates.values() if fate.closed or fate.successors}
    for grid in before.grids():
        if after.superior(grid.id) != grid.parent_id:
            found.update(before.subtree(grid.id))
    return found

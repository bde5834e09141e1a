"""The Party organisations of the demo county: committees, desks, village and grid branches, groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from dispatch.demo.apportion import shuffled
from dispatch.demo.grids import COUNTY, FIRST, FIRST_LEVEL, ROOT, SECOND, TOWNSHIP, VILLAGE, Grid, at_level
from dispatch.domain.vocabulary import BranchKind

GRID_BRANCHES = FIRST_LEVEL * 3 // 5
"""First-level grids with a branch of their own: three in five (ours)."""
GROUPS = 800
"""Second-level grids with a Party group (ours)."""

_SEED = 2
_LARGE_VILLAGE = 5  # a village with so many first-level grids has a general branch
_TOWNSHIP_DESK = "02 0301 0302 0304 0306 0501 0502 0503 0701 0704"
_NEIGHBOURLY = "01 09 10 11 14"  # what a small grid branch takes on; the rest goes to its village
_ONE_IN = 10


@dataclass(frozen=True, slots=True)
class Branch:
    """One organisation on one grid; ``categories`` as in the sheet, empty when it is competent for all."""

    code: str
    name: str
    kind: BranchKind
    grid: str
    categories: str = ""

    @property
    def dispatches(self) -> bool:
        """Whether it has a secretary who dispatches: every one but a group, which belongs to a branch."""
        return self.kind is not BranchKind.GROUP

    def row(self) -> dict[str, str]:
        """Give the row of the sheet ``branches``."""
        return {
            "code": self.code,
            "name": self.name,
            "kind": self.kind.value,
            "grid_code": self.grid,
            "categories": self.categories,
        }


def branches(tree: Sequence[Grid]) -> list[Branch]:
    """Give every organisation: committees and desks, then village branches, grid branches and groups."""
    rng = Random(_SEED)
    first = at_level(tree, FIRST)
    names = {village.code: village.short_name for village in at_level(tree, VILLAGE)}
    owners = {grid.code: names[grid.parent] for grid in first}
    chosen = set(shuffled(rng, first)[:GRID_BRANCHES])
    grouped = set(shuffled(rng, at_level(tree, SECOND))[:GROUPS])
    inside: dict[str, int] = dict.fromkeys(names, 0)
    for grid in first:
        inside[grid.parent] += 1
    found = [_committee(grid) for grid in tree if grid.level in {ROOT, TOWNSHIP}]
    found += [_desk(grid) for grid in tree if grid.level in {ROOT, TOWNSHIP}]
    found += [_village_branch(village, inside[village.code]) for village in at_level(tree, VILLAGE)]
    found += [
        Branch(
            f"B{grid.code}",
            f"{grid.name}党支部",
            BranchKind.BRANCH,
            grid.code,
            "" if place % _ONE_IN else _NEIGHBOURLY,
        )
        for place, grid in enumerate((grid for grid in first if grid in chosen), start=1)
    ]
    found += [
        Branch(f"G{grid.code}", f"{owners[grid.parent]}{grid.name}党小组", BranchKind.GROUP, grid.code)
        for grid in at_level(tree, SECOND)
        if grid in grouped
    ]
    return found


def _committee(grid: Grid) -> Branch:
    title = "工作委员会" if grid.name.endswith("开发区") else "委员会"
    return Branch(f"B{grid.code}", f"中共{grid.name}{title}（演示）", BranchKind.COMMITTEE, grid.code)


def _desk(grid: Grid) -> Branch:
    if grid.code == COUNTY:
        return Branch(f"D{grid.code}", "县职能部门工作台", BranchKind.DESK, grid.code)
    return Branch(f"D{grid.code}", f"{grid.name}便民服务中心", BranchKind.DESK, grid.code, _TOWNSHIP_DESK)


def _village_branch(village: Grid, grids_inside: int) -> Branch:
    if grids_inside >= _LARGE_VILLAGE:
        return Branch(f"B{village.code}", f"{village.short_name}党总支", BranchKind.GENERAL_BRANCH, village.code)
    return Branch(f"B{village.code}", f"{village.short_name}党支部", BranchKind.BRANCH, village.code)

"""The people of the demo county, all invented: members and in-service members, secretaries, officers and the others."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from dispatch.demo.apportion import between, shares, shuffled
from dispatch.demo.branches import Branch
from dispatch.demo.grids import COUNTY, ROOT, TOWNSHIP, UNIT, VILLAGE, Grid, at_level
from dispatch.domain.vocabulary import BranchKind, Role

MEMBERS = 3_000
HEADS = 200
IN_SERVICE = 3
"""In-service members (双报到党员) paired with each community of the shown township (ours)."""
PHONE_PREFIX = "10001"
"""Invented numbers: five digits and a running number of six."""

_SEED = 3
_SINCE = "2024-01-01"
_BASE_MEMBERS = {BranchKind.COMMITTEE: 4, BranchKind.GENERAL_BRANCH: 3, BranchKind.BRANCH: 3}
_COUNTY_SUPERVISORS = 2
_COMMUNITY = "社区"
_GRIDS_A_WORKER = 5  # a village has one grid worker for so many first-level grids, rounded up
_SKILLS = ("01", "04", "06", "08", "09", "10", "11", "12", "13", "14", "0901", "0905", "1003", "1004", "1103", "1104")
_DESK_SKILLS = ("02", "03", "05", "07")


@dataclass(slots=True)
class Population:
    """The rows of the sheets ``people`` and ``roles``, in the order in which they were added."""

    people: list[dict[str, str]] = field(default_factory=list)
    roles: list[dict[str, str]] = field(default_factory=list)

    def add(self, code: str, name: str, skills: str = "", capacity: int = 1) -> str:
        """Add one person with the next invented telephone number; give back the code."""
        phone = f"{PHONE_PREFIX}{len(self.people) + 1:06d}"
        self.people.append(
            {"code": code, "name": name, "phone": phone, "skills": skills, "capacity": str(capacity)},
        )
        return code

    def appoint(self, person: str, role: Role, grid: str, branch: str = "") -> None:
        """Give somebody a role on a grid, in a branch where there is one."""
        self.roles.append(
            {
                "person_code": person,
                "role": role.value,
                "grid_code": grid,
                "branch_code": branch,
                "valid_from": _SINCE,
                "valid_to": "",
            },
        )


def population(tree: Sequence[Grid], organisations: Sequence[Branch], paired: str) -> Population:
    """Give everybody and their roles: the few who oversee first, then members, and in-service members last.

    Args:
        tree: all grids.
        organisations: all branches.
        paired: the code of the township whose communities have in-service members paired with them.
    """
    rng = Random(_SEED)
    everybody = Population()
    _overseers(everybody, tree)
    _secretaries(everybody, organisations)
    _officers(everybody, organisations, rng)
    _grid_workers(everybody, tree)
    _heads(everybody, tree, rng)
    _members(everybody, organisations, rng)
    _in_service(everybody, [village for village in at_level(tree, VILLAGE) if village.parent == paired], rng)
    return everybody


def _overseers(everybody: Population, tree: Sequence[Grid]) -> None:
    everybody.appoint(everybody.add("A1", "演示管理员"), Role.ADMINISTRATOR, COUNTY)
    posts = [grid for grid in tree if grid.level == ROOT] * _COUNTY_SUPERVISORS + at_level(tree, TOWNSHIP)
    for number, grid in enumerate(posts, start=1):
        everybody.appoint(everybody.add(f"V{number:02d}", f"演示督办员{number:02d}"), Role.SUPERVISOR, grid.code)


def _secretaries(everybody: Population, organisations: Sequence[Branch]) -> None:
    dispatching = [branch for branch in organisations if branch.dispatches]
    for number, branch in enumerate(dispatching, start=1):
        person = everybody.add(f"S{number:03d}", f"演示书记{number:03d}")
        everybody.appoint(person, Role.SECRETARY, branch.grid, branch.code)


def _officers(everybody: Population, organisations: Sequence[Branch], rng: Random) -> None:
    desks = [branch for branch in organisations if branch.kind is BranchKind.DESK]
    posts = [desk for desk in desks for _ in range(between(rng, 2, 3))]
    for number, desk in enumerate(posts, start=1):
        skills = " ".join(sorted(shuffled(rng, _DESK_SKILLS)[:2]))
        person = everybody.add(f"O{number:02d}", f"演示承办{number:02d}", skills, between(rng, 4, 8))
        everybody.appoint(person, Role.DESK_OFFICER, desk.grid, desk.code)


def _grid_workers(everybody: Population, tree: Sequence[Grid]) -> None:
    inside: defaultdict[str, int] = defaultdict(int)
    for grid in tree:
        inside[grid.parent] += 1
    villages = at_level(tree, VILLAGE)
    posts = [village for village in villages for _ in range(-(-inside[village.code] // _GRIDS_A_WORKER))]
    for number, village in enumerate(posts, start=1):
        person = everybody.add(f"W{number:03d}", f"演示网格员{number:03d}", "01 04 06 08", capacity=3)
        everybody.appoint(person, Role.GRID_WORKER, village.code, f"B{village.code}")


def _heads(everybody: Population, tree: Sequence[Grid], rng: Random) -> None:
    units = at_level(tree, UNIT)
    chosen = set(shuffled(rng, units)[:HEADS])
    for number, unit in enumerate((unit for unit in units if unit in chosen), start=1):
        everybody.appoint(everybody.add(f"L{number:03d}", f"演示联户长{number:03d}"), Role.HEAD, unit.code)


def _members(everybody: Population, organisations: Sequence[Branch], rng: Random) -> None:
    """Fill the branches, and the groups with members who also belong to the nearest branch above."""
    by_grid = {branch.grid: branch for branch in organisations if branch.kind in _BASE_MEMBERS}
    groups = [branch for branch in organisations if branch.kind is BranchKind.GROUP]
    base = sum(_BASE_MEMBERS[branch.kind] for branch in by_grid.values())
    in_groups = shares(MEMBERS - base, [between(rng, 1, 3) for _ in groups], least=1)
    posts = [(branch, None) for branch in by_grid.values() for _ in range(_BASE_MEMBERS[branch.kind])]
    seats: list[tuple[Branch, Branch | None]] = [*posts]
    for group, count in zip(groups, in_groups, strict=True):
        seats += [(_nearest(by_grid, group.grid), group)] * count
    for number, (branch, of_group) in enumerate(seats, start=1):
        skills = " ".join(sorted(shuffled(rng, _SKILLS)[: between(rng, 1, 3)]))
        person = everybody.add(f"M{number:04d}", f"演示党员{number:04d}", skills, between(rng, 1, 4))
        everybody.appoint(person, Role.MEMBER, branch.grid, branch.code)
        if of_group is not None:
            everybody.appoint(person, Role.MEMBER, of_group.grid, of_group.code)


def _in_service(everybody: Population, villages: Sequence[Grid], rng: Random) -> None:
    posts = [village for village in villages if village.short_name.endswith(_COMMUNITY) for _ in range(IN_SERVICE)]
    for number, community in enumerate(posts, start=1):
        skills = " ".join(sorted(shuffled(rng, _SKILLS)[: between(rng, 1, 3)]))
        person = everybody.add(f"I{number:03d}", f"演示双报到{number:03d}", skills, between(rng, 1, 2))
        everybody.appoint(person, Role.IN_SERVICE, community.code, f"B{community.code}")


def _nearest(by_grid: dict[str, Branch], code: str) -> Branch:
    """Find the branch on the grid or above it; below the village each level adds three digits to the code."""
    while code not in by_grid:
        code = code[:-3]
    return by_grid[code]

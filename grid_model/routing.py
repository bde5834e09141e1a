"""Grid and category -> the branch that takes the matter, with the explanation of why it went there."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from grid_model.tree import Tree

DESKS = frozenset({"desk"})
"""Kinds of branch that take the matters of departments."""

DISPATCHING = frozenset({"committee", "general_branch", "branch", "temporary"})
"""Kinds of branch that take the matters of the grassroots and dispatch them to members."""

TEMPORARY = frozenset({"temporary"})
"""Kinds of branch that were made for a while; when that is over nobody needs to hear of them."""

GROUPS = frozenset({"group"})
"""Kinds of branch that never receive an order; a branch above dispatches for their members."""

DEPARTMENT = "D"
"""The owner whose matters are never pushed down to the grassroots (国办函〔2025〕66号)."""

PREFIX_DIGITS = 2
"""How many digits of a category's code name its class (大类)."""


class UnknownBranch(LookupError):  # noqa: N818 - it names the thing refused, as all refusals here do
    """No branch has this id or code."""


class Rule(StrEnum):
    """By which rule a matter went where it went."""

    NEAREST_BRANCH = "nearest_branch"
    DEPARTMENT_DESK = "department_desk"
    FALLBACK_ROOT = "fallback_root"


class Verdict(StrEnum):
    """What became of one candidate on the way up."""

    CHOSEN = "chosen"
    NO_BRANCH = "no_branch"
    INACTIVE = "inactive"
    NOT_COMPETENT = "not_competent"
    WRONG_KIND = "wrong_kind"


@dataclass(frozen=True, slots=True)
class Branch:
    """An organisation on a grid; ``categories`` holds codes or their first two digits, and none of them means all."""

    id: int
    code: str
    name: str
    kind: str
    grid_id: int
    categories: frozenset[str]
    active: bool = True

    def competent(self, category: str) -> bool:
        """Tell whether the branch takes matters of this category."""
        mine = self.categories
        return not mine or category in mine or category[:PREFIX_DIGITS] in mine


@dataclass(frozen=True, slots=True)
class Step:
    """One candidate looked at: a branch on a grid, or a grid without any."""

    grid_id: int
    branch_id: int | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Route:
    """Where a matter goes and why: the steps lead from its grid upwards, and end with the branch chosen, if any."""

    branch_id: int | None
    rule: Rule
    steps: tuple[Step, ...]


class Branches:
    """The branches on a tree, found by place: the nearest that may take a matter is two array look-ups away."""

    def __init__(self, tree: Tree, branches: Iterable[Branch]) -> None:
        """Index the branches.

        Raises:
            ValueError: two branches share an id or a code.
            UnknownGrid: a branch lies on a grid that the tree does not have.
        """
        self._tree = tree
        self._all = sorted(branches, key=lambda branch: branch.code)
        self._by_id = {branch.id: branch for branch in self._all}
        self._codes = [branch.code for branch in self._all]
        if len(self._by_id) != len(self._all) or len(set(self._codes)) != len(self._all):
            raise ValueError("two branches share an id or a code")
        on: defaultdict[int, list[Branch]] = defaultdict(list)
        for branch in self._all:
            on[tree.position(branch.grid_id)].append(branch)
        self._on = {position: tuple(here) for position, here in on.items()}
        self._grassroots = _Ladder(tree, self._on, DISPATCHING)
        self._desks = _Ladder(tree, self._on, DESKS)
        self._members_of = self._group_members()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Branch]:
        return iter(self._all)

    def get(self, branch_id: int) -> Branch:
        """Give the branch with this id.

        Raises:
            UnknownBranch: no branch has it.
        """
        try:
            return self._by_id[branch_id]
        except KeyError:
            raise UnknownBranch(f"no branch has the id {branch_id}") from None

    def by_code(self, code: str) -> Branch:
        """Give the branch with this code.

        Raises:
            UnknownBranch: no branch has it.
        """
        rank = bisect_left(self._codes, code)
        if rank == len(self._codes) or self._codes[rank] != code:
            raise UnknownBranch(f"no branch has the code {code!r}")
        return self._all[rank]

    def on(self, grid_id: int) -> tuple[Branch, ...]:
        """Give every branch on this very grid, of any kind and active or not, in the order of their codes."""
        return self._on.get(self._tree.position(grid_id), ())

    def standing(self, grid_id: int) -> list[Branch]:
        """Give those on this very grid but for the ones made for an emergency that is over: they are of no account."""
        return [branch for branch in self.on(grid_id) if branch.active or branch.kind not in TEMPORARY]

    def nearest(self, grid_id: int, category: str, owner: str) -> Branch | None:
        """Give the branch at or above the grid that takes this matter; of several on one grid, the lowest code."""
        ladder = self._desks if owner == DEPARTMENT else self._grassroots
        return ladder.find(self._tree.position(grid_id), category)

    def above(self, branch_id: int, category: str, owner: str) -> Branch | None:
        """Give the branch strictly above that branch's grid that takes this matter, or None at the top."""
        superior = self._tree.superior(self.get(branch_id).grid_id)
        return None if superior is None else self.nearest(superior, category, owner)

    def dispatching(self, branch_id: int) -> Branch | None:
        """Give the branch that dispatches for this one's members: itself if it may, else the nearest at or above.

        A desk, too, dispatches for its own people. A group, and a branch that is no longer active, is served by the
        nearest active one at or above its grid, a desk by a desk and all others by a grassroots branch, whatever the
        categories that one is limited to.
        """
        branch = self.get(branch_id)
        if branch.active and branch.kind in DISPATCHING | DESKS:
            return branch
        ladder = self._desks if branch.kind in DESKS else self._grassroots
        return ladder.first(self._tree.position(branch.grid_id))

    def members_of(self, branch_id: int) -> tuple[int, ...]:
        """Give the branches whose members it may call its own, by code: itself, and the active groups it serves.

        Nothing, for a group or for a branch that is no longer active: neither dispatches.
        """
        self.get(branch_id)
        return self._members_of.get(branch_id, ())

    def _group_members(self) -> dict[int, tuple[int, ...]]:
        members: defaultdict[int, list[int]] = defaultdict(list)
        for branch in self._all:
            server = self.dispatching(branch.id) if branch.active else None
            if server is not None and (server is branch or branch.kind in GROUPS):
                members[server.id].append(branch.id)
        return {server: tuple(served) for server, served in members.items()}


class _Ladder:
    """The grids that hold active branches of some kinds, and for every grid of the tree the nearest such grid."""

    def __init__(self, tree: Tree, on: dict[int, tuple[Branch, ...]], kinds: frozenset[str]) -> None:
        self._rungs: list[tuple[Branch, ...]] = []
        self._above: list[int] = []
        nearest = array("i", [-1]) * len(tree)
        for position in sorted(on):
            here = tuple(branch for branch in on[position] if branch.active and branch.kind in kinds)
            if here:
                # Preorder visits what is above first, so at this moment the array still holds the rung above.
                self._above.append(nearest[position])
                low, high = tree.interval(here[0].grid_id)
                nearest[low:high] = array("i", [len(self._rungs)]) * (high - low)
                self._rungs.append(here)
        self._nearest = nearest

    def first(self, position: int) -> Branch | None:
        rung = self._nearest[position]
        return None if rung < 0 else self._rungs[rung][0]

    def find(self, position: int, category: str) -> Branch | None:
        rung = self._nearest[position]
        while rung >= 0:
            for branch in self._rungs[rung]:
                if not branch.categories or branch.competent(category):
                    return branch
            rung = self._above[rung]
        return None


def route(tree: Tree, branches: Branches, grid_id: int, category: str, owner: str) -> Route:
    """Send a matter to the nearest branch at or above its grid that is active and competent for it (DOMAIN §4.2).

    A department's matter goes to a desk and never to the grassroots; where nobody may take it, ``branch_id`` is None
    and the rule is ``fallback_root``: whoever asks then decides what the root does with it.

    Raises:
        UnknownGrid: no grid has this id.
    """
    kinds, rule = (DESKS, Rule.DEPARTMENT_DESK) if owner == DEPARTMENT else (DISPATCHING, Rule.NEAREST_BRANCH)
    steps = []
    for at in tree.chain(grid_id):
        here = branches.standing(at)
        if not here:
            steps.append(Step(at, None, Verdict.NO_BRANCH))
        for branch in here:
            verdict = _judge(branch, category, kinds)
            steps.append(Step(at, branch.id, verdict))
            if verdict is Verdict.CHOSEN:
                return Route(branch.id, rule, tuple(steps))
    return Route(None, Rule.FALLBACK_ROOT, tuple(steps))


def _judge(branch: Branch, category: str, kinds: frozenset[str]) -> Verdict:
    if branch.kind not in kinds:
        return Verdict.WRONG_KIND
    if not branch.active:
        return Verdict.INACTIVE
    return Verdict.CHOSEN if branch.competent(category) else Verdict.NOT_COMPETENT

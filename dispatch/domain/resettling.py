"""Where the branches of closed grids go: along to the successor, or into the branch that takes their matters there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grid_model.changes import Fate
from grid_model.routing import DESKS, DISPATCHING, TEMPORARY, Branch

_FAMILIES = (DESKS, DISPATCHING - TEMPORARY)
"""The kinds of which one on a grid can take the place of another; groups and temporary branches stand by themselves."""


@dataclass(frozen=True, slots=True)
class Resettled:
    """Where a branch sits from now on; ``into`` takes its place and its people, None where it serves on by itself."""

    branch_id: int
    grid_id: int
    into: int | None


def resettled(branches: Iterable[Branch], fates: Mapping[int, Fate]) -> tuple[Resettled, ...]:
    """Return what becomes of every active branch on a closed grid, those with the lowest codes first.

    Of several that come to one grid with the same matters the first to come takes in the others.
    """
    present: defaultdict[int, list[Branch]] = defaultdict(list)
    leaving = []
    for branch in sorted(branches, key=lambda branch: branch.code):
        fate = fates.get(branch.grid_id)
        if not branch.active:
            continue
        if fate is not None and fate.closed:
            leaving.append((branch, fate.first))
        else:
            present[branch.grid_id].append(branch)
    found = []
    for branch, grid_id in leaving:
        into = next((peer for peer in present[grid_id] if _takes_in(peer, branch)), None)
        if into is None:
            present[grid_id].append(branch)
        found.append(Resettled(branch.id, grid_id, None if into is None else into.id))
    return tuple(found)


def _takes_in(peer: Branch, branch: Branch) -> bool:
    """Whether one branch is competent for all that another is."""
    if not any(peer.kind in family and branch.kind in family for family in _FAMILIES):
        return False
    return not peer.categories or (bool(branch.categories) and all(peer.competent(one) for one in branch.categories))

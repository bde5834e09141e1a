"""The branches beside a branch: those that share the next one above, which are asked last before an order rises."""

from collections import defaultdict
from weakref import WeakKeyDictionary

from dispatch.domain.vocabulary import Owner
from dispatch.domain.world import World
from grid_model.routing import DISPATCHING, Branches

_SIBLINGS: WeakKeyDictionary[Branches, dict[str, dict[int, tuple[int, ...]]]] = WeakKeyDictionary()


def siblings(branch_id: int, category: str, world: World) -> tuple[int, ...]:
    """Return the branches that share their next branch above with this one for a category, by code, without itself.

    None for a branch with nothing above it, and for one that does not dispatch to members.

    Raises:
        UnknownBranch: no branch has this id.
    """
    branches, grassroots = world.branches, Owner.GRID.value
    above = branches.above(branch_id, category, grassroots)
    if above is None or branches.get(branch_id).kind not in DISPATCHING:
        return ()
    of_category = _SIBLINGS.setdefault(branches, {})
    families = of_category.get(category)
    if families is None:  # worked out once for every branch: a look upwards each, and worlds are replaced as a whole
        found: defaultdict[int, list[int]] = defaultdict(list)
        for branch in branches:
            if branch.active and branch.kind in DISPATCHING and branch.competent(category):
                superior = branches.above(branch.id, category, grassroots)
                if superior is not None:
                    found[superior.id].append(branch.id)
        families = of_category[category] = {superior: tuple(below) for superior, below in found.items()}
    return tuple(one for one in families.get(above.id, ()) if one != branch_id)

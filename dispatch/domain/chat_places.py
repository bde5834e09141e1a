"""Where a message says it is: the grids that it names, those within its reader's reach first."""

import re
from collections.abc import Iterable, Sequence

from dispatch.domain.guesses import Candidate, Guess, Sure
from dispatch.domain.world import World
from grid_model.places import Located
from grid_model.tree import COUNTY, Tree

SHOWN = 10
"""How many grids are shown where several bear the name."""

_SUFFIX = re.compile(r"(?:居民委员会|居委会|村民委员会|村委会|村|社区|镇|乡|街道|办事处)$")
_SHORTEST = 2


def places(text: str, world: World, spans: Sequence[tuple[int, int]], homes: Iterable[int]) -> Guess:
    """Guess the grid that a message speaks of; values are codes of grids.

    Args:
        text: what was said.
        world: the county, whose names are looked for.
        spans: the preorder intervals that the filer serves: of several grids of one name theirs is meant.
        homes: the grids that the filer serves most closely, guessed where the message names none.
    """
    tree = world.tree
    found = world.places.by_address(text)
    if found.rule is Located.UNKNOWN or found.grid_id is None:
        near = tuple(Candidate(tree.grid(home).code) for home in homes)
        return Guess(near[0].value if len(near) == 1 else None, Sure.LOW, near[:SHOWN])
    if found.rule is Located.ADDRESS:
        one = Candidate(tree.grid(found.grid_id).code, _why(text, found.grid_id, tree))
        clear = _reached(found.grid_id, tree, spans) and not _broad(found.grid_id, tree) and bool(one.why)
        return Guess(one.value, Sure.HIGH if clear else Sure.LOW, (one,))
    ordered = sorted(found.candidates, key=lambda grid_id: not _reached(grid_id, tree, spans))
    ours = [grid_id for grid_id in ordered if _reached(grid_id, tree, spans)]
    candidates = tuple(Candidate(tree.grid(grid_id).code, _why(text, grid_id, tree)) for grid_id in ordered[:SHOWN])
    return Guess(candidates[0].value if len(ours) == 1 else None, Sure.LOW, candidates)


def _reached(grid_id: int, tree: Tree, spans: Sequence[tuple[int, int]]) -> bool:
    position = tree.position(grid_id)
    return any(low <= position < high for low, high in spans)


def _broad(grid_id: int, tree: Tree) -> bool:
    """Whether it is a county or what lies right below or above one: no address ends there."""
    grid = tree.grid(grid_id)
    parent = None if grid.parent_id is None else tree.grid(grid.parent_id)
    return grid.kind == COUNTY or parent is None or parent.kind == COUNTY


def _why(text: str, grid_id: int, tree: Tree) -> tuple[str, ...]:
    """The names of the grid and of those above it, as far as the text has them."""
    found = []
    while True:
        grid = tree.grid(grid_id)
        name = grid.name
        while name not in text and (shorter := _SUFFIX.sub("", name)) != name and len(shorter) >= _SHORTEST:
            name = shorter
        if name in text:
            found.append(name)
        if grid.parent_id is None:
            return tuple(reversed(found))
        grid_id = grid.parent_id

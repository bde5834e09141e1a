"""How grids, branches, orders and words stand inside every answer."""

from datetime import datetime
from typing import Any

from dispatch.domain import numbers
from dispatch.domain.order import Order
from dispatch.domain.vocabulary import Word
from dispatch.domain.world import World
from grid_model.routing import UnknownBranch
from grid_model.tree import UnknownGrid


def number_of(order: Order, world: World) -> str:
    """Return the 15 digits of an order's number, which are its public id."""
    return numbers.number(world.tree.called(order.region)[0], order.id)


def numbered(region: int, order_id: int, world: World) -> str:
    """Return an order's number as people read it."""
    return numbers.grouped(numbers.number(world.tree.grid(region).code, order_id))


def grid_ref(grid_id: int, world: World, at: datetime | None = None) -> dict[str, Any]:
    """Return a grid as it stands inside other answers; one imported since the last reload is not named.

    With a time it is told as it was then: the tree may have changed since.
    """
    try:
        if at is None:
            code, name = world.tree.called(grid_id)
            return {"code": code, "name": name, "path": world.tree.path(grid_id)}
        code, name, _ = world.history.at(world.tree, grid_id, at)
        return {"code": code, "name": name, "path": world.history.path(world.tree, grid_id, at)}
    except UnknownGrid:
        return {"code": "?", "name": "…", "path": "…"}


def branch_ref(branch_id: int | None, world: World) -> dict[str, Any] | None:
    """Return a branch as it stands inside other answers, named as above; its id is its code."""
    if branch_id is None:
        return None
    try:
        branch = world.branches.get(branch_id)
    except UnknownBranch:
        return {"id": "?", "name": "…"}
    return {"id": branch.code, "name": branch.name}


def label(word: Word) -> dict[str, str]:
    """Return a word's labels."""
    return {"zh": word.zh, "en": word.en}

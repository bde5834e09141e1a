"""The tree, the categories and the lifecycle over HTTP: public, and answered from memory."""

from typing import Any

from dispatch.domain import errors, lifecycle
from dispatch.domain.vocabulary import Action, State
from dispatch.http import bodies
from dispatch.http.endpoints import Call, Reply
from dispatch.usecases import outlines as outlining
from dispatch.usecases.references import branch_ref, grid_ref, label
from grid_model.tree import Grid, Tree, UnknownGrid


def _grid(call: Call) -> Grid:
    try:
        return call.service.world.places.coded(call.path["code"])
    except UnknownGrid as unknown:
        raise errors.GridNotFound(grid=call.path["code"]) from unknown


def _children(tree: Tree, grid_id: int) -> list[int]:
    """The grids right below that are in use: what was closed lies below its successor."""
    return [child for child in tree.children(grid_id) if tree.grid(child).active]


def _short(tree: Tree, grid_id: int) -> dict[str, Any]:
    grid = tree.grid(grid_id)
    return {
        "code": grid.code,
        "name": grid.name,
        "level": grid.level,
        "level_name": grid.level_name,
        "kind": grid.kind,
        "children": len(_children(tree, grid_id)),
    }


async def show(call: Call) -> Reply:
    """Show one grid."""
    world, grid = call.service.world, _grid(call)
    chain = world.tree.chain(grid.id)
    answer = {
        **_short(world.tree, grid.id),
        "path": world.tree.path(grid.id),
        "parent": None if grid.parent_id is None else world.tree.grid(grid.parent_id).code,
        "chain": [
            {"code": one.code, "name": one.name, "level_name": one.level_name} for one in map(world.tree.grid, chain)
        ],
        "counts": world.tree.counts_by_level(grid.id),
        "branches": [branch_ref(branch.id, world) for branch in world.branches.standing(grid.id)],
    }
    return Reply(200, answer)


async def children(call: Call) -> Reply:
    """Show the grids right below one."""
    tree = call.service.world.tree
    return Reply(200, {"items": [_short(tree, child) for child in _children(tree, _grid(call).id)]})


async def outlines(call: Call) -> Reply:
    """Show the outlines of the grids right below one."""
    return Reply(200, await outlining.outlines(call.service, _grid(call).id))


async def locate(call: Call) -> Reply:
    """Find the grid that takes a place."""
    query: bodies.LocateQuery = call.query
    places = call.service.world.places
    if query.code is not None:
        found = places.by_code(query.code)
        if found.grid_id is None:
            raise errors.GridNotFound(grid=query.code)
    elif query.lon is not None and query.lat is not None:
        found = places.by_point(query.lon, query.lat)
    else:
        found = places.by_address(query.address or "")
    world = call.service.world
    answer = {
        "grid": None if found.grid_id is None else grid_ref(found.grid_id, world),
        "rule": str(found.rule),
        "candidates": [grid_ref(grid_id, world) for grid_id in found.candidates],
    }
    return Reply(200, answer)


async def categories(call: Call) -> Reply:
    """List the categories, the smaller ones under the larger."""
    known = call.service.world.categories.values()
    below: dict[str | None, list[dict[str, Any]]] = {}
    for category in known:
        item = {
            "code": category.code,
            "name": category.name,
            "name_en": category.name_en,
            "owner": category.owner.value,
            "owner_label": label(category.owner),
            "urgency": category.urgency.value,
        }
        below.setdefault(category.parent_code, []).append(item)
    return Reply(200, {"items": [{**item, "items": below.get(item["code"], [])} for item in below.get(None, [])]})


async def table(_call: Call) -> Reply:
    """Show the lifecycle."""
    rows = [
        {
            "from": row.from_state.value,
            "action": row.action.value,
            "who": [party.value for party in row.parties],
            "to": row.to_state.value,
            "starts": [clock.value for clock in row.starts],
            "stops": [clock.value for clock in row.stops],
            "at_once": [clock.value for clock in row.at_once],
        }
        for row in lifecycle.TABLE
    ]
    answer = {
        "states": [{"state": state.value, **label(state)} for state in State],
        "actions": [{"action": action.value, **label(action)} for action in Action],
        "rows": rows,
        "mermaid": lifecycle.mermaid(),
    }
    return Reply(200, answer)

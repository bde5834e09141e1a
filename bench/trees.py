"""One tree, measured in a process of its own: ``python -m bench.trees VILLAGES`` tells time and memory as JSON."""

import gc
import json
import random
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from bench import nation
from grid_model.places import Places
from grid_model.routing import Branch, Branches
from grid_model.tree import COUNTY, Tree

CATEGORY, OWNER = "0901", "P"
SAMPLE, ADDRESSES, ROUNDS = 2_000, 300, 5
_CELLS, _CELL = 1_000, 0.02  # a lattice of squares: so many in a row, so many degrees wide


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked up: each with the grid that must be found."""

    codes: list[tuple[str, int]]
    points: list[tuple[tuple[float, float], int]]
    addresses: list[tuple[str, int]]


def _nation(villages: int) -> tuple[Tree, Branches, Places, Asked, float]:
    began = time.perf_counter()
    tree = Tree(nation.grids(villages))
    build = time.perf_counter() - began
    lowest = [grid for grid in tree.grids() if grid.level == len(nation.LEVELS) - 1]
    above = [grid for grid in tree.grids() if grid.level == len(nation.LEVELS) - 2 or grid.kind == COUNTY]
    branches = Branches(
        tree,
        (Branch(at, f"B{grid.code}", grid.name, "committee", grid.id, frozenset()) for at, grid in enumerate(above, 1)),
    )
    import shapely  # noqa: PLC0415 - heavy

    at = range(len(lowest))
    west, south = ([_CELL * (place % _CELLS) for place in at], [_CELL * (place // _CELLS) for place in at])
    squares = shapely.box(west, south, [x + _CELL for x in west], [y + _CELL for y in south])
    shapes = dict(zip((grid.id for grid in lowest), shapely.to_wkb(squares).tolist(), strict=True))
    drawn = random.Random(1).sample(range(len(lowest)), min(SAMPLE, len(lowest)))
    # the name of a village is one of thousands alike: only with what lies above is it an address
    asked = Asked(
        [(lowest[one].code, lowest[one].id) for one in drawn],
        [((west[one] + _CELL / 2, south[one] + _CELL / 2), lowest[one].id) for one in drawn],
        [(_address(tree, lowest[one].id), lowest[one].id) for one in drawn[:ADDRESSES]],
    )
    return tree, branches, Places(tree, shapes), asked, build


def _address(tree: Tree, grid_id: int) -> str:
    return "".join(tree.grid(at).name for at in reversed([*tree.chain(grid_id)][:-1]))


def _county() -> tuple[Tree, Branches, Places, Asked, float]:
    import shapely  # noqa: PLC0415

    from dispatch.demo.county import county  # noqa: PLC0415 - heavy
    from grid_model.tree import Grid  # noqa: PLC0415

    sheets = county()
    ids = {row["code"]: at for at, row in enumerate(sheets["grids"], 1)}
    grids = [
        Grid(
            ids[r["code"]], r["code"], r["name"], int(r["level"]), r["level_name"], r["kind"], ids.get(r["parent_code"])
        )
        for r in sheets["grids"]
    ]
    began = time.perf_counter()
    tree = Tree(grids)
    build = time.perf_counter() - began
    branches = Branches(
        tree,
        (
            Branch(
                at, row["code"], row["name"], row["kind"], ids[row["grid_code"]], frozenset(row["categories"].split())
            )
            for at, row in enumerate(sheets["branches"], 1)
        ),
    )
    shapes = {ids[row["code"]]: shapely.from_geojson(row["geojson"]) for row in sheets["polygons"]}
    wkb = {grid: shapely.to_wkb(shape) for grid, shape in shapes.items()}
    drawn = random.Random(1)
    codes = [(grid.code, grid.id) for grid in drawn.sample(grids, SAMPLE)]
    found = []
    for grid, shape in drawn.choices(list(shapes.items()), k=SAMPLE):
        point = shape.representative_point()
        found.append(((point.x, point.y), grid))
    villages = [grid for grid in grids if grid.level == 2]  # noqa: PLR2004 - below the townships
    addresses = [(_address(tree, grid.id), grid.id) for grid in drawn.choices(villages, k=SAMPLE)]
    return tree, branches, Places(tree, wkb), Asked(codes, found, addresses), build


def _timed(
    asked: list[tuple[Any, int]], find: Callable[[Any], int | None], tree: Tree
) -> Iterator[tuple[float, float]]:
    """Yield microseconds each and the share that found its grid, or one within it, for every round."""
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = [find(one) for one, _ in asked]
        seconds = time.perf_counter() - began
        right = sum(
            got is not None and (got == grid or tree.within(got, grid))
            for got, (_, grid) in zip(found, asked, strict=True)
        )
        yield 1e6 * seconds / len(asked), right / len(asked)


def measured(villages: int) -> dict[str, Any]:
    """Build the tree, look places up in it, and tell."""
    gc.collect()
    tree, branches, places, asked, build = _nation(villages) if villages else _county()
    gc.collect()

    def routed(grid: int | None) -> int | None:
        return grid if grid is not None and branches.nearest(grid, CATEGORY, OWNER) is not None else None

    began = time.perf_counter()
    ways: dict[str, tuple[list[tuple[Any, int]], Callable[[Any], int | None]]] = {
        "code": (asked.codes, lambda code: routed(places.by_code(code).grid_id)),
        "point": (asked.points, lambda at: routed(places.by_point(*at).grid_id)),
        "address": (asked.addresses, lambda text: routed(places.by_address(text).grid_id)),
    }
    for given, find in ways.values():
        find(given[0][0])  # names and polygons are indexed at the first question
    index = time.perf_counter() - began
    rounds = {way: list(_timed(given, find, tree)) for way, (given, find) in ways.items()}
    return {
        "grids": len(tree),
        "us": {way: [us for us, _ in found] for way, found in rounds.items()},
        "found": {way: min(right for _, right in found) for way, found in rounds.items()},
        "bytes": _bytes(tree) / len(tree),
        "rss_mb": psutil.Process().memory_info().rss / 2**20,
        "build_s": build,
        "index_s": index,
        "source": nation.source() if villages else "dispatch.demo",
    }


def _bytes(whole: object) -> int:
    """Return the bytes of an object with all that only it and its parts refer to."""
    seen, waiting, total = set[int](), [whole], 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (type, types.ModuleType, types.FunctionType)):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting += gc.get_referents(one)
    return total


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))

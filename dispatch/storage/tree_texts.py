"""The operations of a version of the tree, and what became of which grid, as JSON."""

from collections.abc import Mapping
from typing import Any

import orjson

from grid_model.changes import Fate, Op, Operation


def told(one: Operation) -> dict[str, Any]:
    """Return an operation as JSON, without what it does not tell; an outline as the hexadecimal of its WKB."""
    values = {"row": one.row, "op": one.op.value, "code": one.code, "to": one.to, "name": one.name}
    values |= {"parent": one.parent, "level_name": one.level_name}
    values["polygon"] = None if one.polygon is None else one.polygon.hex()
    return {name: value for name, value in values.items() if value is not None}


def operations(text: str) -> tuple[Operation, ...]:
    """Return the operations that ``told`` wrote."""
    found = []
    for one in orjson.loads(text):
        shape = one.pop("polygon", None)
        one.pop("meant", None)
        found.append(Operation(**{**one, "op": Op(one["op"])}, polygon=None if shape is None else bytes.fromhex(shape)))
    return tuple(found)


def meanings(one: Operation, ids: Mapping[str, int]) -> dict[str, int | None]:
    """Return the grids that the codes of an operation mean, by code; None for one that no grid has."""
    named = () if one.op is Op.RECODE else (one.to, one.parent)
    return {code: ids.get(code) for code in (one.code, *named) if code is not None}


def meant(text: str) -> list[tuple[int, str, int | None]]:
    """Return (row, code, grid) of the codes of kept operations; the grid that the code meant when it was asked for."""
    return [(one["row"], code, of) for one in orjson.loads(text) for code, of in one.get("meant", {}).items()]


def fates_told(fates: Mapping[int, Fate]) -> str:
    """Return what becomes of which grid as JSON."""
    rows = [
        [one.grid_id, [op.value for op in one.ops], one.closed, list(one.successors), one.heir, one.first]
        for one in fates.values()
    ]
    return orjson.dumps(rows).decode()


def fates(text: str) -> dict[int, Fate]:
    """Return what became of which grid, as it was put on record."""
    found = (
        Fate(grid_id, tuple(Op(op) for op in ops), closed, tuple(successors), heir, first)
        for grid_id, ops, closed, successors, heir, first in orjson.loads(text)
    )
    return {fate.grid_id: fate for fate in found}

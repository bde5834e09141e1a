"""What is shown of changes of the tree: JSON-ready dicts."""

from datetime import datetime
from typing import Any

import orjson

from dispatch.domain.tree_words import OpWord, TreeState
from dispatch.domain.world import World
from dispatch.storage import tree_texts
from dispatch.usecases.references import grid_ref, label
from grid_model.changes import Operation
from grid_model.tree import Tree


def version_view(row: Any, world: World) -> dict[str, Any]:
    """Return a version of the tree, from its row."""
    state = TreeState.WAITING if row["applied_at"] is None else TreeState.APPLIED
    state = state if row["refused_at"] is None else TreeState.REFUSED
    state = state if row["cancelled_by"] is None else TreeState.CANCELLED
    return {
        "number": row["number"],
        "state": state.value,
        "state_label": label(state),
        "grid": grid_ref(row["grid_id"], world),
        "on": row["on_day"].isoformat(),
        "reason": row["reason"],
        "by": row["actor"],
        "asked_at": row["asked_at"].isoformat(),
        "applied_at": _time(row["applied_at"]),
        "refused_at": _time(row["refused_at"]),
        "carried_at": _time(row["carried_at"]),
        "orders_carried": row["moved"] or 0,
        "operations": [shown(one) for one in tree_texts.operations(row["operations"])],
        "faults": [] if row["faults"] is None else orjson.loads(row["faults"]),
    }


def shown(one: Operation) -> dict[str, Any]:
    """Return an operation for a reader, in words too; whether it has an outline, and not the outline."""
    return {
        "row": one.row,
        "op": one.op.value,
        "op_label": label(OpWord(one.op.value)),
        "code": one.code,
        "to": one.to,
        "name": one.name,
        "parent": one.parent,
        "level_name": one.level_name,
        "polygon": one.polygon is not None,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def path_of(tree: Tree, grid_id: int) -> dict[str, str]:
    """Return a grid of some tree, now or to come, as it stands inside other answers."""
    grid = tree.grid(grid_id)
    return {"code": grid.code, "name": grid.name, "path": tree.path(grid_id)}

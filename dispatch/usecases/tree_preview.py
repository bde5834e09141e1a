"""What a change of the tree would mean for whom, before anybody does it: nothing is written."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from dispatch.domain.order import Actor
from dispatch.domain.resettling import Resettled
from dispatch.domain.tree_words import BranchFate, GridFate, OpWord, OutlineFate
from dispatch.domain.vocabulary import Owner, Role, State
from dispatch.storage import tree as versions
from dispatch.usecases.calendars import today
from dispatch.usecases.references import label
from dispatch.usecases.service import Service
from dispatch.usecases.tree import must_administer, sound
from dispatch.usecases.tree_plan import ENDING, Plan
from dispatch.usecases.tree_views import path_of, shown
from grid_model.changes import Fate, Operation
from grid_model.routing import DESKS, GROUPS, Branch, Branches


async def preview(
    service: Service, actor: Actor, operations: Sequence[Operation], on_day: date | None, now: datetime
) -> dict[str, Any]:
    """Return everything a list of changes touches, with what becomes of each.

    Raises:
        NotYours: the actor is no administrator of all that is touched.
        Invalid: with every fault of the list.
    """
    must_administer(actor)
    async with service.database.transaction(isolation="repeatable_read", readonly=True) as connection:
        plan = await sound(connection, operations, actor)
        below = {one for fate in plan.changed.fates for one in plan.before.subtree(fate)}
        waiting = await versions.counts(connection, "open_orders", sorted(below))
        closed = sorted(fate.grid_id for fate in plan.changed.fates.values() if fate.closed)
        into = [one.branch_id for one in plan.moved if one.into is not None]
        roles = await versions.counts(connection, "roles", closed, into, today(now))
        households = await versions.counts(connection, "households", closed)
        outlines = await versions.outlines(connection, _all(plan))
    day = on_day or today(now)
    return {
        "on": day.isoformat(),
        "at_once": day <= today(now),
        "grid": path_of(plan.before, plan.scope),
        "operations": [shown(one) for one in operations],
        "grids": [_grid(fate, plan) for fate in plan.changed.fates.values()],
        "new_grids": [path_of(plan.after, grid.id) for grid in plan.changed.grids if grid.id < 0],
        "orders": _orders(waiting, plan),
        "branches": [_branch(one, plan) for one in plan.moved],
        "roles": _roles(roles, plan),
        "households": [
            {
                "grid": path_of(plan.before, row["grid_id"]),
                "count": row["n"],
                "to": path_of(plan.after, plan.changed.fates[row["grid_id"]].heir),
            }
            for row in households
        ],
        "polygons": list(_outlines(outlines, plan)),
        "superiors": list(_superiors(plan)),
    }


def _all(plan: Plan) -> set[int]:
    return {one for fate in plan.changed.fates.values() for one in (fate.grid_id, *fate.successors) if one >= 0}


def _grid(fate: Fate, plan: Plan) -> dict[str, Any]:
    if fate.closed:
        what = GridFate.CLOSED
    elif fate.successors:
        what = GridFate.DIVIDED
    elif plan.before.grid(fate.grid_id).parent_id != plan.after.grid(fate.grid_id).parent_id:
        what = GridFate.MOVED
    else:
        what = GridFate.NAMED
    return {
        "before": path_of(plan.before, fate.grid_id),
        "fate": what.value,
        "fate_label": label(what),
        "ops": [label(OpWord(op.value)) for op in fate.ops],
        "after": None if fate.closed else path_of(plan.after, fate.grid_id),
        "successors": [path_of(plan.after, one) for one in fate.successors],
    }


def _orders(waiting: Iterable[Any], plan: Plan) -> dict[str, Any]:
    """Open orders by grid and state: those of grids that end are carried over, of others only the path is another."""
    items, carried, total = [], 0, 0
    for row in waiting:
        fate = plan.changed.fates.get(row["grid_id"])
        state = State(row["state"])
        to = row["grid_id"] if fate is None else fate.heir
        parts = () if fate is None or len(fate.successors) < 2 else fate.successors  # noqa: PLR2004 - one, or several
        total += row["n"]
        carried += row["n"] if row["grid_id"] in plan.carried else 0
        items.append(
            {
                "grid": path_of(plan.before, row["grid_id"]),
                "state": state.value,
                "state_label": label(state),
                "count": row["n"],
                "to": path_of(plan.after, to),
                "by_place": [path_of(plan.after, part) for part in parts],
            }
        )
    return {"total": total, "looked_at": carried, "items": items}


def _branch(one: Resettled, plan: Plan) -> dict[str, Any]:
    known = {branch.id: branch for branch in plan.branches}
    what = BranchFate.MOVED if one.into is None else BranchFate.TAKEN_IN
    branch = known[one.branch_id]
    return {
        "branch": _ref(branch),
        "fate": what.value,
        "fate_label": label(what),
        "before": path_of(plan.before, branch.grid_id),
        "after": path_of(plan.after, one.grid_id),
        "into": None if one.into is None else _ref(known[one.into]),
    }


def _ref(branch: Branch) -> dict[str, str]:
    return {"id": branch.code, "name": branch.name}


def _roles(found: Iterable[Any], plan: Plan) -> list[dict[str, Any]]:
    codes = {branch.id: branch for branch in plan.branches}
    into = {one.branch_id: one.into for one in plan.moved if one.into is not None}
    items = []
    for row in found:
        fate, role = plan.changed.fates.get(row["grid_id"]), Role(row["role"])
        branch, kept = row["branch_id"], row["grid_id"] in plan.wider()
        ends = kept and role in ENDING
        taken = into.get(branch, branch)
        items.append(
            {
                "role": role.value,
                "role_label": label(role),
                "count": row["n"],
                "before": path_of(plan.before, row["grid_id"]),
                "after": path_of(plan.after, row["grid_id"] if fate is None or kept else fate.first),
                "ends": ends,
                "branch_before": None if branch is None else _ref(codes[branch]),
                "branch_after": None if taken is None or ends else _ref(codes[taken]),
            }
        )
    return items


def _outlines(outlines: dict[int, bytes], plan: Plan) -> Iterator[dict[str, Any]]:
    """What becomes of outlines, by the rules of ``grid_model.reshaping``."""
    told = plan.changed.polygons
    for grid_id in sorted(told):
        yield {"grid": path_of(plan.after, grid_id), "fate": OutlineFate.TOLD.value, **_worded(OutlineFate.TOLD)}
    gaining = Counter(
        fate.successors[0]
        for fate in plan.changed.fates.values()
        if fate.closed and len(fate.successors) == 1 and fate.grid_id in outlines
    )
    for heir in sorted(gaining):
        if heir not in told and (heir < 0 or heir in outlines):
            yield {"grid": path_of(plan.after, heir), "fate": OutlineFate.UNITED.value, **_worded(OutlineFate.UNITED)}
    for fate in plan.changed.fates.values():
        parts = [part for part in fate.successors if part in told]
        if not fate.closed and parts and fate.grid_id in outlines and fate.grid_id not in told:
            cut = OutlineFate.CUT
            yield {"grid": path_of(plan.after, fate.grid_id), "fate": cut.value, **_worded(cut)}


def _worded(what: OutlineFate) -> dict[str, Any]:
    return {"fate_label": label(what)}


def _superiors(plan: Plan) -> Iterator[dict[str, Any]]:
    """Units that serve on, under another unit than before."""
    before, later = Branches(plan.before, plan.branches), Branches(plan.after, plan.branches_after())
    moved = {one.branch_id for one in plan.moved}
    for branch in later:
        if not branch.active or branch.kind in GROUPS or not (branch.id in moved or branch.grid_id in plan.carried):
            continue
        owner = Owner.DEPARTMENT.value if branch.kind in DESKS else Owner.GRID.value
        category = min(branch.categories, default="")
        was, now = before.above(branch.id, category, owner), later.above(branch.id, category, owner)
        if was != now:
            yield {
                "branch": _ref(branch),
                "before": None if was is None else _ref(was),
                "after": None if now is None else _ref(now),
            }

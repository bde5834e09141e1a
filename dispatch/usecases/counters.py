"""The counters of a county, a township or a village: what is open there, how late it is, and what came in today."""

from datetime import datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import outermost
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Role
from dispatch.domain.world import World
from dispatch.storage import counters
from dispatch.storage.counters import NOTHING, Counted
from dispatch.usecases.acting import grid_named
from dispatch.usecases.references import branch_ref, grid_ref
from dispatch.usecases.service import Service

READERS = frozenset({Role.SECRETARY, Role.DESK_OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""The roles in which somebody answers for a subtree, and reads its counters."""


async def fold(service: Service, now: datetime) -> int:
    """Put what has changed into the tallies, so that little is left to be added up when they are read."""
    return await counters.fold(service.database, now, now.astimezone(service.world.calendar.zone).date())


async def read(service: Service, grid: str | None, by: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the counters of a subtree, and the same for each grid right below it or each branch in it.

    Args:
        service: the service.
        grid: the code of the subtree's grid; None is the highest the reader answers for.
        by: ``grid`` or ``branch``: a branch is counted by what it holds.
        actor: the reader.
        now: the service's time.

    Raises:
        NotYours: the reader does not answer for that grid, or for none.
        Invalid: no such grid.
    """
    world = service.world
    asked = subtree(grid, actor, world)
    today = now.astimezone(world.calendar.zone).date()
    found = await counters.by_grid(service.database, asked, now, today, below=by == "grid")
    parts: list[dict[str, Any]] = []
    if by == "grid":
        parts = [
            {"grid": grid_ref(one, world), "branch": None, **_view(found.get(one, NOTHING))}
            for one in world.tree.children(asked)
            if world.tree.grid(one).active
        ]
    else:
        low, high = world.tree.interval(asked)
        inside = [one.id for one in world.branches if low <= world.tree.position(one.grid_id) < high]
        held = await counters.by_branch(service.database, inside, now)
        # without the grid's path, which would take longer than all the rest: a county has many branches
        parts = [
            {"grid": None, "branch": branch_ref(one, world), **_view(held[one])}
            for one in inside
            if one in held and held[one].open
        ]
    return {
        "at": now.isoformat(),
        "day": today.isoformat(),
        "grid": grid_ref(asked, world),
        **_view(found.get(asked, NOTHING)),
        "items": parts,
    }


def subtree(code: str | None, actor: Actor, world: World) -> int:
    """Return the grid with that code, or the highest the reader answers for where none is asked for.

    Raises:
        NotYours: the reader does not answer for that grid, or for none.
        Invalid: no such grid.
    """
    own = [grant.grid_id for grant in actor.grants if grant.role in READERS]
    if not own:
        raise errors.NotYours
    if code is None:
        widest = max(outermost(map(world.tree.interval, own)), key=lambda span: span[1] - span[0])
        return world.tree.at(widest[0])
    asked = grid_named(code, world.tree)
    if not any(world.tree.within(asked, grid_id) for grid_id in own):
        raise errors.NotYours
    return asked


def _view(counted: Counted) -> dict[str, Any]:
    return {
        "open": counted.open,
        "by_state": {state.value: count for state, count in counted.states.items()},
        "by_urgency": {urgency.value: count for urgency, count in counted.urgencies.items()},
        "by_level": list(counted.levels),
        "overdue": counted.overdue,
        "listed": counted.listed,
        "filed_today": counted.filed,
        "ended_today": counted.ended,
    }

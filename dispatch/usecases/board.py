"""A branch's board: what waits to be dispatched, is offered, handled or late, is due today, or is to be decided."""

from datetime import datetime, time, timedelta
from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.order import Actor, Order
from dispatch.domain.vocabulary import Role, State, Word
from dispatch.domain.world import World
from dispatch.storage import board as stored
from dispatch.storage import counters
from dispatch.storage.orders import Dossier
from dispatch.usecases import affair_views, behalf
from dispatch.usecases.references import branch_ref, grid_ref, label
from dispatch.usecases.service import Service
from dispatch.usecases.views import order_view
from grid_model.routing import UnknownBranch
from grid_model.tree import UnknownGrid

SERVED_BY = frozenset({Role.SECRETARY, Role.DESK_OFFICER})
"""The roles in which somebody keeps the board of their own branch."""

LOOKED_ON_BY = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
"""The roles in which somebody looks at any board below them."""


DECIDED_BY = frozenset({Role.SECRETARY, Role.SUPERVISOR})
"""The roles in which somebody decides on what was asked of a branch."""


class Column(Word):
    """A column of a board (看板列)."""

    WAITING = "waiting", "待派单", "waiting to be dispatched"
    OFFERED = "offered", "待接单", "offered"
    HANDLED = "handled", "办理中", "being handled"
    DUE_TODAY = "due_today", "今日到期", "due today"
    OVERDUE = "overdue", "已超时", "overdue"
    TO_DECIDE = "to_decide", "待审批", "to be decided"


async def board(service: Service, code: str | None, most: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return a branch's board: of each column how many orders stand in it, and the ``most`` that press the most.

    Args:
        service: the service.
        code: the branch's code; None is the reader's own.
        most: how many orders a column shows.
        actor: the reader.
        now: the service's time.

    Raises:
        NotYours: the reader neither serves that branch nor looks on it from above, or serves none.
        Invalid: no such branch.
    """
    world, reader = service.world, actor.person_id
    if reader is None:
        raise errors.Unauthenticated
    branch = _branch(code, actor, world)
    zone = world.calendar.zone
    tonight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone) - timedelta(
        microseconds=1
    )
    held = (await counters.by_branch(service.database, [branch], now)).get(branch, counters.NOTHING)
    found, due_today = await stored.cards(service.database, branch, now, tonight, most)
    asked = await _to_decide(service, branch, actor, reader)
    found[Column.TO_DECIDE.value] = asked[:most]
    counts = {
        Column.WAITING: held.states[State.RECEIVED] + held.states[State.ROUTED],
        Column.OFFERED: held.states[State.OFFERED],
        Column.HANDLED: held.states[State.ACCEPTED],
        Column.DUE_TODAY: due_today,
        Column.OVERDUE: held.overdue,
        Column.TO_DECIDE: len(asked),
    }
    views = await _views(service, found, actor, now)
    return {
        "branch": branch_ref(branch, world),
        "grid": grid_ref(world.branches.get(branch).grid_id, world),
        "at": now.isoformat(),
        "columns": [
            {
                "column": column.value,
                "label": label(column),
                "count": counts[column],
                "items": [
                    views[key]
                    for one in found.get(column.value, ())
                    if (key := (one.order.region, one.order.id)) in views
                ],
            }
            for column in Column
        ],
    }


async def mark(service: Service, code: str | None, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what a branch's board stands at: another mark whenever what stands on it has changed, at a small cost.

    Raises:
        NotYours, Invalid: as for the board itself.
    """
    if actor.person_id is None:
        raise errors.Unauthenticated
    branch = _branch(code, actor, service.world)
    return {"branch": branch_ref(branch, service.world), "mark": await stored.mark(service.database, branch, now)}


async def _to_decide(service: Service, branch: int, actor: Actor, reader: int) -> list[Dossier]:
    """Return all that the reader decides on at that branch, so that as many are counted as can be shown."""
    if not any(grant.role in DECIDED_BY for grant in actor.grants):
        return []
    found = await stored.to_decide(service.database, branch, reader)
    return [one for one in found if _decides(one.order, actor, service.world)]


async def _views(
    service: Service, found: dict[str, list[Dossier]], actor: Actor, now: datetime
) -> dict[tuple[int, int], dict[str, Any]]:
    """Show each order once, however many columns it stands in; one that is not theirs to see is left out."""
    world = service.world
    shown = {(one.order.region, one.order.id): one for cards in found.values() for one in cards}
    told = [
        (one.order, order_view(one, actor, now, world)) for one in shown.values() if _visible(one.order, actor, world)
    ]
    await behalf.tell(service, told, actor)
    await affair_views.tell(service, told, actor)
    return {(order.region, order.id): view for order, view in told}


def _branch(code: str | None, actor: Actor, world: World) -> int:
    own = [one.branch_id for one in actor.grants if one.role in SERVED_BY and one.branch_id is not None]
    if code is None:
        if not own:
            raise errors.NotYours
        return own[0]
    try:
        branch = world.branches.by_code(code)
    except UnknownBranch as unknown:
        raise errors.Invalid(errors.fault("branch", "没有这个组织", f"no such branch: {code}")) from unknown
    above = (one.grid_id for one in actor.grants if one.role in LOOKED_ON_BY)
    if branch.id not in own and not any(world.tree.within(branch.grid_id, grid_id) for grid_id in above):
        raise errors.NotYours
    return branch.id


def _visible(order: Order, actor: Actor, world: World) -> bool:
    """Whether the reader may see it, in the tree that this process has read: the database may be ahead of it."""
    try:
        return access.visible(order, actor, world)
    except (UnknownGrid, UnknownBranch):
        return False


def _decides(order: Order, actor: Actor, world: World) -> bool:
    try:
        return access.decides(order, actor, world)
    except (UnknownGrid, UnknownBranch):
        return False

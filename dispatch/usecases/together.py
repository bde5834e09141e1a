"""What waits for somebody beside who handles it: decisions of the superior, answers of co-handlers, follow-ups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.order import Actor, Order
from dispatch.domain.vocabulary import Clock, Role
from dispatch.domain.world import World
from dispatch.storage import together
from dispatch.storage.together import Waiting
from dispatch.usecases import affair_views, behalf, cursors
from dispatch.usecases.service import Service
from dispatch.usecases.views import order_view
from grid_model.routing import UnknownBranch
from grid_model.tree import UnknownGrid

_ABOVE = frozenset({Role.SECRETARY, Role.SUPERVISOR})
"""The roles in which somebody stands above others."""

Key = tuple[datetime, int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of what waits for the reader, the most pressing first, and the cursor of the next page or None."""

    items: list[dict[str, Any]]
    next: str | None


async def decisions(service: Service, actor: Actor, now: datetime, cursor: str | None, most: int) -> Listed:
    """Return the orders on which the reader may decide what was asked, the first due first."""
    world, reader = service.world, _reader(actor)
    spans = _spans(actor, world)
    branches = [
        one.id for one in world.branches if any(low <= world.tree.position(one.grid_id) < high for low, high in spans)
    ]
    found = await together.decisions(service.database, branches, reader, _after(cursor), most + 1)

    def item(order: Order) -> dict[str, Any]:
        due = order.clocks.get(Clock.DECIDE)
        return {"due": None if due is None else due.isoformat(), "overdue": due is not None and due <= now}

    return await _listed(service, found, most, actor, now, lambda order: access.decides(order, actor, world), item)


async def assists(service: Service, actor: Actor, now: datetime, cursor: str | None, most: int) -> Listed:
    """Return the orders that wait for the answer of a unit the reader speaks for, the first due first."""
    _reader(actor)
    units = frozenset(
        grant.branch_id for grant in actor.grants if grant.role in access.SPEAKING and grant.branch_id is not None
    )
    found = await together.assists(service.database, sorted(units), _after(cursor), most + 1)

    def mine(order: Order) -> list[Any]:
        return sorted(
            (one for one in order.affairs.open_assists() if one.branch in units), key=lambda one: (one.due, one.number)
        )

    def item(order: Order) -> dict[str, Any]:
        one = mine(order)[0]
        return {
            "assist": one.number,
            "required": one.required,
            "due": one.due.isoformat(),
            "overdue": one.due <= now,
        }

    return await _listed(service, found, most, actor, now, lambda order: bool(mine(order)), item)


async def follow_ups(service: Service, actor: Actor, now: datetime, cursor: str | None, most: int) -> Listed:
    """Return the orders whose residents the reader may ask how it went, the longest waiting first."""
    world, reader = service.world, _reader(actor)
    found = await together.follow_ups(service.database, _spans(actor, world), reader, _after(cursor), most + 1)
    return await _listed(
        service, found, most, actor, now, lambda order: access.follows_up(order, actor, world), lambda _: {}
    )


async def _listed(
    service: Service,
    found: Sequence[Waiting],
    most: int,
    actor: Actor,
    now: datetime,
    theirs: Callable[[Order], bool],
    item: Callable[[Order], dict[str, Any]],
) -> Listed:
    page = found[:most]
    shown = [one.dossier for one in page if _in_this_tree(one.dossier.order, theirs)]
    views = [(one.order, order_view(one, actor, now, service.world)) for one in shown]
    await behalf.tell(service, views, actor)
    await affair_views.tell(service, views, actor)
    last = page[-1] if len(found) > most else None
    following = None
    if last is not None:
        following = cursors.written(last.at, last.dossier.order.region, last.dossier.order.id)
    return Listed([{"order": view, **item(order)} for order, view in views], following)


def _in_this_tree(order: Order, theirs: Callable[[Order], bool]) -> bool:
    """Whether an order is for the reader, in the tree that this process has read: the database may be ahead of it."""
    try:
        return theirs(order)
    except (UnknownGrid, UnknownBranch):
        return False


def _spans(actor: Actor, world: World) -> tuple[tuple[int, int], ...]:
    return access.outermost(world.tree.interval(one.grid_id) for one in actor.grants if one.role in _ABOVE)


def _reader(actor: Actor) -> int:
    if actor.person_id is None:
        raise errors.Unauthenticated
    return actor.person_id


def _after(cursor: str | None) -> Key:
    return together.FIRST if cursor is None else cursors.read(cursor)

"""Looking at orders: one, its history, its way, its candidates, and lists; all under the one predicate of access."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain import access, errors, numbers
from dispatch.domain.looking import until
from dispatch.domain.order import Actor, Order
from dispatch.domain.vocabulary import State
from dispatch.domain.world import World
from dispatch.storage import kinds, lists, looks, orders, pressing
from dispatch.storage.lists import Wanted
from dispatch.storage.orders import Dossier
from dispatch.usecases import affair_views, behalf, cursors, views
from dispatch.usecases.acting import dispatches, grid_named
from dispatch.usecases.choosing import choices
from dispatch.usecases.revealing import look_view
from dispatch.usecases.service import Service
from grid_model.tree import COUNTY, Tree, UnknownGrid


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What somebody wants listed."""

    states: tuple[str, ...] | None = None
    grid: str | None = None
    category: str | None = None
    mine: bool = False
    overdue: bool | None = None
    listed: bool | None = None
    kind: str | None = None
    pressing: bool = False
    cursor: str | None = None
    limit: int = 20


def key_of(service: Service, ident: str) -> tuple[int, int]:
    """Return the key of the order with that id or number, or raise OrderNotFound."""
    parsed = numbers.parse(ident)
    region = None if parsed is None else service.region(parsed[0])
    if parsed is None or region is None:
        raise errors.OrderNotFound
    return region, parsed[1]


async def seen(service: Service, key: tuple[int, int], actor: Actor) -> Dossier:
    """Return the order with ``key``, or raise OrderNotFound or NotYours."""
    dossier = await service.find((*key, None))
    if not access.visible(dossier.order, actor, service.world):
        raise errors.NotYours
    return dossier


async def order(service: Service, key: tuple[int, int], actor: Actor, now: datetime) -> dict[str, Any]:
    """Return one order; that somebody looked at the place is put on record, and the resident sees it.

    The contact is plain only where the reader tapped for it less than ten minutes ago, and still may.
    """
    dossier = await seen(service, key, actor)
    contact = access.may_reveal(dossier.order, actor, service.world)
    place = access.sees_place(dossier.order, actor, service.world)
    tapped = None
    if (place or contact) and actor.person_id is not None:
        tapped = await looks.look(service.database, key, actor.person_id, now, place=place)
    revealed = tapped if contact else None
    view = views.order_view(dossier, actor, now, service.world, contact=revealed is not None, place=place)
    view["photos"] = views.photos_view(dossier)
    await behalf.tell(service, [(dossier.order, view)], actor)
    await affair_views.tell(service, [(dossier.order, view)], actor)
    if actor.person_id is not None:
        view["may_reveal"] = contact
        view["contact_until"] = None if revealed is None else until(revealed).isoformat()
    if actor.holds_code:
        view["contact_views"] = [look_view(one) for one in await looks.looks(service.database, key)]
    return view


async def history(service: Service, key: tuple[int, int], actor: Actor) -> list[dict[str, Any]]:
    """Return the events of an order, oldest first, as ``actor`` sees them."""
    dossier = await seen(service, key, actor)
    found = await orders.events(service.database, *key)
    shown = (views.event_view(event, by, to, dossier.order, actor, service.world) for event, by, to in found)
    return [view for view in shown if view is not None]


async def way(service: Service, key: tuple[int, int], actor: Actor) -> dict[str, Any]:
    """Return why an order went where it went."""
    await seen(service, key, actor)
    return views.route_view([event for event, _, _ in await orders.events(service.database, *key)], service.world)


async def candidates(service: Service, key: tuple[int, int], actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return whom an order could be offered to, best first; for whoever dispatches it."""
    dossier = await seen(service, key, actor)
    if not dispatches(dossier.order, actor, service):
        raise errors.NotYours
    (choice,) = await choices(service.database, [dossier.order], now, service.world)
    return [
        {
            "member": choice.people[one.person_id].code,
            "name": choice.people[one.person_id].name,
            "total": one.total,
            "points": one.points,
            "load": choice.people[one.person_id].load,
            "capacity": choice.people[one.person_id].capacity,
            "left_out": None if one.left_out is None else one.left_out.value,
            "left_out_label": views.left_out_label(one.left_out),
        }
        for one in choice.ranked
    ]


async def listing(service: Service, wanted: Narrowed, actor: Actor, now: datetime) -> tuple[list[Dossier], str | None]:
    """Return a page of the orders that ``actor`` may see, newest first, and the cursor of the next page or None.

    Where ``wanted.pressing``, it is what presses most of all that is listed or late, and no page follows.
    """
    tree = service.world.tree
    within = None
    if wanted.grid is not None:
        within = tree.interval(_grid_asked(wanted.grid, service.world))
    unknown_states = set(wanted.states or ()) - {state.value for state in State}
    if unknown_states:
        raise errors.Invalid(
            errors.fault("state", "没有这个状态", f"no such state: {', '.join(sorted(unknown_states))}")
        )
    after = lists.BEGINNING if wanted.cursor is None else cursors.read(wanted.cursor)
    if wanted.category is not None and not any(code.startswith(wanted.category) for code in service.world.categories):
        return [], None  # nobody could have filed it, and no list need be walked to its end
    spans = access.scopes(actor, tree)
    more = 0 if wanted.pressing else 1  # whether there is a next page
    asked = Wanted(
        spans=spans,
        grids=_few(tree, spans, within),
        reader=actor.person_id,
        within=within,
        states=wanted.states,
        category=wanted.category,
        assignee=actor.person_id if wanted.mine else None,
        listed=wanted.listed,
        kind=wanted.kind,
        overdue_at=now if wanted.overdue is True else None,
        not_overdue_at=now if wanted.overdue is False else None,
        after=after,
        limit=wanted.limit + more,
    )
    if wanted.pressing:
        found = await pressing.page(service.database, asked, now, _county(tree, within))
    else:
        found = await (kinds if kinds.rare(asked) else lists).page(service.database, asked)
    page = found[: wanted.limit]
    shown = [one for one in page if _shown(one.order, actor, service.world)]
    last = page[-1].order if len(found) > wanted.limit else None
    return shown, None if last is None else cursors.written(last.submitted_at, last.region, last.id)


def _county(tree: Tree, within: tuple[int, int] | None) -> int | None:
    """Return the county that all of ``within`` lies in, or None: no grid comes into another county."""
    if within is None:
        return None
    region = tree.region(tree.at(within[0]))
    return region.id if region.kind == COUNTY else None


def _grid_asked(code: str, world: World) -> int:
    """Return the grid that has, or last had, that code, or raise Invalid."""
    try:
        return world.places.coded(code).id
    except UnknownGrid:
        return grid_named(code, world.tree)


def _shown(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether an order that the database found is theirs to see, in the tree that this process has read.

    Between an import and the reading of it, the intervals here and the database's are of different trees.
    """
    try:
        world.tree.position(order.grid_id)
    except UnknownGrid:
        return False
    return access.visible(order, actor, world)


MANY = 50
"""Whoever sees at least one grid in so many finds their newest orders quickest among the newest of all."""


def _few(tree: Tree, spans: Sequence[tuple[int, int]], within: tuple[int, int] | None) -> list[int] | None:
    """Return the ids of the grids in ``spans`` and ``within``, or None where they are many."""
    low, high = within or (0, len(tree))
    cut = [(max(start, low), min(end, high)) for start, end in spans]
    if sum(max(0, end - start) for start, end in cut) * MANY >= len(tree):
        return None
    return [grid_id for start, end in cut for grid_id in tree.among(start, end)]

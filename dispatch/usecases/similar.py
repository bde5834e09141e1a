"""近似工单: open orders that may well be about the same matter, for whoever dispatches, and for whoever files."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from dispatch.domain import access, behalf, errors
from dispatch.domain.likeness import NEAR, Likeness, Request, likest
from dispatch.domain.order import Actor, Order
from dispatch.domain.vocabulary import Party
from dispatch.domain.world import World
from dispatch.storage import similar as storage
from dispatch.storage.orders import Dossier
from dispatch.storage.similar import Around, Candidate
from dispatch.usecases import reading, references
from dispatch.usecases.acting import dispatches
from dispatch.usecases.filing import Place
from dispatch.usecases.service import Service
from grid_model.routing import PREFIX_DIGITS
from grid_model.tree import Tree, UnknownGrid

SHOWN = 10
"""How many are shown at the most, the most alike."""

Found = tuple[Candidate, Likeness]


async def similar(service: Service, key: tuple[int, int], actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the open orders that are alike to the one with ``key``, most alike first, and how many they are.

    Whoever dispatches it sees those that they may see; the resident learns their number alone.

    Raises:
        OrderNotFound, NotYours: there is no such order, or ``actor`` neither dispatches nor filed it.
    """
    dossier = await reading.seen(service, key, actor)
    order, world = dossier.order, service.world
    dispatcher = dispatches(order, actor, service)
    if not dispatcher and Party.RESIDENT not in access.parties(order, actor, world):
        raise errors.NotYours
    if dossier.text is None or order.submitted_at > now:
        return _answer([])
    spans = [world.tree.interval(_around(order, world))]
    around = Around(
        order.region,
        spans,
        order.category[:PREFIX_DIGITS],
        order.submitted_at - NEAR,
        order.submitted_at + NEAR,
        order.id,
    )
    found = await _likest(service, _request(dossier, dossier.text, world), around)
    if dispatcher:
        return _answer(await _views(service, order.region, found, actor))
    return {"count": min(len(found), SHOWN), "items": []}


async def before_filing(
    service: Service, category: str, text: str, place: Place, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Return the open orders that are alike to a request which ``actor`` is about to file for somebody, as above.

    Only orders where the actor serves are looked at, and of these only the texts: nobody finds out by trying where
    another request comes from.

    Raises:
        Unauthenticated, NotYours: nobody is logged in, or it is nobody who files for others.
        Invalid: there is no such category, or no such place.
    """
    world = service.world
    tree = world.tree
    behalf.filer(actor)
    if category not in world.categories or world.categories[category].parent_code is None:
        raise errors.Invalid(
            errors.fault(
                "category", "没有这个事项类别，请从 /api/v1/categories 中选择小类", "no such category: choose one"
            )
        )
    at = _located(place, world)
    holder = world.branches.nearest(at, category, world.categories[category].owner)
    low, high = tree.interval(_seat(at, None if holder is None else holder.grid_id, tree))
    theirs = [(max(low, lo), min(high, hi)) for lo, hi in behalf.reach(actor, tree)]
    spans = [(lo, hi) for lo, hi in theirs if lo < hi]
    if not spans:
        return _answer([])
    region = tree.region(at).id
    around = Around(region, spans, category[:PREFIX_DIGITS], now - NEAR, now)
    found = await _likest(service, Request(text, category, _path(at, tree), now), around)
    return _answer(await _views(service, region, found, actor))


def _located(place: Place, world: World) -> int:
    """Return the id of the grid that a place lies in; the root's, where it lies outside everything."""
    if place.grid is not None:
        found = world.places.by_code(place.grid)
        if found.grid_id is None:
            raise errors.Invalid(
                errors.fault(
                    "place.grid", "没有这个网格代码，请核对门牌二维码", "there is no grid of that code: check it"
                )
            )
    elif place.lon is not None and place.lat is not None:
        found = world.places.by_point(place.lon, place.lat)
    else:
        found = world.places.by_address(place.address or "")
    return world.tree.root.id if found.grid_id is None else found.grid_id


def _around(order: Order, world: World) -> int:
    holder = None if order.branch_id is None else world.branches.get(order.branch_id)
    return _seat(order.grid_id, None if holder is None else holder.grid_id, world.tree)


def _seat(grid_id: int, seat: int | None, tree: Tree) -> int:
    """Return the grid below which duplicates are looked for: the holding branch's, or else the one above."""
    if seat is not None and tree.within(grid_id, seat):
        return seat
    superior = tree.superior(grid_id)
    return grid_id if superior is None else superior


async def _likest(service: Service, request: Request, around: Around) -> list[Found]:
    tree = service.world.tree
    candidates = await storage.candidates(service.database, around)
    paths: dict[int, tuple[str, ...]] = {}
    for one in candidates:
        if one.grid_id not in paths:
            paths[one.grid_id] = _path(one.grid_id, tree)
    given = around.apart is not None  # what somebody only asks about is not held against where others live
    others = [
        Request(one.text, one.category, paths[one.grid_id], one.submitted_at, (one.address or "") if given else "")
        for one in candidates
    ]
    # some milliseconds of computing, in which the others are served
    found = await asyncio.to_thread(likest, request, others, most=len(others))
    return [(candidates[place], likeness) for place, likeness in found]


def _request(dossier: Dossier, text: str, world: World) -> Request:
    order = dossier.order
    given = {} if dossier.place is None else orjson.loads(dossier.place)
    return Request(
        text, order.category, _path(order.grid_id, world.tree), order.submitted_at, given.get("address") or ""
    )


def _path(grid_id: int, tree: Tree) -> tuple[str, ...]:
    """Return the ids of the grids from the root to this one; none for a grid imported since the last reload."""
    try:
        return tuple(map(str, reversed(tree.chain(grid_id))))
    except UnknownGrid:
        return ()


async def _views(service: Service, region: int, found: Sequence[Found], actor: Actor) -> list[dict[str, Any]]:
    """Return those that ``actor`` may see as they see them."""
    world = service.world
    likely = found[: SHOWN * 2]  # of these some may have changed hands since
    orders = await storage.chosen(service.database, region, [one.id for one, _ in likely]) if likely else {}
    shown = []
    for one, likeness in likely:
        if one.id in orders and access.visible(orders[one.id][0], actor, world):
            shown.append(_view(*orders[one.id], likeness, world))
    return shown[:SHOWN]


def _view(order: Order, text: str, likeness: Likeness, world: World) -> dict[str, Any]:
    digits = references.number_of(order, world)
    category = world.categories.get(order.category)
    return {
        "id": digits,
        "number": references.numbered(order.region, order.id, world),
        "state": order.state.value,
        "state_label": references.label(order.state),
        "category": order.category,
        "category_label": None if category is None else {"zh": category.name, "en": category.name_en},
        "text": text,
        "grid": references.grid_ref(order.grid_id, world),
        "submitted_at": order.submitted_at.isoformat(),
        "version": order.version,
        "score": likeness.score,
        "why": [{"zh": reason.zh, "en": reason.en} for reason in likeness.why],
    }


def _answer(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(items), "items": items}

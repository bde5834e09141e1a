"""Many open orders spread over the available members of a subtree in an emergency, exactly (批量派单)."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.acting import act
from dispatch.domain.batching import WEIGHTS, Placed, Spread, spread
from dispatch.domain.emergency import Emergency
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import Actor, Command, Member, Order
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import Action, Party, Role
from dispatch.domain.world import World
from dispatch.storage import batches, orders, people
from dispatch.storage.database import RejectedError
from dispatch.storage.orders import Saved
from dispatch.usecases.references import grid_ref, label, numbered
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BREATH
from grid_model.tree import UnknownGrid

MOST_ORDERS = 5_000
"""How many orders one batch takes, those soonest due first; ask again for the rest."""

MOST_PAIRS = 40_000_000
"""The most orders × places of members that the solver's table holds, at 8 bytes each; further members are left out."""

SAVED_AT_ONCE = 200
"""How many offers are saved in one statement."""

PATIENCE_S, PAUSE_S = 10.0, 0.2
"""How long a batch waits for another of the same emergency, and how often it asks, in seconds."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: by whom, below which grid, in which emergency; ``id`` and ``by`` stand with each of its offers."""

    id: str
    actor: Actor
    grid_id: int
    emergency: Emergency
    by: str | None = None


async def assign_batch(
    service: Service,
    actor: Actor,
    code: str,
    key: str | None,
    now: datetime,
    *,
    dry_run: bool,
    by: str | None = None,
) -> dict[str, Any]:
    """Offer each order that waits below a grid to the member the solver found for it, and return what was done.

    Orders that wait are dispatched to nobody yet, or offered without an answer, unless by a batch. Each is offered by
    the supervisor who asks, as by hand. One that moved on meanwhile is told as skipped. Whoever sends the request again
    under its Idempotency-Key gives the same batch: what it has offered is told again and never offered twice, and
    what it had not come to is offered now.

    In one emergency there is one batch at a time: another waits for it, so that nobody is asked beyond their capacity.
    ``by`` says through what it was asked for where that was not the service's own door.

    Raises:
        GridNotFound: there is no such grid.
        NotYours: the actor is no supervisor at or above it.
        NotInEmergency: it lives by its ordinary rules.
        BatchUnderWay: another batch of this emergency takes longer than anybody waits.
    """
    world = service.world
    grid_id = grid_of(code, world)
    if not any(grant.role is Role.SUPERVISOR and world.tree.within(grid_id, grant.grid_id) for grant in actor.grants):
        raise errors.NotYours
    emergency = world.emergency_at(grid_id, now)
    if emergency is None:
        raise errors.NotInEmergency(grid=code)
    words = secrets.token_hex(16) if key is None else f"{actor.person_id}:{grid_id}:{key}"
    batch = Batch(hashlib.sha256(words.encode()).hexdigest()[:32], actor, grid_id, emergency, by)
    async with _alone(service, emergency, code):
        return await _made(service, batch, now, dry_run=dry_run)


@contextlib.asynccontextmanager
async def _alone(service: Service, emergency: Emergency, code: str) -> AsyncIterator[None]:
    """Wait until no other batch of the emergency is under way, in whatever process, and keep others waiting.

    Whoever waits holds no connection meanwhile: those are for everybody.
    """
    ends = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        async with service.database.transaction() as connection:
            if await batches.alone(connection, emergency.id):
                yield
                return
        if asyncio.get_running_loop().time() >= ends:
            raise errors.BatchUnderWay(grid=code)
        await asyncio.sleep(PAUSE_S)


async def _made(service: Service, batch: Batch, now: datetime, *, dry_run: bool) -> dict[str, Any]:
    world, grid_id = service.world, batch.grid_id
    found, serving = await _gathered(service, batch, now)
    made = await asyncio.to_thread(spread, found, serving, grid_id, now, world)
    before = await _before(service, batch)
    skipped: list[tuple[Order, str]] = []
    offered: Sequence[Placed] = made.placed
    if not dry_run:
        offered, skipped = await _offer(service, batch, found, serving, made, now)
    return {
        "batch": batch.id,
        "grid": grid_ref(grid_id, world),
        "emergency": batch.emergency.id,
        "dry_run": dry_run,
        "orders": len(found),
        "members": len(serving),
        "total": sum(one.total for one in offered),
        "offers": [_told(found[one.order], serving[one.member], one, world) for one in offered],
        "before": before,
        "skipped": [{"order": _number(order, world), "because": because} for order, because in skipped],
        "nobody": [_number(found[at], world) for at in made.nobody],
        "full": [_number(found[at], world) for at in made.full],
        "weights": [
            {
                "ground": ground.value,
                "ground_label": label(ground),
                "points": weight.points,
                "most": weight.most,
                "unit": {"zh": weight.unit_zh, "en": weight.unit_en},
            }
            for ground, weight in WEIGHTS.items()
        ],
    }


def grid_of(code: str, world: World) -> int:
    """Return the id of the grid with that code, or raise GridNotFound."""
    try:
        return world.tree.by_code(code).id
    except UnknownGrid as unknown:
        raise errors.GridNotFound(grid=code) from unknown


async def _gathered(service: Service, batch: Batch, now: datetime) -> tuple[list[Order], list[Serving]]:
    """Return the orders that wait and are the supervisor's to offer, and everybody who may come into question."""
    world = service.world
    interval = world.tree.interval(batch.grid_id)
    found = [
        order
        for order in await batches.waiting(service.database, interval, batch.id, MOST_ORDERS)
        if _theirs(order, batch.actor, world)
    ]
    if not found:
        return [], []
    holders = sorted({order.branch_id for order in found if order.branch_id is not None})
    today = now.astimezone(world.calendar.zone).date()
    serving = await people.serving(service.database, holders, [interval], today)
    return found, _some(serving, MOST_PAIRS // len(found), batch.id)


def _theirs(order: Order, actor: Actor, world: World) -> bool:
    try:
        return Party.SUPERVISOR in access.parties(order, actor, world)
    except LookupError:  # imported since this world was read
        return False


def _some(serving: Sequence[Serving], most: int, batch: str) -> list[Serving]:
    """Return who has room, together for ``most`` orders and no more: the least lately asked, equals by lot."""

    def turn(one: Serving) -> tuple[float, bytes]:
        lot = hashlib.sha256(f"{batch}:{one.person_id}".encode()).digest()
        return (0.0 if one.served_at is None else one.served_at.timestamp(), lot)

    chosen, room = [], 0
    for one in sorted(serving, key=turn):
        free = max(one.capacity - one.load, 0)
        if free and room + free <= most:
            chosen.append(one)
            room += free
    return chosen


async def _before(service: Service, batch: Batch) -> list[dict[str, Any]]:
    """Return what this very batch offered when it was asked for before."""
    world = service.world
    found = await batches.offered(service.database, batch.id)
    return [
        {"order": numbered(region, order_id, world), "member": code, "edges": cost["edges"], **_cost(cost["points"])}
        for region, order_id, code, cost in found
    ]


async def _offer(
    service: Service, batch: Batch, found: Sequence[Order], serving: Sequence[Serving], made: Spread, now: datetime
) -> tuple[list[Placed], list[tuple[Order, str]]]:
    """Offer what was placed, in statements of many; return what was offered, and what was not with the reason."""
    world = service.world
    offered: list[Placed] = []
    skipped: list[tuple[Order, str]] = []
    for start in range(0, len(made.placed), SAVED_AT_ONCE):
        ready: dict[tuple[int, int], tuple[Placed, Saved]] = {}
        for count, one in enumerate(made.placed[start : start + SAVED_AT_ONCE]):
            if count % BREATH == 0:
                await asyncio.sleep(0)
            order, member = found[one.order], serving[one.member]
            data: dict[str, Any] = {"batch": batch.id, "cost": {"edges": one.edges, "points": _words(one)}}
            if batch.by is not None:
                data["by"] = batch.by
            command = Command(Action.OFFER, members=(Member(member.person_id, member.grants),), data=data)
            try:
                outcome = act(order, command, batch.actor, now, world)
            except errors.Refusal as refusal:
                skipped.append((order, refusal.code))
                continue
            leaves = leaves_at(order, now, world)
            ready[order.region, order.id] = one, Saved(outcome, order.version, now, leaves)
        saved = await _saved(service, [item for _, item in ready.values()])
        for key, (one, _) in ready.items():
            if key in saved:
                offered.append(one)
            else:
                skipped.append((found[one.order], errors.Stale.code))
    return offered, skipped


async def _saved(service: Service, ready: Sequence[Saved]) -> set[tuple[int, int]]:
    """Save offers; where one is refused, all others are saved one by one."""
    if not ready:
        return set()
    try:
        return await orders.save(service.database, ready)
    except RejectedError:
        if len(ready) == 1:
            return set()
    return set[tuple[int, int]]().union(*[await _saved(service, [one]) for one in ready])


def _told(order: Order, member: Serving, one: Placed, world: World) -> dict[str, Any]:
    return {
        "order": _number(order, world),
        "member": member.code,
        "edges": one.edges,
        **_cost(_words(one)),
    }


def _words(one: Placed) -> dict[str, int]:
    return {ground.value: points for ground, points in one.points.items()}


def _cost(points: Mapping[str, int]) -> dict[str, Any]:
    return {"total": sum(points.values()), "points": dict(points)}


def _number(order: Order, world: World) -> str:
    return numbered(order.region, order.id, world)

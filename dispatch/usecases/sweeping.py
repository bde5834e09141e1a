"""One sweep: every order whose clock has run out is offered on or raised; exactly once, however many sweep."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

import structlog

from dispatch.domain import errors
from dispatch.domain.choosing import Choice, Chooser
from dispatch.domain.clockwork import RunawayClockError, climb, followed, tick, wants_member
from dispatch.domain.ladder import ladder_of, next_rung
from dispatch.domain.notices import send_at
from dispatch.domain.order import Order, Outcome
from dispatch.domain.vocabulary import Rung, Urgency
from dispatch.domain.world import World
from dispatch.storage import orders, rows
from dispatch.storage.database import RejectedError
from dispatch.storage.orders import Saved
from dispatch.usecases.choosing import chooser
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service
from grid_model.durations import Duration

log = structlog.get_logger()

BATCH = 200
"""How many orders are locked, decided and saved in one transaction."""

BREATH = 20
"""After so many decisions whatever else waits for this process, a request for one, has its turn."""

ASIDE = timedelta(minutes=1)
"""How long an order that failed is left alone, times the number of tries."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did; ``broken`` is the number of regions that could not be swept."""

    saved: int
    failed: int
    broken: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.saved + other.saved, self.failed + other.failed, self.broken + other.broken)


NOTHING = Swept(0, 0)


async def sweep(service: Service, now: datetime) -> Swept:
    """Answer every clock that has run out by ``now``, region by region, in batches; no region holds up another."""
    done = NOTHING
    for region in await orders.regions(service.database):
        try:
            while True:
                batch = await _batch(service, region, now)
                done += batch
                if batch.saved + batch.failed < BATCH:
                    break
                if not done.broken:
                    service.swept_at = wall_now()  # a long sweep that moves on is no dead one
        except errors.Unavailable:
            log.warning("region_not_swept", region=region)
            done += Swept(0, 0, 1)
        except Exception:
            log.exception("region_not_swept", region=region)
            done += Swept(0, 0, 1)
    if not done.broken:
        service.swept_at = wall_now()
    return done


async def _batch(service: Service, region: int, now: datetime) -> Swept:
    """Sweep one batch; one that is refused as a whole is swept order by order, so that no order holds up others."""
    claimed: list[int] = []
    try:
        return await _locked(service, region, now, claimed, None)
    except _REFUSED:
        log.warning("sweep_split", region=region, orders=len(claimed))
    done = NOTHING
    for order_id in claimed:
        try:
            done += await _locked(service, region, now, [], [order_id])
        except _REFUSED as refused:
            async with service.database.transaction() as connection:
                await set_aside(connection, region, order_id, now, str(refused) or type(refused).__name__)
            done += Swept(0, 1)
    return done


async def _locked(
    service: Service, region: int, now: datetime, claimed: list[int], only: Sequence[int] | None
) -> Swept:
    """Claim, decide and save in one transaction; ``claimed`` receives the ids, for whoever has to try them singly."""
    async with service.database.transaction() as connection:
        found = await orders.claim(connection, region, now, BATCH, only)
        if not found:
            return NOTHING
        found.sort(key=_BY_TIME)
        claimed.extend(row["id"] for row in found)
        world = _for_a_batch(service.world)
        failures: dict[int, Exception] = {}
        waiting, done = await _ticked(found, failures, now, world)
        done = await _offered(connection, waiting, failures, now, world) + done
        leaving = _Leaving(now, world)
        batch = [Saved(outcome, order.version, now, leaving.at(order)) for order, outcome in done]
        saved = await orders.save(connection, batch) if batch else set()
        if len(saved) != len(batch):
            raise LostOrderError  # they were locked, so none can have moved on
        for order_id, error in failures.items():
            await set_aside(connection, region, order_id, now, type(error).__name__)
        if saved:
            await orders.take_back(connection, region, [order_id for _, order_id in saved])
        return Swept(len(saved), len(failures))


_BY_TIME = itemgetter("due_at", "id")


async def set_aside(connection: Any, region: int, order_id: int, now: datetime, reason: str) -> None:
    """Leave an order alone for a while, with an alarm."""
    log.error("order_set_aside", region=region, order=order_id, reason=reason)
    await orders.set_aside(connection, region, order_id, now, now + ASIDE, reason)


class LostOrderError(RuntimeError):
    """An order that was locked could not be saved."""


_REFUSED = (RejectedError, LostOrderError)


async def _breath(count: int) -> None:
    if count % BREATH == BREATH - 1:
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class _World(World):
    """The world as one batch sees it: when a time has run out is reckoned once for all orders that start together."""

    known: dict[tuple[datetime, Duration, int], datetime] = field(default_factory=dict, init=False)

    def due(self, length: Duration, grid_id: int, start: datetime) -> datetime:
        """Say when a duration that starts then at a grid has run out, in UTC."""
        key = (start, length, id(self.calendar_at(grid_id)))
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = World.due(self, length, grid_id, start)
        return known


def _for_a_batch(world: World) -> _World:
    return _World(**{one.name: getattr(world, one.name) for one in fields(World)})


class _Leaving:
    """When notices of a batch may leave: said once for each urgency and working time."""

    def __init__(self, now: datetime, world: World) -> None:
        self._now = now
        self._world = world
        self._known: dict[tuple[Urgency, int], datetime] = {}

    def at(self, order: Order) -> datetime:
        calendar = self._world.calendar_at(order.grid_id)
        key = (order.urgency, id(calendar))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = send_at(order.urgency, self._now, calendar)
        return known


_Decided = list[tuple[Order, Outcome]]
"""Orders as they were, and what comes of them."""


async def _ticked(
    found: list[Any], failures: dict[int, Exception], now: datetime, world: World
) -> tuple[_Decided, _Decided]:
    """Answer the clocks of a batch of rows; those that somebody is to be offered now are returned apart, first.

    One that is due and to which nothing happened must not come up for ever.
    """
    waiting: _Decided = []
    done: _Decided = []
    for count, row in enumerate(found):
        await _breath(count)
        try:
            order = rows.order(row)
            outcome = tick(order, now, world)
            if wants_member(outcome.order, now):
                waiting.append((order, outcome))
            elif outcome.events:
                done.append((order, outcome))
            else:
                raise RunawayClockError(order.next_clock)  # noqa: TRY301 - it fails as any other
        except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others go on
            failures[row["id"]] = wrong
    return waiting, done


async def _offered(
    connection: Any, waiting: _Decided, failures: dict[int, Exception], now: datetime, world: World
) -> _Decided:
    """Offer the orders whose secretary's window has passed; candidates for all of them come in one query.

    The people of sibling branches are many, so they are read only for those whose ladder has come that far.
    """
    done: _Decided = []
    taken: dict[int, int] = {}  # orders offered earlier in this batch count against a member's capacity too
    around: Collection[int] = await _far_up(waiting, now, world)
    while waiting:
        choosing = await chooser(connection, [outcome.order for _, outcome in waiting], now, world, around=around)
        choose = partial(_loaded, choosing, around, taken, now)
        further: _Decided = []
        for count, (start, outcome) in enumerate(waiting):
            await _breath(count)
            try:
                offered = climb(outcome.order, choose, now, world)
            except _FurtherError:
                further.append((start, outcome))
            except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others go on
                failures[start.id] = wrong
            else:
                done.append((start, followed(outcome, offered, start)))
                if offered.events[-1].data.get("kind") in _NARROW:
                    for member in offered.order.offered:
                        taken[member] = taken.get(member, 0) + 1
        waiting, around = further, frozenset(outcome.order.id for _, outcome in further)
    return done


async def _far_up(waiting: _Decided, now: datetime, world: World) -> Collection[int]:
    """Return the ids of those whose ladder has come to the siblings."""
    found = set()
    for count, (_, outcome) in enumerate(waiting):
        await _breath(count)
        if _asks_siblings(outcome.order, now, world):
            found.add(outcome.order.id)
    return found


def _asks_siblings(order: Order, now: datetime, world: World) -> bool:
    """Tell whether the next rung of an order's ladder asks its sibling branches."""
    ladder = ladder_of(order, now, world)
    number = next_rung(order, ladder)
    return number <= len(ladder) and ladder[number - 1].rung is Rung.SIBLINGS


_NARROW = (Rung.DIRECT.value, Rung.GROUP.value)
"""The rungs that count as work for whoever is asked, while a batch is offered."""


class _FurtherError(LookupError):
    """Whom the rung asks was not read, since an earlier rung was expected to find somebody."""


def _loaded(
    choosing: Chooser, around: Collection[int], taken: Mapping[int, int], now: datetime, order: Order, rung: Rung
) -> Choice:
    if rung is Rung.SIBLINGS and order.id not in around:
        raise _FurtherError
    return choosing.choice(order, now, rung, taken)

"""One sweep: every order whose clock has run out is offered on or raised; exactly once, however many sweep."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from dispatch.domain import errors
from dispatch.domain.choosing import Choice, Chooser
from dispatch.domain.clockwork import RunawayClockError, climb, followed, tick, wants_member
from dispatch.domain.ladder import ladder_of, next_rung
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import Order, Outcome
from dispatch.domain.vocabulary import Rung
from dispatch.domain.world import World
from dispatch.storage import orders, rows
from dispatch.storage.database import RejectedError
from dispatch.storage.orders import Saved
from dispatch.usecases.choosing import chooser
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service

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
        claimed.extend(row["id"] for row in found)
        world = service.world
        failures: dict[int, Exception] = {}
        ticked: list[tuple[Order, Outcome]] = []
        for count, row in enumerate(found):
            await _breath(count)
            try:
                order = rows.order(row)
                ticked.append((order, tick(order, now, world)))
            except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others go on
                failures[row["id"]] = wrong
        batch = [
            Saved(outcome, order.version, now, leaves_at(order, now, world))
            for order, outcome in await _offered(connection, ticked, failures, now, world)
        ]
        saved = await orders.save(connection, batch) if batch else set()
        if len(saved) != len(batch):
            raise LostOrderError  # they were locked, so none can have moved on
        for order_id, error in failures.items():
            await set_aside(connection, region, order_id, now, type(error).__name__)
        if saved:
            await orders.take_back(connection, region, [order_id for _, order_id in saved])
        return Swept(len(saved), len(failures))


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


async def _offered(
    connection: Any,
    ticked: list[tuple[Order, Outcome]],
    failures: dict[int, Exception],
    now: datetime,
    world: World,
) -> list[tuple[Order, Outcome]]:
    """Offer the orders whose secretary's window has passed; candidates for all of them come in one query.

    The people of sibling branches are many, so they are read only for those whose ladder has come that far.
    """
    waiting = [(start, outcome) for start, outcome in ticked if wants_member(outcome.order, now)]
    done: list[tuple[Order, Outcome]] = []
    taken: dict[int, int] = {}  # orders offered earlier in this batch count against a member's capacity too
    around: Collection[int] = await _far_up(waiting, now, world)
    while waiting:
        choosing = await chooser(connection, [outcome.order for _, outcome in waiting], now, world, around=around)
        further: list[tuple[Order, Outcome]] = []
        for count, (start, outcome) in enumerate(waiting):
            await _breath(count)
            try:
                offered = climb(outcome.order, partial(_loaded, choosing, around, taken, now), now, world)
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
    done += _others(ticked, failures, now)
    return done


def _others(
    ticked: list[tuple[Order, Outcome]], failures: dict[int, Exception], now: datetime
) -> list[tuple[Order, Outcome]]:
    """Those that nobody is to be offered; one that is due and to which nothing happened must not come up for ever."""
    found = [(start, outcome) for start, outcome in ticked if not wants_member(outcome.order, now)]
    failures.update({start.id: RunawayClockError(start.next_clock) for start, outcome in found if not outcome.events})
    return [(start, outcome) for start, outcome in found if outcome.events]


async def _far_up(waiting: list[tuple[Order, Outcome]], now: datetime, world: World) -> Collection[int]:
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
    return choosing.choice(order, now, rung).with_load(taken, order.category)

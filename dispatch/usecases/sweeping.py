"""One sweep: every order whose clock has run out is offered on or raised; exactly once, however many sweep."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

import structlog

from dispatch.domain import errors
from dispatch.domain.choosing import Choice, Chooser
from dispatch.domain.clockwork import RunawayClockError, climb, followed, tick, wants_member
from dispatch.domain.ladder import ladder_of, next_rung
from dispatch.domain.order import Order, Outcome
from dispatch.domain.vocabulary import Rung
from dispatch.domain.world import World
from dispatch.storage import due, orders, rows
from dispatch.storage.database import RejectedError
from dispatch.storage.orders import Saved
from dispatch.usecases.choosing import chooser
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service
from dispatch.usecases.swept_world import Leaving, for_a_batch

log = structlog.get_logger()

BATCH = 200
"""How many orders are locked, decided and saved in one transaction."""

BREATH = 20
"""After so many decisions whatever else waits for this process, a request for one, has its turn."""

LANES = 2
"""How many batches are under way: while PostgreSQL saves one, the next is decided."""

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


@dataclass(slots=True)
class _Shared:
    """What the lanes of one region share while it is swept.

    Attributes:
        deciding: held by the lane that decides, so that the others of this process wait for one of them only.
        offering: held while members are read and chosen, so that each lane knows what the other has given them.
        taken: how many orders members were given in batches that are not committed yet.
        more: set when a batch was full, so that there is work for another lane, and at the end.
        over: nothing is left to begin.
    """

    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    offering: asyncio.Lock = field(default_factory=asyncio.Lock)
    taken: Counter[int] = field(default_factory=Counter)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False


async def sweep(service: Service, now: datetime) -> Swept:
    """Answer every clock that has run out by ``now``, region by region, in batches; no region holds up another."""
    done = NOTHING
    for region in await orders.regions(service.database):
        done += await _region(service, region, now, well=not done.broken)
    if not done.broken:
        service.swept_at = wall_now()
    return done


async def _region(service: Service, region: int, now: datetime, *, well: bool) -> Swept:
    """Sweep a region in lanes, of which all but the first begin when there is more than one batch."""
    shared = _Shared()
    count = min(LANES, max(service.database.most // 2, 1))  # the other half of the connections is for requests
    async with asyncio.TaskGroup() as group:
        lanes = [
            group.create_task(_lane(service, region, now, shared, first=not number, well=well))
            for number in range(count)
        ]
    done = sum((lane.result() for lane in lanes), NOTHING)
    return replace(done, broken=min(done.broken, 1))


async def _lane(service: Service, region: int, now: datetime, shared: _Shared, *, first: bool, well: bool) -> Swept:
    """Sweep one batch after the other until one is not full."""
    done = NOTHING
    try:
        if not first:
            await shared.more.wait()
        while not shared.over:
            claimed = list[int]()
            done += await _batch(service, region, now, shared, claimed)
            if len(claimed) < BATCH:  # of a full one that was split, another may have taken some
                break
            if well:
                service.swept_at = wall_now()  # a long sweep that moves on is no dead one
    except errors.Unavailable:
        log.warning("region_not_swept", region=region)
        done += Swept(0, 0, 1)
    except Exception:
        log.exception("region_not_swept", region=region)
        done += Swept(0, 0, 1)
    shared.over = True
    shared.more.set()
    return done


async def _batch(service: Service, region: int, now: datetime, shared: _Shared, claimed: list[int]) -> Swept:
    """Sweep one batch; one that is refused as a whole is swept order by order, so that no order holds up others."""
    try:
        return await _locked(service, region, now, shared, claimed, None)
    except _REFUSED:
        log.warning("sweep_split", region=region, orders=len(claimed))
    done = NOTHING
    for order_id in claimed:
        try:
            done += await _locked(service, region, now, shared, [], [order_id])
        except _REFUSED as refused:
            async with service.database.transaction() as connection:
                await set_aside(connection, region, order_id, now, str(refused) or type(refused).__name__)
            done += Swept(0, 1)
    return done


async def _locked(
    service: Service, region: int, now: datetime, shared: _Shared, claimed: list[int], only: Sequence[int] | None
) -> Swept:
    """Claim, decide and save in one transaction; ``claimed`` receives the ids, for whoever has to try them singly."""
    given = Counter[int]()
    try:
        async with service.database.transaction() as connection:
            found = await due.claim(connection, region, now, BATCH, only)
            if not found:
                return NOTHING
            if len(found) == BATCH:
                shared.more.set()
            found.sort(key=_BY_TIME)
            claimed.extend(row["id"] for row in found)
            decided = await _decided(connection, found, given, now, service.world, shared)
            await _saved(connection, region, decided, now)
            return Swept(len(decided.batch), len(decided.failures))
    finally:
        shared.taken.subtract(given)  # from now on they are read with what members have, or come to nothing


@dataclass(frozen=True, slots=True)
class _Decisions:
    """What is to be saved of a batch, and which of its orders failed of what."""

    batch: list[Saved]
    failures: dict[int, Exception]


async def _decided(
    connection: Any, found: list[Any], given: Counter[int], now: datetime, of: World, shared: _Shared
) -> _Decisions:
    """Decide a batch of rows; ``given`` receives how many orders members are given."""
    world = for_a_batch(of)
    failures: dict[int, Exception] = {}
    async with shared.deciding:
        waiting, done = await _ticked(found, failures, now, world)
    if waiting:
        async with shared.offering:
            done = await _offered(connection, waiting, failures, given, now, world, shared) + done
    leaving = Leaving(now, world)
    batch = [Saved(outcome, order.version, now, leaving.at(order)) for order, outcome in done]
    return _Decisions(batch, failures)


async def _saved(connection: Any, region: int, decided: _Decisions, now: datetime) -> None:
    saved = await orders.save(connection, decided.batch) if decided.batch else set()
    if len(saved) != len(decided.batch):
        raise LostOrderError  # they were locked, so none can have moved on
    for order_id, error in decided.failures.items():
        await set_aside(connection, region, order_id, now, type(error).__name__)
    if saved:
        await due.take_back(connection, region, [order_id for _, order_id in saved])


_BY_TIME = itemgetter("due_at", "id")


async def set_aside(connection: Any, region: int, order_id: int, now: datetime, reason: str) -> None:
    """Leave an order alone for a while, with an alarm."""
    log.error("order_set_aside", region=region, order=order_id, reason=reason)
    await due.set_aside(connection, region, order_id, now, now + ASIDE, reason)


class LostOrderError(RuntimeError):
    """An order that was locked could not be saved."""


_REFUSED = (RejectedError, LostOrderError)


async def _breath(count: int) -> None:
    if count % BREATH == BREATH - 1:
        await asyncio.sleep(0)


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
    connection: Any,
    waiting: _Decided,
    failures: dict[int, Exception],
    given: Counter[int],
    now: datetime,
    world: World,
    shared: _Shared,
) -> _Decided:
    """Offer the orders whose secretary's window has passed; candidates for all of them come in one query.

    The people of sibling branches are many, so they are read only for those whose ladder has come that far. What
    counts against a member's capacity beside what is read: orders offered earlier in this batch, and in the other
    lane's until that is committed.
    """
    done: _Decided = []
    async with shared.deciding:
        around: Collection[int] = await _far_up(waiting, now, world)
    while waiting:
        taken = Counter(shared.taken)
        choosing = await chooser(connection, [outcome.order for _, outcome in waiting], now, world, around=around)
        choose = partial(_loaded, choosing, around, taken, now)
        further: _Decided = []
        async with shared.deciding:
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
                        for count_of in (taken, given, shared.taken):
                            count_of.update(offered.order.offered)
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

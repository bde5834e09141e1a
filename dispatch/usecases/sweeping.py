"""One sweep: every order whose clock has run out is caught up, offered on or raised; exactly once, however many sweep."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from dispatch.domain.clockwork import followed, offer_next, tick, wants_member
from dispatch.domain.notices import send_at
from dispatch.domain.order import Order, Outcome
from dispatch.domain.world import World
from dispatch.storage import orders, rows
from dispatch.storage.orders import Saved
from dispatch.usecases.choosing import choices
from dispatch.usecases.service import Service

log = structlog.get_logger()

BATCH = 500
"""How many orders are locked, decided and saved in one transaction."""

ASIDE = timedelta(minutes=1)
"""How long an order that failed is left alone, times the number of tries."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    saved: int
    failed: int

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.saved + other.saved, self.failed + other.failed)


NOTHING = Swept(0, 0)


async def sweep(service: Service, now: datetime) -> Swept:
    """Answer every clock that has run out by ``now``, region by region, in batches."""
    done = NOTHING
    for region in await orders.regions(service.database):
        while True:
            batch = await _batch(service, region, now, BATCH)
            done += batch
            if batch.saved + batch.failed < BATCH:
                break
    return done


async def _batch(service: Service, region: int, now: datetime, most: int) -> Swept:
    """Sweep one batch; one that can't be saved as a whole is swept order by order, so that no order holds up others."""
    try:
        return await _locked(service, region, now, most)
    except RuntimeError as error:
        if most == 1:
            raise
        log.warning("sweep_split", region=region, error=type(error).__name__)
    done = NOTHING
    for _ in range(most):
        one = await _locked(service, region, now, 1)
        if one == NOTHING:
            break
        done += one
    return done


async def _locked(service: Service, region: int, now: datetime, most: int) -> Swept:
    async with service.database.transaction() as connection:
        claimed = await orders.claim(connection, region, now, most)
        if not claimed:
            return NOTHING
        world = service.world
        failures: dict[int, Exception] = {}
        ticked: list[tuple[Order, Outcome]] = []
        for row in claimed:
            try:
                order = rows.order(row)
                ticked.append((order, tick(order, now, world)))
            except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others go on
                failures[row["id"]] = wrong
        outcomes = await _offered(connection, ticked, failures, now, world)
        batch = [
            Saved(outcome, order.version, now, send_at(order.urgency, now, world.calendar))
            for order, outcome in outcomes
            if outcome.events
        ]
        saved = await orders.save(connection, batch) if batch else set()
        if len(saved) != len(batch):
            raise LostOrderError  # they were locked, so none can have moved on
        for order_id, error in failures.items():
            log.error("order_set_aside", region=region, order=order_id, error=type(error).__name__)
            await orders.set_aside(connection, region, order_id, now, now + ASIDE, type(error).__name__)
        if saved:
            await orders.take_back(connection, region, [order_id for _, order_id in saved])
        return Swept(len(saved), len(failures))


class LostOrderError(RuntimeError):
    """An order that was locked could not be saved."""


async def _offered(
    connection: Any,
    ticked: list[tuple[Order, Outcome]],
    failures: dict[int, Exception],
    now: datetime,
    world: World,
) -> list[tuple[Order, Outcome]]:
    """Offer the orders whose secretary's window has passed; candidates for all of them come in one query."""
    waiting = [outcome.order for _, outcome in ticked if wants_member(outcome.order, now)]
    chosen = dict(
        zip(
            (order.id for order in waiting),
            await choices(connection, waiting, now, world) if waiting else [],
            strict=True,
        )
    )
    taken: dict[int, int] = {}  # orders offered earlier in this batch count against a member's capacity too
    done: list[tuple[Order, Outcome]] = []
    for start, outcome in ticked:
        choice = chosen.get(outcome.order.id)
        if choice is None:
            done.append((start, outcome))
            continue
        try:
            choice = choice.with_load(taken, outcome.order.category)
            member = choice.best
            offered = offer_next(outcome.order, member, choice.why(), now, world)
            done.append((start, followed(outcome, offered, start)))
            if member is not None:
                taken[member.person_id] = taken.get(member.person_id, 0) + 1
        except Exception as wrong:  # noqa: BLE001 - as above
            failures[start.id] = wrong
    return done

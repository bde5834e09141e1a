"""Open orders reckoned anew after the calendar or the policy changed: in batches, each order once, on the ledger."""

import asyncio
from datetime import datetime

import structlog

from dispatch.domain.notices import send_at
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.storage import orders, retimings, rows
from dispatch.storage.orders import Saved
from dispatch.storage.retimings import Waiting
from dispatch.usecases.service import Service

log = structlog.get_logger()

BATCH = 200
"""How many orders are locked, decided and saved in one transaction."""


async def retime(service: Service, now: datetime) -> int:
    """Do all such work that waits; return how many orders' deadlines changed.

    Whoever does it reads the county first, so that it never reckons by the rules before the change.
    """
    changed = 0
    if not await retimings.waiting(service.database):
        return changed
    await service.reload()
    while (batch := await _batch(service, now)) is not None:
        changed += batch
    return changed


async def _batch(service: Service, now: datetime) -> int | None:
    """Reckon the next orders of the oldest piece of work; None where nothing waits that nobody is at."""
    async with service.database.transaction() as connection:
        work = await retimings.claim(connection)
        if work is None:
            return None
        found = await retimings.orders(connection, work, BATCH)
        keys = [(row["region"], row["id"]) for row in found]
        told = await retimings.events(connection, keys) if keys else {}
        batch: list[Saved] = []
        for row, key in zip(found, keys, strict=True):
            await asyncio.sleep(0)
            try:
                order = rows.order(row)
                outcome = retimed(order, reckon(told.get(key, ())), work.because, now, service.world)
            except Exception:
                log.exception("order_not_retimed", region=key[0], order=key[1])
                continue
            if outcome is not None:
                calendar = service.world.calendar_at(order.grid_id)
                batch.append(Saved(outcome, order.version, now, send_at(order.urgency, now, calendar)))
        if batch:
            await orders.save(connection, batch)
        await _go_on(connection, work, keys, len(batch), now)
        return len(batch)


async def _go_on(connection: object, work: Waiting, keys: list[tuple[int, int]], changed: int, now: datetime) -> None:
    over = len(keys) < BATCH
    await retimings.go_on(connection, work, keys[-1] if keys else work.after, changed, now if over else None)
    if over:
        log.info("retimed", because=work.because)

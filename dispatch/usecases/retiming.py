"""Open orders reckoned anew after the calendar or the policy changed: in batches, each order once, on the ledger."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from dispatch.domain.notices import leaves_at
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.storage import due, orders, retimings, rows
from dispatch.storage.orders import Saved
from dispatch.storage.retimings import Place, Waiting
from dispatch.usecases.service import Service
from dispatch.usecases.splitting import whole_or_singly
from dispatch.usecases.sweeping import LostOrderError

log = structlog.get_logger()

BATCH = 200
"""How many orders are locked, decided and saved in one transaction."""


async def retime(service: Service, now: datetime) -> int:
    """Do the work of this kind whose time has come; return how many orders' deadlines changed.

    The county is read between finding the work and doing it, so that no change is worked off by the rules before it;
    what is asked for later waits for the next call. Each piece is walked twice, a minute apart, for orders that were
    filed or changed by the old rules while the first walk passed.
    """
    changed = 0
    among = await retimings.waiting(service.database)
    if not among:
        return changed
    await service.reload()
    do = partial(_locked, service, among, now)
    while (batch := await whole_or_singly(do, BATCH, "retiming_split")) is not None:
        changed += batch
    return changed


async def _locked(
    service: Service, among: Sequence[int], now: datetime, most: int, tried: list[Place], refused: Mapping[Place, str]
) -> int | None:
    """Claim, reckon and save in one transaction.

    ``tried`` receives the orders, for whoever has to try them singly; those ``refused`` are set aside unread.
    """
    async with service.database.transaction() as connection:
        work = await retimings.claim(connection, among)
        if work is None:
            return None
        places = await retimings.keys(connection, work, most)
        tried.extend(places)
        failures = {place[1:]: refused[place] for place in places if place in refused}
        batch = await _reckoned(connection, service, work, [one for one in places if one not in refused], failures, now)
        saved = await orders.save(connection, batch) if batch else set()
        if len(saved) != len(batch):
            raise LostOrderError  # they were locked, so none can have moved on
        for key, reason in failures.items():
            # the alarm alone, until now: its clocks go on being served meanwhile
            log.error("order_not_retimed", region=key[0], order=key[1], reason=reason)
            await due.set_aside(connection, *key, now, now, reason)
            await retimings.failed(connection, work, *key)
        if work.alone is not None and not failures:
            await due.take_back(connection, work.alone[1], [work.alone[2]])
        if not places:
            await retimings.over(connection, work, now)
            log.info("retimed", because=work.because)
        elif work.alone is None or not failures:
            await retimings.go_on(connection, work, places[-1], len(batch))
        return len(batch)


async def _reckoned(
    connection: Any,
    service: Service,
    work: Waiting,
    places: Sequence[Place],
    failures: dict[tuple[int, int], str],
    now: datetime,
) -> list[Saved]:
    found = await retimings.orders(connection, places)
    told = await retimings.events(connection, places)
    batch = []
    for row in found:
        await asyncio.sleep(0)
        key = row["region"], row["id"]
        try:
            order = rows.order(row)
            outcome = retimed(order, reckon([rows.event(one) for one in told[key]]), work.because, now, service.world)
            if outcome is not None:
                leaves = leaves_at(order, now, service.world)
                batch.append(Saved(outcome, order.version, now, leaves))
        except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others go on
            failures[key] = type(wrong).__name__
    return batch

"""Open orders carried over after a change of the tree: in batches, from where it stopped, each on the ledger."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson
import structlog

from dispatch.domain.following_up import REOPEN_WITHIN
from dispatch.domain.notices import leaves_at
from dispatch.domain.transferring import transferred
from dispatch.domain.world import World
from dispatch.storage import due, orders, rows, transfers
from dispatch.storage.orders import Saved
from dispatch.storage.transfers import Key, Walk
from dispatch.usecases.service import Service
from dispatch.usecases.splitting import whole_or_singly
from dispatch.usecases.sweeping import LostOrderError
from grid_model.places import Located

log = structlog.get_logger()

BATCH = 200
"""How many orders are locked, decided and saved in one transaction."""


async def carry_over(service: Service, now: datetime) -> int:
    """Do the work of this kind whose time has come; return how many orders were carried over.

    The county is read between finding the work and doing it, so that no order goes by the tree before. Each version is
    walked twice, a minute apart, for orders that were filed or moved by the old tree while the first walk passed.
    """
    among = await transfers.waiting(service.database)
    if not among:
        return 0
    await service.reload()
    do = partial(_locked, service, among, now)
    carried = 0
    while (batch := await whole_or_singly(do, BATCH, "transfer_split")) is not None:
        carried += batch
    return carried


async def _locked(
    service: Service, among: Sequence[int], now: datetime, most: int, tried: list[Key], refused: Mapping[Key, str]
) -> int | None:
    """Claim, carry over and save in one transaction.

    ``tried`` receives the orders, for whoever has to try them singly; those ``refused`` are set aside unread.
    """
    async with service.database.transaction() as connection:
        walk = await transfers.claim(connection, among)
        if walk is None:
            return None
        keys = await transfers.keys(connection, walk, most, now - REOPEN_WITHIN)
        tried.extend(keys)
        if not keys:
            await transfers.over(connection, walk, now)
            log.info("carried_over", version=walk.change.number)
            return 0
        failures = {key: refused[key] for key in keys if key in refused}
        batch = await _decided(
            connection, walk, [key for key in keys if key not in refused], failures, now, service.world
        )
        saved = await orders.save(connection, batch) if batch else set()
        if len(saved) != len(batch):
            raise LostOrderError  # they were locked, so none can have moved on
        for key, reason in failures.items():
            # the alarm alone, until now: its clocks go on being served meanwhile, and the next walk tries it again
            log.error("order_not_carried_over", region=key[0], order=key[1], reason=reason)
            await due.set_aside(connection, *key, now, now, reason)
        for region, order_id in saved:
            await due.take_back(connection, region, [order_id])
        await transfers.go_on(connection, walk, keys[-1], len(batch), len(failures))
        return len(batch)


async def _decided(
    connection: Any, walk: Walk, keys: Sequence[Key], failures: dict[Key, str], now: datetime, world: World
) -> list[Saved]:
    batch = []
    for row in await transfers.orders(connection, keys):
        await asyncio.sleep(0)
        try:
            order = rows.order(row)
            fate = walk.change.fates.get(order.grid_id)
            located = _located(row, world) if fate is not None and len(fate.successors) > 1 else None
            outcome = transferred(order, located, walk.change, now, world)
            if outcome is not None:
                batch.append(Saved(outcome, order.version, now, leaves_at(outcome.order, now, world)))
        except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others go on
            failures[row["region"], row["id"]] = type(wrong).__name__
    return batch


def _located(row: Any, world: World) -> int | None:
    """Return where the order's point lies now, or else its household; None where neither tells."""
    place = {} if row["place"] is None else orjson.loads(row["place"])
    lon, lat = place.get("lon"), place.get("lat")
    if lon is not None and lat is not None:
        found = world.places.by_point(lon, lat)
        if found.rule is Located.POINT:
            return found.grid_id
    home: int | None = row["home"]
    return home

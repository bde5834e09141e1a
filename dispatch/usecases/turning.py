"""平急转换 by the clock: emergencies begin and are restored at their time, and their orders go home afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from dispatch.domain.homing import Served, homeward
from dispatch.domain.notices import leaves_at
from dispatch.storage import due, emergencies, orders, rows
from dispatch.storage.database import RejectedError
from dispatch.storage.emergencies import Concerned, LockedError
from dispatch.storage.orders import Saved
from dispatch.usecases.emergencies import begun, restored
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import set_aside

log = structlog.get_logger()

BATCH = 200
"""How many orders are locked, decided and saved in one transaction."""

AGAIN = timedelta(seconds=10)
"""How soon the orders of an emergency are looked through again where some were left behind."""


async def turn(service: Service, now: datetime) -> int:
    """Take every step of an emergency whose time has come, and return how many; each once, however many try.

    An emergency that can't be turned holds up no other one: it is tried again at the next turn.
    """
    taken = 0
    for emergency, step in await emergencies.under_way(service.database, now):
        try:
            taken += await _step(service, emergency, step, now)
        except Exception:
            log.exception("emergency_not_turned", emergency=emergency, step=step)
    return taken


async def _step(service: Service, emergency: int, step: str, now: datetime) -> bool:
    if step == "begin":
        async with service.database.transaction() as connection:
            return await begun(connection, emergency, now, service.world)
    if step == "restore":
        async with service.database.transaction() as connection:
            if not await restored(connection, emergency, now):
                return False
    await bring_home(service, emergency, now)
    return True


WALKS = 2
"""How often all orders are looked through without one left behind."""


async def bring_home(service: Service, emergency: int, now: datetime) -> int:
    """Look through the orders that an emergency held, and let each go home; return how many did.

    It is done twice, the second time a minute later, for what a process that had not heard of the end yet filed or
    offered in the meantime; and again until none was left behind, because somebody had it locked or because it failed.
    Whoever dies on the way is followed by the next: an order that is home already is left.
    """
    before = await emergencies.walks(service.database, emergency)
    if before is None or before >= WALKS:
        return 0
    await service.reload()  # by the county before the end nothing would move
    temporary = await emergencies.made(service.database, emergency)
    today = now.astimezone(service.world.calendar.zone).date()
    walk = _Walk(service, now, temporary, await emergencies.served(service.database, emergency, today))
    await walk.all()
    if walk.left:
        log.warning("orders_left_behind", emergency=emergency, orders=walk.left)
        await emergencies.again(service.database, emergency, before, now + AGAIN)
    else:
        await emergencies.walked(service.database, emergency, before, now)
    if walk.moved:
        log.info("orders_home", emergency=emergency, orders=walk.moved)
    return walk.moved


class _Walk:
    """One walk through the orders of one emergency, in the order of their keys.

    Attributes:
        moved: how many went home.
        left: how many could not be looked at, or failed.
    """

    def __init__(
        self, service: Service, now: datetime, temporary: frozenset[int], served: Mapping[int, Served]
    ) -> None:
        self.service, self.now = service, now
        self.temporary, self.served = temporary, served
        self.moved = self.left = 0

    async def all(self) -> None:
        """Walk to the end, and see whether a temporary branch has got further orders meanwhile."""
        if not (self.temporary or self.served):
            return
        database = self.service.database
        found = await emergencies.held(database, self.temporary, self.served, self.now)
        free = [one for one in found if not one.aside]
        self.left = len(found) - len(free)
        for start in range(0, len(free), BATCH):
            await self._some(free[start : start + BATCH])
        if self.temporary:
            known = {(one.region, one.id) for one in found}
            later = await emergencies.held(database, self.temporary, (), self.now)
            self.left += sum((one.region, one.id) not in known for one in later)

    async def _some(self, some: Sequence[Concerned]) -> None:
        """Bring some orders home; what is locked for long, or refused, holds up none of the others."""
        try:
            await self._batch(some, wait=True)
        except LockedError:
            await self._batch(some, wait=False)
        except RejectedError as refused:
            if len(some) > 1:
                for one in some:
                    await self._some([one])
                return
            async with self.service.database.transaction() as connection:
                await self._set_aside(connection, some[0].region, some[0].id, str(refused))

    async def _batch(self, some: Sequence[Concerned], *, wait: bool) -> None:
        world, now = self.service.world, self.now
        failures: dict[tuple[int, int], str] = {}
        async with self.service.database.transaction() as connection:
            batch = []
            found = await emergencies.take(connection, some, wait=wait)
            for row in found:
                try:
                    order = rows.order(row)
                    outcome = homeward(order, self.temporary, self.served, now, world)
                except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others go on
                    failures[row["region"], row["id"]] = type(wrong).__name__
                    continue
                if outcome is not None:
                    leaves = leaves_at(order, now, world)
                    batch.append(Saved(outcome, order.version, now, leaves))
            saved = await orders.save(connection, batch) if batch else set()
            for region in {region for region, _ in saved}:
                await due.take_back(connection, region, [order_id for at, order_id in saved if at == region])
            for (region, order_id), reason in failures.items():
                await self._set_aside(connection, region, order_id, reason)
        self.moved += len(saved)
        self.left += len(some) - len(found) + len(batch) - len(saved)

    async def _set_aside(self, connection: Any, region: int, order_id: int, reason: str) -> None:
        self.left += 1
        await set_aside(connection, region, order_id, self.now, reason)

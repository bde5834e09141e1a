"""平急转换 by the clock: emergencies begin and are restored at their time, and their orders go home afterwards."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from dispatch.domain.homing import homeward
from dispatch.domain.notices import send_at
from dispatch.domain.order import Grant
from dispatch.storage import emergencies, orders, rows
from dispatch.storage.database import RejectedError
from dispatch.storage.orders import Saved
from dispatch.usecases.emergencies import begun, restored
from dispatch.usecases.service import Service

log = structlog.get_logger()

BATCH = 200
"""How many orders are locked, decided and saved in one transaction."""


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


async def bring_home(service: Service, emergency: int, now: datetime) -> int:
    """Look through the open orders that an emergency held, and let each go home; return how many did.

    It is done twice, the second time a minute later, for what a process that had not heard of the end yet filed or
    offered in the meantime. Whoever dies on the way is followed by the next: an order that is home already is left.
    """
    await service.reload()  # by the county before the end nothing would move
    walk = _Walk(service, now)
    before = await emergencies.walks(service.database, emergency)
    walk.temporary = await emergencies.made(service.database, emergency)
    today = now.astimezone(service.world.calendar.zone).date()
    walk.served = await emergencies.served(service.database, emergency, today)
    if walk.temporary or walk.served:
        await walk.all()
    await emergencies.walked(service.database, emergency, before)
    if walk.moved:
        log.info("orders_home", emergency=emergency, orders=walk.moved)
    return walk.moved


class _Walk:
    """One walk through the orders of one emergency, in the order of their keys."""

    temporary: frozenset[int]
    served: Mapping[int, tuple[Grant, ...]]

    def __init__(self, service: Service, now: datetime) -> None:
        self.service, self.now = service, now
        self.moved = 0

    async def all(self) -> None:
        """Walk to the end; a batch that is refused is gone through order by order, so that none holds up others."""
        after, most = (0, 0), BATCH
        while True:
            seen: list[tuple[int, int]] = []
            try:
                self.moved += await self._batch(after, most, seen)
            except RejectedError:
                if most > 1:
                    most = 1
                    continue
                log.exception("order_not_home", region=seen[-1][0], order=seen[-1][1])
            if not seen:
                return
            after = seen[-1]

    async def _batch(self, after: tuple[int, int], most: int, seen: list[tuple[int, int]]) -> int:
        world, now = self.service.world, self.now
        async with self.service.database.transaction() as connection:
            batch = []
            for row in await emergencies.held(connection, self.temporary, self.served, after, most):
                seen.append((row["region"], row["id"]))
                try:
                    order = rows.order(row)
                    outcome = homeward(order, self.temporary, self.served, now, world)
                except Exception:
                    log.exception("order_not_home", region=row["region"], order=row["id"])
                    continue
                if outcome is not None:
                    leaves = send_at(order.urgency, now, world.calendar_at(order.grid_id))
                    batch.append(Saved(outcome, order.version, now, leaves))
            if batch:
                await orders.save(connection, batch)
            return len(batch)

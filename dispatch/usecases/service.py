"""What every use case is handed: the database, the county as it stands, the time, and the brakes."""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from dispatch.domain import errors
from dispatch.domain.numbers import region_prefix
from dispatch.domain.world import World
from dispatch.settings import Settings
from dispatch.storage import county, orders
from dispatch.storage.coalesce import Coalescer
from dispatch.storage.database import Database
from dispatch.storage.orders import Added
from dispatch.usecases.brakes import Brakes
from dispatch.usecases.clock import ServiceClock, read_clock
from dispatch.usecases.serials import Serials
from grid_model.tree import COUNTY

log = structlog.get_logger()

RELOAD_CHANNEL = "dispatch_reload"
"""Whoever changes the county or the policy notifies here; every process reads it again."""

RELOAD_RETRY_S = 2.0


class Service:
    """One process of the service: opened once, passed to everything."""

    def __init__(
        self, settings: Settings, database: Database, world: World | None, clock: ServiceClock, secret: bytes
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.secret = secret
        self.brakes = Brakes()
        self.serials = Serials(database)
        self._world = world
        self._regions: dict[str, int] = {}
        self._reload = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

        async def add(batch: Sequence[Added]) -> Sequence[int | Exception]:
            return await orders.add(database, batch)

        self.add: Coalescer[Added, int] = Coalescer(add)
        self._index_regions()

    @classmethod
    async def open(cls, settings: Settings, url: str, *, connections: int = 16) -> "Service":
        """Connect, read the county, and follow its changes from now on."""
        database = await Database.open(url, most=connections)
        changed = asyncio.Event()
        listener = None
        try:
            listener = await database.listen(RELOAD_CHANNEL, changed.set)  # before reading, so that nothing is missed
            secret = await county.secret(database, "query-codes", secrets.token_bytes(32))
            service = cls(settings, database, await county.world(database), await read_clock(database), secret)
        except BaseException:
            if listener is not None:
                await listener.close()
            await database.close()
            raise
        service._reload = changed
        service._watching = asyncio.create_task(service._watch(listener))
        return service

    async def close(self) -> None:
        """Let statements under way finish, and disconnect."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        await self.database.close()

    @property
    def world(self) -> World:
        """The county as it stands; Unavailable while none was imported."""
        if self._world is None:
            raise errors.Unavailable(seconds=5)
        return self._world

    @property
    def has_county(self) -> bool:
        """Whether a county was imported."""
        return self._world is not None

    def now(self) -> datetime:
        """The service's time."""
        return self.clock.now()

    def region(self, prefix: str) -> int | None:
        """Return the grid id of the region whose orders' numbers begin with ``prefix``, or None."""
        return self._regions.get(prefix)

    async def reload(self) -> None:
        """Read the county again."""
        self._world = await county.world(self.database)
        self.clock = await read_clock(self.database)
        self._index_regions()

    def _index_regions(self) -> None:
        if self._world is not None:
            tree = self._world.tree
            found = [tree.root, *(grid for grid in tree.grids() if grid.kind == COUNTY)]
            self._regions = {region_prefix(grid.code): grid.id for grid in found}

    async def _watch(self, connection: Any) -> None:
        """Follow notifications; where the connection breaks, listen anew and read the county to miss nothing."""
        while True:
            try:
                if connection.is_closed():
                    connection = await self.database.listen(RELOAD_CHANNEL, self._reload.set)
                    await self.reload()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._reload.wait(), RELOAD_RETRY_S)
                    self._reload.clear()
                    await self.reload()
            except errors.Unavailable:
                await asyncio.sleep(RELOAD_RETRY_S)
            except asyncio.CancelledError:
                await connection.close()
                raise
            except Exception:
                log.exception("reload_failed")
                await asyncio.sleep(RELOAD_RETRY_S)

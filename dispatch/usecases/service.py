"""What every use case is handed: the database, the county as it stands, the time, and the brakes."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import structlog

from dispatch.domain import errors
from dispatch.domain.numbers import region_prefix
from dispatch.domain.world import World
from dispatch.settings import Settings
from dispatch.storage import county, orders, people
from dispatch.storage.coalesce import Coalescer
from dispatch.storage.database import Database, still_there
from dispatch.storage.orders import Added, Dossier, Saved, key_of
from dispatch.storage.people import Bearer, Presented
from dispatch.usecases.apart import Apart
from dispatch.usecases.brakes import Brakes
from dispatch.usecases.clock import ServiceClock, read_clock
from dispatch.usecases.serials import Serials
from grid_model.tree import COUNTY, Tree

log = structlog.get_logger()

RELOAD_CHANNEL = "dispatch_reload"
"""Whoever changes the county or the policy notifies here; every process reads it again."""

RELOAD_RETRY_S = 2.0

LISTENING_S = 30.0
"""How often the listening connection is asked whether it is still there: a dead one is as silent as a quiet one."""

CLOSE_S = 2.0


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
        self.apart = Apart(database.url)
        self._world = self._with_lot(world)
        self._regions = _regions(world)
        self.swept_at: datetime | None = None
        """When, by the machine's clock, a sweep last went well and that is not on record yet."""
        self.beaten = False
        """Whether this process has put such a sweep on record."""
        self._reload = asyncio.Event()
        self._reading = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

        async def add(batch: Sequence[Added]) -> Sequence[int | Exception]:
            return await orders.add(database, batch)

        async def save(batch: Sequence[Saved]) -> Sequence[bool | Exception]:
            return await orders.save_free(database, batch)

        async def save_waiting(item: Saved) -> bool:
            return await orders.save_waiting(database, item)

        async def find(batch: Sequence[tuple[int, int, bytes | None]]) -> Sequence[Dossier | Exception]:
            return await orders.find_each(database, batch)

        async def bearer(batch: Sequence[Presented]) -> Sequence[Bearer | None]:
            return await people.bearers(database, batch)

        self.add: Coalescer[Added, int] = Coalescer(add)
        self.save: Coalescer[Saved, bool] = Coalescer(
            save,
            apart=key_of,  # of two on one order the first changes it
            alone=save_waiting,  # of a locked order nobody waits but who asks for that one
            most_alone=max(1, database.most // 4),
        )
        self.find: Coalescer[tuple[int, int, bytes | None], Dossier] = Coalescer(find)
        self.bearer: Coalescer[Presented, Bearer | None] = Coalescer(bearer)

    @classmethod
    async def open(
        cls, settings: Settings, url: str, *, connections: int = 16, world: World | None = None
    ) -> "Service":
        """Connect, read the county unless ``world`` is what stands there, and follow its changes from now on."""
        database = await Database.open(url, most=connections)
        changed = asyncio.Event()
        listener = None
        try:
            listener = await database.listen(RELOAD_CHANNEL, changed.set)  # before reading, so that nothing is missed
            secret = await county.secret(database, "query-codes", secrets.token_bytes(32))
            found = world or await county.world(database)
            service = cls(settings, database, found, await read_clock(database), secret)
        except BaseException:
            if listener is not None:
                await listener.close()
            await database.close()
            raise
        service._reload = changed
        service._watching = asyncio.create_task(service._watch(listener))
        return service

    async def close(self) -> None:
        """Have long work end, let statements under way finish, and disconnect."""
        await self.apart.close()
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        await self.database.close()

    @property
    def world(self) -> World:
        """The county as it stands; NoCounty while none was imported."""
        if self._world is None:
            raise errors.NoCounty
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
        """Read the county and the clock again, and put them in place together."""
        async with self._reading:  # of two at once the one that began first would else be put in place last
            world, clock = await county.world(self.database), await read_clock(self.database)
            regions = await asyncio.to_thread(_regions, world)
            self._world, self.clock, self._regions = self._with_lot(world), clock, regions

    def _with_lot(self, world: World | None) -> World | None:
        """The county with the lot of the samples, which comes of the same secret as the query codes and tells none."""
        lot = blake2b(self.secret, digest_size=32, person=b"samples").digest()
        return None if world is None else replace(world, lot=lot)

    async def _watch(self, connection: Any) -> None:
        """Follow notifications; where the connection breaks or falls silent, listen anew and read the county again."""
        asked = time.monotonic()
        while True:
            try:
                if connection.is_closed():
                    connection = await self.database.listen(RELOAD_CHANNEL, self._reload.set)
                    self._reload.set()
                with contextlib.suppress(TimeoutError):  # wait_for of Python 3.11 may swallow that we are cancelled
                    async with asyncio.timeout(RELOAD_RETRY_S):
                        await self._reload.wait()
                if self._reload.is_set():
                    self._reload.clear()
                    await self.reload()
                if time.monotonic() - asked >= LISTENING_S:
                    await still_there(connection)
                    asked = time.monotonic()
            except asyncio.CancelledError:
                with contextlib.suppress(TimeoutError, OSError):
                    await connection.close(timeout=CLOSE_S)
                raise
            except Exception as wrong:
                if not isinstance(wrong, errors.Unavailable):
                    log.exception("reload_failed")
                self._reload.set()  # what was announced is still to be read
                await asyncio.sleep(RELOAD_RETRY_S)


def _regions(world: World | None) -> Mapping[str, int]:
    return {} if world is None else _regions_of(world.tree)


@lru_cache(maxsize=1)  # the tree is mostly the one of before, and to go through all its grids takes long
def _regions_of(tree: Tree) -> Mapping[str, int]:
    found = [tree.root, *(grid for grid in tree.grids() if grid.kind == COUNTY)]
    return {region_prefix(grid.code): grid.id for grid in found}

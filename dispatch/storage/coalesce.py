"""Requests that arrive while a statement is under way share the next one; a lone request waits for nobody."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from dispatch.domain.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

PATIENCE_S = 0.02
"""How long a statement may take before another one begins beside it, in seconds: it may wait for somebody's lock."""


class Coalescer(Generic[T, R]):
    """Runs ``execute`` over batches of at most ``most`` items; one answer an item.

    ``execute`` returns, for each item in order, its answer, or the exception that is its refusal. If it raises, the
    batch is split into single items, so that one bad item does not take the others with it; a database that is away is
    no item's fault, and all are told at once. So whatever raises must have written nothing.

    One statement at a time makes the batches large: a statement costs the database several times what one more row in
    it does. Only where one takes longer than ``PATIENCE_S`` does the next begin beside it, up to ``lanes``. Items that
    ``apart`` gives the same value are never in one batch: the later one follows in the next.
    """

    def __init__(
        self,
        execute: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        most: int = 128,
        lanes: int = 4,
        apart: Callable[[T], Hashable] | None = None,
    ) -> None:
        self._execute = execute
        self._most = most
        self._most_lanes = lanes
        self._apart = apart
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._lanes: set[asyncio.Task[None]] = set()
        self._leading: asyncio.Task[None] | None = None  # the lane that takes the next batch

    async def __call__(self, item: T) -> R:
        """Return the answer for ``item`` once the statement it shared has committed."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._start()
        return await future

    def _start(self) -> None:
        if self._leading is None and self._waiting and len(self._lanes) < self._most_lanes:
            self._leading = asyncio.create_task(self._run())
            self._lanes.add(self._leading)

    async def _run(self) -> None:
        lane, loop = asyncio.current_task(), asyncio.get_running_loop()
        try:
            while self._waiting and self._leading is lane:
                await asyncio.sleep(0)  # whatever arrived in the same turn of the loop comes along
                patience = loop.call_later(PATIENCE_S, self._go_on_beside, lane)
                try:
                    await self._answer(self._next())
                finally:
                    patience.cancel()
        finally:
            self._lanes.discard(lane)
            self._go_on_beside(lane)

    def _go_on_beside(self, lane: asyncio.Task[None] | None) -> None:
        """Let another lane take the next batch."""
        if self._leading is lane:
            self._leading = None
        self._start()

    def _next(self) -> list[tuple[T, asyncio.Future[R]]]:
        """Take the batch that is next from those who wait."""
        if self._apart is None:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            return batch
        taken: dict[Hashable, tuple[T, asyncio.Future[R]]] = {}
        rest = []
        for one in self._waiting:
            key = self._apart(one[0])
            if len(taken) < self._most and key not in taken:
                taken[key] = one
            else:
                rest.append(one)
        self._waiting = rest
        return list(taken.values())

    async def _answer(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._execute([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is handed to whoever waits, or the batch is split
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for one in batch:
                    await self._answer([one])
                return
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():  # whoever asked has gone away; the write stands
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

"""Requests that arrive while a statement is under way share the next one; a lone request waits for nobody."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from dispatch.domain.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")


class Coalescer(Generic[T, R]):
    """Runs ``execute`` over batches of at most ``most`` items, at most ``lanes`` at a time; one answer an item.

    ``execute`` returns, for each item in order, its answer, or the exception that is its refusal. If it raises, the
    batch is split into single items, so that one bad item does not take the others with it; a database that is away is
    no item's fault, and all are told at once.
    """

    def __init__(
        self, execute: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], *, most: int = 128, lanes: int = 2
    ) -> None:
        self._execute = execute
        self._most = most
        self._free = lanes
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, item: T) -> R:
        """Return the answer for ``item`` once the statement it shared has committed."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._start()
        return await future

    def _start(self) -> None:
        if self._free and self._waiting:
            self._free -= 1
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self) -> None:
        try:
            await asyncio.sleep(0)  # whatever arrived in the same turn of the loop comes along
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(batch)
        finally:
            self._free += 1
            self._start()

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

"""Requests that arrive while a statement is under way share the next one; a lone request waits for nobody."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from dispatch.domain.errors import Unavailable
from dispatch.storage.database import RETRY_AFTER_S, STATEMENT_S

T = TypeVar("T")
R = TypeVar("R")

PATIENCE_S = 0.02
"""How long a statement may take before another one begins beside it, in seconds: it may wait for somebody's lock."""

AGAIN_S = 0.25
"""After how long an item that is held is tried again where as many are waited for as may be, in seconds."""


class Held(Exception):  # noqa: N818 - an answer, and never raised
    """What ``execute`` answers for an item that somebody else has locked: nothing was done about it."""


class _Asked(Generic[T, R]):
    """An item, whoever waits for its answer, and until when; ``key`` is what no other under way may be about."""

    __slots__ = ("future", "item", "key", "until")

    def __init__(self, item: T, key: Hashable, future: asyncio.Future[R], until: float) -> None:
        self.item = item
        self.key = key
        self.future = future
        self.until = until


class Coalescer(Generic[T, R]):
    """Runs ``execute`` over batches of at most ``most`` items; one answer an item.

    ``execute`` returns, for each item in order, its answer, or the exception that is its refusal. If it raises, the
    batch is split into single items, so that one bad item does not take the others with it; a database that is away is
    no item's fault, and all are told at once. So whatever raises must have written nothing.

    One statement at a time makes the batches large: a statement costs the database several times what one more row in
    it does. Only where one takes longer than ``PATIENCE_S`` does the next begin beside it, up to ``lanes``. Of items
    that ``apart`` gives the same value the later is taken only once the earlier is answered.

    An item for which ``execute`` answers ``Held`` is given to ``alone``, which waits for whoever holds it, outside the
    lanes: nobody else waits with it. At most ``most_alone`` are waited for so; the others come along with a batch again
    every ``AGAIN_S``. Whoever asked for it is told ``Unavailable`` after ``STATEMENT_S``.
    """

    def __init__(
        self,
        execute: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        most: int = 128,
        lanes: int = 4,
        apart: Callable[[T], Hashable] | None = None,
        alone: Callable[[T], Awaitable[R]] | None = None,
        most_alone: int = 4,
    ) -> None:
        self._execute = execute
        self._most = most
        self._most_lanes = lanes
        self._apart = apart
        self._alone = alone
        self._most_alone = most_alone
        self._waiting: list[_Asked[T, R]] = []  # of each key one at most, and none that is under way
        self._behind: dict[
            Hashable, deque[_Asked[T, R]]
        ] = {}  # for each key that waits or is under way, the later ones
        self._lanes: set[asyncio.Task[None]] = set()
        self._leading: asyncio.Task[None] | None = None  # the lane that takes the next batch
        self._waited_for: set[asyncio.Task[None]] = set()  # those that are held

    async def __call__(self, item: T) -> R:
        """Return the answer for ``item`` once the statement it shared has committed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        key = None if self._apart is None else self._apart(item)
        one = _Asked(item, key, future, loop.time() + STATEMENT_S)
        if self._apart is not None and key in self._behind:
            self._behind[key].append(one)
        else:
            if self._apart is not None:
                self._behind[key] = deque()
            self._waiting.append(one)
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
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                try:
                    await self._answer(batch)
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

    async def _answer(self, batch: list[_Asked[T, R]]) -> None:
        answers: Sequence[R | Exception]
        try:
            answers = await self._execute([one.item for one in batch])
        except Exception as error:  # noqa: BLE001 - it is handed to whoever waits, or the batch is split
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for one in batch:
                    await self._answer([one])
                return
            answers = [error] * len(batch)
        for one, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Held) and self._alone is not None:
                self._wait_for(one, self._alone)
            else:
                self._tell(one, answer)

    def _tell(self, one: _Asked[T, R], answer: R | Exception) -> None:
        """Answer an item, and let the next with its key be taken."""
        if not one.future.done():  # else whoever asked has gone away; the write stands
            if isinstance(answer, Exception):
                one.future.set_exception(answer)
            else:
                one.future.set_result(answer)
        if self._apart is None:
            return
        behind = self._behind[one.key]
        if behind:
            self._waiting.append(behind.popleft())
            self._start()
        else:
            del self._behind[one.key]

    def _wait_for(self, one: _Asked[T, R], alone: Callable[[T], Awaitable[R]]) -> None:
        """Have an item that is held waited for beside the lanes, or tried again later."""
        loop = asyncio.get_running_loop()
        if len(self._waited_for) < self._most_alone:
            task = loop.create_task(self._answer_alone(one, alone))
            self._waited_for.add(task)
            task.add_done_callback(self._waited_for.discard)
        elif loop.time() < one.until:
            loop.call_later(AGAIN_S, self._again, one)
        else:
            self._tell(one, Unavailable(seconds=RETRY_AFTER_S))

    async def _answer_alone(self, one: _Asked[T, R], alone: Callable[[T], Awaitable[R]]) -> None:
        answer: R | Exception
        try:
            async with asyncio.timeout_at(one.until):
                answer = await alone(one.item)
        except TimeoutError:
            answer = Unavailable(seconds=RETRY_AFTER_S)
        except Exception as error:  # noqa: BLE001 - it is handed to whoever waits
            answer = error
        self._tell(one, answer)

    def _again(self, one: _Asked[T, R]) -> None:
        self._waiting.append(one)
        self._start()

"""Long work beside the requests: in a thread with an event loop and connections of its own, one piece at a time."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from dispatch.domain import errors
from dispatch.storage.database import Database

T = TypeVar("T")

BUSY_S = 5
"""After how long somebody is asked to try again while as much is being worked out for another, in seconds."""

END_S = 1.0
"""How long a piece of work that is told to end is waited for when the service closes, in seconds."""


@dataclass(slots=True)
class _Piece:
    """A piece of work: the loop it is done in, what it is there, and the word that its thread is done with it."""

    loop: asyncio.AbstractEventLoop
    ended: Future[None]
    task: asyncio.Task[Any] = field(init=False)  # from its thread: without one, nothing is left that was never awaited

    def end(self) -> None:
        """Tell it to end; it does so where it next waits for anything."""
        with contextlib.suppress(RuntimeError):  # the loop is closed, and so it has ended
            self.loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self.task.cancel()  # there is one by now: the loop runs only once it has been made


class Apart:
    """Where a process does its long work.

    The thread is a daemon and of no pool: the interpreter joins the threads of its pools when it ends, and would wait
    for the last line of a reckoning that nobody will read. Work that is told to end does so where it next waits, and
    undoes its transaction; of what does not even wait, PostgreSQL undoes it once the process takes its connections
    along. Either way it is done whole or not at all, and what it has returned is told even if it is told to end then.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        # given back by the thread, and not by whoever waits for it: they may be gone long before it is done
        self._free = threading.Lock()
        self._piece: _Piece | None = None
        self._closed = False

    async def run(self, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        """Do ``work`` and return what it returns; where whoever waits is cancelled, the work is told to end as well.

        Raises:
            Unavailable: another piece is under way, even one that nobody waits for any more, or the service ends.
        """
        if self._closed or not self._free.acquire(blocking=False):
            raise errors.Unavailable(seconds=BUSY_S)
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()  # from here on nobody who goes away can cancel it under the thread's hands
        try:
            piece = self._begin(work, done)
        except BaseException:  # no thread will give it back
            self._piece = None
            self._free.release()
            raise
        try:
            return await asyncio.wrap_future(done)
        except asyncio.CancelledError:
            piece.end()
            raise

    async def close(self) -> None:
        """Begin nothing more and tell what is under way to end; what takes over ``END_S`` ends with the process."""
        self._closed = True
        piece = self._piece
        if piece is None:
            return
        piece.end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await asyncio.wrap_future(piece.ended)

    def _begin(self, work: Callable[[Database], Coroutine[Any, Any, T]], done: Future[T]) -> _Piece:
        piece = _Piece(asyncio.new_event_loop(), Future())
        piece.ended.set_running_or_notify_cancel()
        self._piece = piece
        try:
            threading.Thread(target=self._do, args=(piece, work, done), name="apart", daemon=True).start()
        except RuntimeError as none_left:
            piece.loop.close()
            raise errors.Unavailable(seconds=BUSY_S) from none_left
        return piece

    async def _with_connections(self, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        database = await Database.open(self._url, most=2)
        try:
            return await work(database)
        finally:
            # what came of the work is told, however its connections close: told to end, they are cut
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await database.close()

    def _do(self, piece: _Piece, work: Callable[[Database], Coroutine[Any, Any, T]], done: Future[T]) -> None:
        try:
            try:
                piece.task = piece.loop.create_task(self._with_connections(work))
                answer = piece.loop.run_until_complete(piece.task)
            finally:
                piece.loop.run_until_complete(_wind_up(piece.loop))
                piece.loop.close()
        except asyncio.CancelledError:
            tell = partial(done.set_exception, errors.Unavailable(seconds=BUSY_S))
        except BaseException as wrong:  # noqa: BLE001 - it is for whoever waits
            tell = partial(done.set_exception, wrong)
        else:
            tell = partial(done.set_result, answer)
        self._piece = None
        self._free.release()
        piece.ended.set_result(None)
        tell()


async def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """End what the work has left behind in its loop, such as a connection's release that closing did not wait for."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await loop.shutdown_asyncgens()

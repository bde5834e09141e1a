"""批处理: one action on many orders, each for itself; what one of them refuses changes nothing for the others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from dispatch.domain.errors import Refusal, Unavailable
from dispatch.storage.database import RETRY_AFTER_S
from dispatch.storage.orders import Dossier
from grid_model.routing import UnknownBranch
from grid_model.tree import UnknownGrid

log = structlog.get_logger()

MOST = 100
"""How many orders one request may act on."""

AT_ONCE = 4
"""How many of them are worked on at once: fewer than there are connections, so that other requests have theirs."""

Key = tuple[int, int]

Result = Dossier | Refusal | None
"""What became of one order: as it then is, or why it was left as it was, or None where something failed on our side."""


async def each(keys: Sequence[Key], do: Callable[[Key], Awaitable[Dossier]]) -> list[Result]:
    """Do something to each order, a few at once, and return what became of each, in the order given."""
    results: list[Result] = [None] * len(keys)
    waiting = iter(enumerate(keys))
    async with asyncio.TaskGroup() as group:
        for _ in range(min(AT_ONCE, len(keys))):
            group.create_task(_work(waiting, do, results))
    return results


async def _work(
    waiting: Iterable[tuple[int, Key]], do: Callable[[Key], Awaitable[Dossier]], results: list[Result]
) -> None:
    for place, key in waiting:
        results[place] = await _one(key, do)
        await asyncio.sleep(0)  # whatever else waits for this process, a request for one, has its turn


async def _one(key: Key, do: Callable[[Key], Awaitable[Dossier]]) -> Result:
    try:
        return await do(key)
    except Refusal as refusal:
        return refusal
    except (UnknownGrid, UnknownBranch):  # the county has just changed, and this process reads it again right now
        return Unavailable(seconds=RETRY_AFTER_S)
    except Exception:
        log.exception("order_of_many_failed", region=key[0], order=key[1])
        return None

"""A batch that is refused as a whole is done one by one, so that one order holds up no other."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import structlog

from dispatch.domain import errors

log = structlog.get_logger()

K = TypeVar("K")


async def whole_or_singly(
    do: Callable[[int, list[K], Mapping[K, str]], Awaitable[int | None]], most: int, event: str
) -> int | None:
    """Do the next ``most`` pieces of work together, or where that is refused each alone; return how many changed.

    Args:
        do: claims at most so many pieces, does and saves them in one transaction, and returns how many changed, or None
            where nothing is left to claim. It writes into the list what it claimed; the pieces in the mapping it sets
            aside unread, for the reason there.
        most: how many together.
        event: the log's word for a batch that was split.
    """
    tried: list[K] = []
    try:
        return await do(most, tried, {})
    except errors.Unavailable:
        raise
    except Exception:
        if not tried:
            raise
        log.warning(event, orders=len(tried))
    changed = 0
    for _ in tried:
        alone: list[K] = []
        try:
            changed += await do(1, alone, {}) or 0
        except errors.Unavailable:
            raise
        except Exception as refused:  # noqa: BLE001 - whatever is wrong with one order, the others go on
            reason = str(refused) or type(refused).__name__
            changed += await do(1, [], dict.fromkeys(alone, reason)) or 0
    return changed

"""Due orders in PostgreSQL, region by region: ``claim`` them, ``set_aside`` what fails, ``take_back`` what goes on."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from dispatch.storage.orders import SQL


async def claim(connection: Any, region: int, now: datetime, most: int, only: Sequence[int] | None = None) -> list[Any]:
    """Lock and return at most ``most`` due orders of ``region``, as rows: one that can't be read fails alone."""
    claimed: list[Any] = await connection.fetch(SQL["claim"], region, now, most, only)
    return claimed


async def set_aside(connection: Any, region: int, order_id: int, now: datetime, until: datetime, reason: str) -> None:
    """Leave an order alone until ``until``, because of ``reason``."""
    await connection.execute(SQL["set_aside"], region, order_id, now, until, reason)


async def take_back(connection: Any, region: int, order_ids: Iterable[int]) -> None:
    """Forget that these orders were set aside."""
    await connection.execute(SQL["take_back"], region, list(order_ids))

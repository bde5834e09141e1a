"""The scheduler's ticks: beside the web service in one process, or in a process of their own."""

import asyncio
from typing import Any

from dispatch.settings import Settings
from dispatch.web import serve as web

CONNECTIONS = 4
"""How many connections to the database a process takes that only ticks."""


def load() -> None:
    """Import what ticking needs, before the database is there."""
    with web.loading():
        import scheduler.clock  # noqa: F401, PLC0415 - heavy


async def beside(service: Any, stop: asyncio.Event) -> None:
    """Tick in the loop of a web service until ``stop``."""
    from scheduler.clock import run  # noqa: PLC0415 - not with --no-scheduler

    await run(service, stop)


async def alone(settings: Settings, url: str, stop: asyncio.Event, started: web.Said) -> None:
    """Tick until ``stop`` on the database ``url``; ``started`` is awaited first.

    Raises:
        Unavailable: the database is away at the start.
    """
    from dispatch.usecases.service import Service  # noqa: PLC0415 - heavy

    service = await Service.open(settings, url, connections=CONNECTIONS)
    web.settle()
    try:
        await started()
        await web.accompany(beside, service, stop)
    finally:
        await service.close()

"""A day of the county, played over HTTP against the whole service: web, scheduler and database."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer
from rich.console import Console

from dispatch.demo.accounts import DEMO_PASSWORD
from dispatch.demo.cast import cast
from dispatch.demo.day import Outcome, play
from dispatch.domain.vocabulary import Action
from dispatch.http.app import create_app
from dispatch.running import CannotRunError
from dispatch.settings import Settings
from dispatch.usecases.clock import set_rate
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service
from scheduler import clock

REQUESTS = 40
RISING = {Action.ESCALATE.value}


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[str]:
    stop = asyncio.Event()
    async with TestServer(create_app(service)) as server:
        ticking = asyncio.create_task(clock.run(service, stop))
        try:
            yield str(server.make_url("/"))
        finally:
            stop.set()
            await ticking


async def states(base: str) -> Counter[str]:
    """Count the orders by state, as the county's supervisor is told."""
    counted: Counter[str] = Counter()
    async with TestClient(TestServer(create_app_of(base))) as client:
        del client
    return counted

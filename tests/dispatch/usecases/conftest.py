"""Ways to get many orders quickly."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from dispatch.domain.order import Actor
from dispatch.storage.orders import Dossier
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.service import Service

PLACES = ("141123100016", "141123100017", "141123101200", "141123102200", "141123100")


@pytest.fixture
def file_many() -> Callable[[Service, int, datetime], Awaitable[list[Dossier]]]:
    async def run(service: Service, count: int, at: datetime) -> list[Dossier]:
        def one(number: int) -> Request:
            category = ("0901", "0101", "1001", "0203")[number % 4]
            place = Place(grid=PLACES[number % len(PLACES)])
            return Request(category, f"第{number}件", place, None, "10003000001", None, None, False, None, None)

        found = []
        for start in range(0, count, 200):
            batch = (submit(service, one(n), Actor(), None, at) for n in range(start, min(start + 200, count)))
            found += await asyncio.gather(*batch)
        return found

    return run

"""Requests about one matter in one village, who acts on them, and what must hold of them all."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant, Order
from dispatch.domain.vocabulary import Action, Role, State
from dispatch.settings import Settings
from dispatch.storage import orders
from dispatch.storage.orders import Dossier
from dispatch.usecases.acting import Asked, perform
from dispatch.usecases.filing import Place, submit
from dispatch.usecases.filing import Request as Filed
from dispatch.usecases.ledger import verify
from dispatch.usecases.merging import Request
from dispatch.usecases.service import Service

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SECRETARY = Actor(1, (Grant(Role.SECRETARY, 3, 3),))
ELSEWHERE = Actor(2, (Grant(Role.SECRETARY, 4, 4),))
SUPERVISOR = Actor(60, (Grant(Role.SUPERVISOR, 1, None),))
MEMBER = Actor(4, (Grant(Role.MEMBER, 3, 3),))
RESIDENT = Actor(holds_code=True)
LATER = Request(SECRETARY, NOW + timedelta(hours=2))

Key = tuple[int, int]


async def filed(service: Service, count: int, at: datetime = NOW, grid: str = "141123100016") -> list[Key]:
    """File so many requests about one matter, an hour and a minute apart, and return their keys."""

    async def one(number: int) -> Key:
        request = Filed("0901", f"第{number}件", Place(grid), None, "10003000001", None, None, False, None, None)
        dossier = await submit(service, request, Actor(), None, at + timedelta(minutes=number))
        return dossier.order.region, dossier.order.id

    return [await one(number) for number in range(count)]


async def found(service: Service, key: Key) -> Order:
    return (await orders.find(service.database, *key)).order


async def states(service: Service, keys: list[Key]) -> Counter[State]:
    return Counter([(await found(service, key)).state for key in keys])


async def does(
    service: Service, key: Key, action: Action, actor: Actor, at: datetime = LATER.now, **more: Any
) -> Dossier:
    return await perform(service, key, Asked(action, **more), actor, None, at)


async def accepted(service: Service, key: Key) -> None:
    await does(service, key, Action.OFFER, SECRETARY, members=("P4",))
    await does(service, key, Action.ACCEPT, MEMBER)


async def sound(service: Service) -> None:
    """Hold the ledger against itself, and each merged order against the one it is part of."""
    assert (await verify(service.database)).findings == []
    rows = await service.database.fetch("SELECT region, id FROM orders")
    everything = {(row[0], row[1]): await found(service, (row[0], row[1])) for row in rows}
    for key, order in everything.items():
        merged = order.affairs.merged
        if order.state is State.MERGED:
            assert merged is not None
            lead = everything[key[0], merged.into]
            assert key[1] in {one.order for one in lead.affairs.absorbed}
            assert lead.state in (State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED)
        for one in order.affairs.absorbed:
            part = everything[key[0], one.order]
            assert part.affairs.merged is not None
            assert part.affairs.merged.into == key[1]


async def outcome(waiting: Awaitable[Any]) -> type[BaseException] | None:
    try:
        await waiting
    except errors.Refusal as refusal:
        return type(refusal)
    return None


@pytest.fixture
async def neighbour(small_county: Service, database_url: str) -> AsyncIterator[Service]:
    """A second process of the service on the same database."""
    opened = await Service.open(Settings(), database_url, connections=4)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def pond() -> SimpleNamespace:
    """Requests about one matter, and who acts on them."""
    return SimpleNamespace(
        NOW=NOW,
        SECRETARY=SECRETARY,
        ELSEWHERE=ELSEWHERE,
        SUPERVISOR=SUPERVISOR,
        MEMBER=MEMBER,
        RESIDENT=RESIDENT,
        LATER=LATER,
        filed=filed,
        found=found,
        states=states,
        does=does,
        accepted=accepted,
        sound=sound,
        outcome=outcome,
    )

"""A day of the county, played over HTTP against the whole service: web, scheduler and database."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from rich.console import Console

from dispatch.demo.cast import cast
from dispatch.demo.day import Outcome, play
from dispatch.domain.vocabulary import OPEN_STATES, Action, State
from dispatch.running import CannotRunError
from dispatch.settings import Settings
from dispatch.storage import county
from dispatch.usecases.clock import read_clock, wall_now
from dispatch.usecases.demo_county import DEMO_PASSWORD
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service
from dispatch.web.app import create_app
from scheduler import clock

REQUESTS = 32
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, so that what is forgotten rises the same day
OF_TIME = {Action.ESCALATE, Action.WARN, Action.RETIME, Action.PASS_UP, Action.TRANSFER}
"""What nobody does but the system, when time has passed, or the rules or the tree were changed."""
SUMMED = ("filed", "in_time", "listed", "reopened", "resolved", "withdrawn", "redirected", "unfinished")


QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""To check a password is slow on purpose, as test_sessions has it; here some hundred people log in."""


@asynccontextmanager
async def running(service: Service, rate: float) -> AsyncIterator[str]:
    await service.database.execute(
        "UPDATE people SET password_hash = $1 WHERE password_hash IS NOT NULL", QUICK.hash(DEMO_PASSWORD)
    )
    await county.set_clock(service.database, rate, wall_now(), MONDAY)
    service.clock = await read_clock(service.database)
    stop = asyncio.Event()
    async with TestServer(create_app(service)) as server:
        ticking = asyncio.create_task(clock.run(service, stop))
        try:
            yield str(server.make_url("/"))
        finally:
            stop.set()
            await ticking


def paper() -> Console:
    return Console(file=io.StringIO(), width=160)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def told(base: str) -> list[dict[str, Any]]:
    """Every order as a page of the API tells it to the county's supervisor."""
    async with aiohttp.ClientSession(base) as session:
        credentials = {"phone": cast().county_supervisor, "password": DEMO_PASSWORD}
        async with session.post("/api/v1/sessions", json=credentials) as answer:
            headers = {"Authorization": f"Bearer {(await answer.json())['token']}"}
        async with session.get("/api/v1/orders?limit=100", headers=headers) as answer:
            page = await answer.json()
    assert page["next"] is None
    return list(page["items"])


def same(outcome: Outcome, orders: list[dict[str, Any]]) -> None:
    """The table accounts for every order, in its township and in its total, as the API does."""
    states = Counter(State(order["state"]) for order in orders)
    total = outcome.total
    assert total.filed == len(orders) == REQUESTS
    assert total.resolved == states[State.RESOLVED] + states[State.CLOSED]
    assert total.withdrawn == states[State.WITHDRAWN]
    assert total.redirected == states[State.REDIRECTED]
    assert total.unfinished == sum(states[state] for state in OPEN_STATES)
    assert total.filed == total.resolved + total.withdrawn + total.redirected + total.unfinished
    for figure in SUMMED:
        assert getattr(total, figure) == sum(getattr(row, figure) for row in outcome.rows), figure
    for row in outcome.rows[1:]:
        assert row.filed == sum(order["grid"]["code"].startswith(row.code) for order in orders), row.name
    assert [row.code for row in outcome.rows] == sorted(row.code for row in outcome.rows), "in no other order"


async def test_a_day_is_played_at_a_fast_clock_and_the_table_says_what_the_api_says(service: Service) -> None:
    console = paper()
    async with running(service, 14_400) as base:
        outcome = await play(base, requests=REQUESTS, console=console, after=timedelta(days=1))
        orders = await told(base)
    assert not outcome.failed, outcome.problems
    same(outcome, orders)
    assert outcome.actions[Action.ESCALATE] > 0
    assert outcome.actions[Action.WARN] > 0
    assert outcome.total.risen.total() > 0, "what nobody touches rises"
    assert "演示" not in printed(console), "nobody is named"
    assert (await verify(service.database)).findings == []


async def test_with_a_plain_clock_nobody_waits_and_every_action_of_people_occurs(service: Service) -> None:
    console = paper()
    async with running(service, 1) as base:
        outcome = await play(base, requests=REQUESTS, console=console, lang="en")
        orders = await told(base)
    assert not outcome.failed, outcome.problems
    same(outcome, orders)
    assert set(outcome.actions) == {action.value for action in Action} - OF_TIME
    assert outcome.lost["taken"] > 0, "of two who accept at once one is too late, and is told so"
    assert "nothing can rise" in printed(console).replace("\n", " ")
    assert "DISPATCH_CLOCK_RATE=3600" in printed(console)
    assert (await verify(service.database)).findings == []


async def test_nothing_unexpected_is_answered_where_hours_pass_between_a_look_and_a_deed(service: Service) -> None:
    """As on a machine too busy for its clock: what was looked at may be another thing when it is acted on."""
    console = paper()
    async with running(service, 86_400) as base:
        outcome = await play(base, requests=REQUESTS, console=console, lang="en", after=timedelta())
        orders = await told(base)
    assert not outcome.failed, outcome.problems
    same(outcome, orders)
    said = printed(console)
    assert "at the most" not in said, "how long it takes, nobody knows beforehand"
    assert "It took" in said


async def test_nothing_is_filed_with_a_service_that_has_no_demo_county(database_url: str) -> None:
    service = await Service.open(Settings(), database_url, connections=2)
    try:
        async with TestServer(create_app(service)) as server:
            with pytest.raises(CannotRunError):
                await play(str(server.make_url("/")), requests=1, console=paper())
    finally:
        await service.close()


async def test_an_address_where_nothing_answers_is_told_as_such(unused_tcp_port: int) -> None:
    with pytest.raises(aiohttp.ClientConnectionError):
        await play(f"http://127.0.0.1:{unused_tcp_port}", requests=1, console=paper())

